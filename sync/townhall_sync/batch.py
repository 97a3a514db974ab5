# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Several envelopes in one request, and the centre's word on each of them (docs/formats/wire.md).

A batch only saves round trips and commits: the envelopes inside are the bytes that a PUT carries, each is judged as if
it came alone, in the batch's order, and each gets the receipt or the refusal that a PUT would have got.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from townhall_sync.errors import MessageMalformedError
from townhall_sync.wire import Hash, PutReply

BATCH_MEDIA_TYPE: Final = "application/vnd.townhall.envelopes"
MAGIC: Final = b"townhall-envelopes/v1\n"
MAX_ENVELOPES: Final = 128
MAX_BATCH_BYTES: Final = 1024 * 1024
"""No batch is longer, heads included; a longer envelope goes alone."""
MAX_RESULT_BYTES: Final = 16 * 1024
"""The centre's word on one envelope: a receipt has at most some 9 KB."""
MAX_REPLY_BYTES: Final = MAX_ENVELOPES * MAX_RESULT_BYTES

_HEAD: Final = re.compile(rb"([0-9a-f]{64}) ([1-9][0-9]{0,6})\n")
_MAX_HEAD_BYTES: Final = 64 + 1 + 7 + 1


@dataclass(frozen=True, slots=True)
class NamedEnvelope:
    """An envelope as it travels, under the id that its sender claims for it."""

    id: str
    content: bytes = field(repr=False)


class EnvelopeResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What became of one envelope: ``status`` is what a PUT would have answered, with its ``reply`` or its ``code``."""

    id: Hash
    status: Annotated[int, msgspec.Meta(ge=200, le=499)]
    reply: PutReply | None = None
    code: Annotated[str, msgspec.Meta(pattern="^(TH-[A-Z]{4}-[0-9]{3})?$(?!\n)")] = ""

    def __post_init__(self) -> None:
        """Hold it to one of the two shapes; msgspec tells a ValueError as a message that does not fit."""
        is_stored = self.status in {200, 201}
        if (self.reply is not None) != is_stored or bool(self.code) == is_stored:
            raise ValueError("a reply for what is stored, a code for what is not")


class BatchReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to a batch: one result an envelope, in the batch's order."""

    results: Annotated[tuple[EnvelopeResult, ...], msgspec.Meta(min_length=1, max_length=MAX_ENVELOPES)]


class BatchLoad:
    """Collects envelopes until no more fit into one batch."""

    def __init__(self) -> None:
        """Begin with none."""
        self.envelopes: list[NamedEnvelope] = []
        self._bytes = len(MAGIC)

    def has_room_for(self, envelope: NamedEnvelope, most: int = MAX_ENVELOPES) -> bool:
        """Tell whether ``envelope`` fits beside the others, of ``most`` in all; the first one always does."""
        if not self.envelopes:
            return True
        length = self._bytes + _MAX_HEAD_BYTES + len(envelope.content)
        is_new = all(each.id != envelope.id for each in self.envelopes)
        return len(self.envelopes) < most and length <= MAX_BATCH_BYTES and is_new

    def add(self, envelope: NamedEnvelope) -> None:
        """Take one more."""
        self.envelopes.append(envelope)
        self._bytes += _MAX_HEAD_BYTES + len(envelope.content)


def encode(envelopes: Sequence[NamedEnvelope]) -> bytes:
    """Return the body of a batch."""
    parts = [MAGIC]
    for each in envelopes:
        parts += (f"{each.id} {len(each.content)}\n".encode(), each.content)
    return b"".join(parts)


def decode(untrusted: bytes) -> tuple[NamedEnvelope, ...]:
    """Return the envelopes of a batch; nothing is known of any of them.

    Raises:
        MessageMalformedError: too long, too many, none, an id twice, or not of the format to its last byte.
    """
    if len(untrusted) > MAX_BATCH_BYTES or not untrusted.startswith(MAGIC):
        raise MessageMalformedError("no batch begins so, or it is too long")
    found: list[NamedEnvelope] = []
    place = len(MAGIC)
    while place < len(untrusted):
        head = _HEAD.match(untrusted, place)
        if head is None or len(found) == MAX_ENVELOPES:
            raise MessageMalformedError("no head of an envelope, or one too many")
        place = head.end() + int(head[2])
        if place > len(untrusted):
            raise MessageMalformedError("the batch ends too early")
        found.append(NamedEnvelope(head[1].decode(), untrusted[head.end() : place]))
    if not found or len({each.id for each in found}) < len(found):
        raise MessageMalformedError("a batch of none, or an id twice")
    return tuple(found)
