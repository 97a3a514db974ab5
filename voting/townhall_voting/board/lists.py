# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the two boards tell each other and the public at the close, each list signed by the board that made it.

Format: docs/formats/voting-lists.md. The eligibility board tells the box which ballots are accepted, by hash and
without a person; the box tells everybody which ballots it does not count, and why.
"""

from collections.abc import Iterable
from enum import Enum
from itertools import pairwise
from typing import Annotated, ClassVar, Final, Literal, TypeVar

import msgspec

from townhall_crypto import namespaces
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import CryptoError
from townhall_voting.errors import ListRefusedError, MalformedError
from townhall_voting.hashing import Fingerprint, HexHash, is_fingerprint
from townhall_voting.mode import Mode
from townhall_voting.untrusted_json import read_json

MAX_BYTES: Final = 512 * 1024 * 1024
_Hash = Annotated[HexHash, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Rejection(Enum):
    """Why a ballot that the box has is not counted; the value is its name in files."""

    NOT_CONFIRMED = "not-confirmed"  # no accepted statement names it
    DUPLICATE = "duplicate"  # another statement of the person counts
    PAPER_VOTE = "paper-vote"
    SHARED = "shared"  # several people's statements name it
    REVOKED = "revoked"  # people decided so: card revoked, expired, unchecked, or outside of the hours
    CHECKED = "checked"  # it was opened
    SAME_KEY = "same-key"  # another ballot has its voting key: a fault of a device


class RefusedBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A ballot that a statement names, which does not count for a reason that the eligibility board knows."""

    ballot: Fingerprint
    reason: Rejection


class AcceptedBallots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ballots of one election that count."""

    election: Fingerprint
    ballots: tuple[Fingerprint, ...]
    """h, sorted."""


class AcceptedList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the eligibility board tells the box, once."""

    namespace: ClassVar[bytes] = namespaces.ACCEPTED_LIST

    version: Literal[1] = 1
    type: Literal["accepted-ballots"] = "accepted-ballots"
    mode: Mode
    definition: _Hash
    elections: tuple[AcceptedBallots, ...]
    """Sorted by election."""
    refused: tuple[RefusedBallot, ...]
    """Sorted."""


class RejectedBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A ballot of the public log that does not stand in the record."""

    tracker: Fingerprint
    reason: Rejection


class RejectedList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the box tells everybody of one election: with the record it covers every tracker of the log."""

    namespace: ClassVar[bytes] = namespaces.REJECTED_LIST

    version: Literal[1] = 1
    type: Literal["rejected-ballots"] = "rejected-ballots"
    mode: Mode
    election: Fingerprint
    rejected: tuple[RejectedBallot, ...]
    """Sorted."""
    missing: tuple[Fingerprint, ...]
    """h of accepted ballots that never came: an alarm. Sorted."""


class PlaceCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, order=True):
    """What came of the statements of one place."""

    place: str
    received: int
    accepted: int
    duplicate: int
    refused: int
    void: int


class EligibilityReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the eligibility board did, in numbers and hashes, without a name."""

    namespace: ClassVar[bytes] = namespaces.ELIGIBILITY_REPORT

    version: Literal[1] = 1
    type: Literal["eligibility-report"] = "eligibility-report"
    mode: Mode
    definition: _Hash
    rule: str
    roll_version: _Hash
    roll_size: int
    places: tuple[PlaceCounts, ...]
    statements: tuple[HexHash, ...]
    """SHA-256 of every statement, sorted: sworn auditors recount them."""


_List = TypeVar("_List", AcceptedList, RejectedList, EligibilityReport)


class _SignedWire(msgspec.Struct, forbid_unknown_fields=True):
    list: msgspec.Raw
    signature: bytes


def sign_list(made: AcceptedList | RejectedList | EligibilityReport, key: DeviceKey) -> bytes:
    """Return the file of a list: its canonical JSON and the board's signature over namespace and JSON.

    Raises:
        ProgrammingError: the list is too long for canonical JSON.
    """
    body = msgspec.json.encode(made, order="sorted")
    return _spelled(body, key.sign(made.namespace, body))


def verify_list(untrusted: bytes, kind: type[_List], public_der: bytes) -> _List:
    """Return the list that the board of this key signed.

    Raises:
        ListRefusedError: not such a list in its one spelling, unsorted, or not by this board.
    """
    if len(untrusted) > MAX_BYTES:
        raise ListRefusedError("a list that is too long")
    try:
        wire = read_json(untrusted, _SignedWire)
        body = bytes(wire.list)
        verify_device_signature(public_der, kind.namespace, body, wire.signature)
        made = read_json(body, kind)
    except (CryptoError, MalformedError) as error:
        raise ListRefusedError("not a list by this board") from error
    if _spelled(msgspec.json.encode(made, order="sorted"), wire.signature) != untrusted or not _is_sorted(made):
        raise ListRefusedError("a list in another spelling or order")
    return made


def _spelled(body: bytes, signature: bytes) -> bytes:
    return msgspec.json.encode(_SignedWire(msgspec.Raw(body), signature))


def _is_sorted(made: AcceptedList | RejectedList | EligibilityReport) -> bool:
    match made:
        case AcceptedList():
            accepted = [ballot for each in made.elections for ballot in each.ballots]
            refused = [each.ballot for each in made.refused]
            named = [each.election for each in made.elections]
            rows = [list(each.ballots) for each in made.elections]
            is_unique = len({*accepted, *refused}) == len(accepted) + len(refused)
            return (
                is_unique
                and all(_rises(row) for row in (named, refused, *rows))
                and all(map(is_fingerprint, (*accepted, *refused, *named)))
            )
        case RejectedList():
            trackers = [each.tracker for each in made.rejected]
            return _rises(trackers) and _rises(made.missing) and all(map(is_fingerprint, (*trackers, *made.missing)))
        case EligibilityReport():
            return _rises(made.statements) and _rises([each.place for each in made.places])


def _rises(names: Iterable[str]) -> bool:
    return all(one < other for one, other in pairwise(names))
