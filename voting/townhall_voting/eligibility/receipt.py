# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a voter takes home: that this place took this ciphertext; neither who, nor what, nor at what hour.

Format: docs/formats/voting-receipt.md.
"""

import re
from typing import Annotated, Final, Literal

import msgspec

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.signed_text import read_text, sign_text, verify_text
from townhall_voting.errors import SlipRefusedError
from townhall_voting.hashing import Fingerprint, HexHash, hash_bytes, is_fingerprint
from townhall_voting.mode import Mode
from townhall_voting.words import words

PREFIX: Final = "TOWNHALL-VOTE-1:"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX: Final = re.compile(r"[0-9a-f]{64}|")
_MAX_NAME: Final = 200


class VotingReceiptFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the device signs; canonical JSON."""

    version: Literal[1] = 1
    type: Literal["voting-receipt"] = "voting-receipt"
    mode: Mode
    uuid: str
    """The election's name in its record."""
    election: Fingerprint
    ballot: Fingerprint
    """h: what the person's card signed."""
    tracker: str
    """Hash of the whole ballot, as the board lists it; empty on the desk's receipt, which never sees the ballot."""
    place: str
    date: str
    """ISO 8601, the day alone: an hour would tell whose receipt it is."""
    device: str
    journal: HexHash
    """Root of the device's log, which counts and nothing more: whoever rewrites it later contradicts this receipt."""
    board: HexHash | Literal[""]
    """Root of the ballot box's public log as the device last saw it, empty if never: against a box with two faces."""
    board_size: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    """How many entries that log had."""

    def to_bytes(self) -> bytes:
        """Return the one spelling of these facts."""
        return canonical.encode(msgspec.to_builtins(self))

    @property
    def board_words(self) -> str:
        """The root of the box's log in short words, to be compared with a published one; empty if there is none."""
        return words(bytes.fromhex(self.board)) if self.board else ""

    @property
    def words(self) -> str:
        """The tracker (where there is none: the ballot's hash) in short words."""
        return words(hash_bytes(Fingerprint(self.tracker) if self.tracker else self.ballot))


def sign_voting_receipt(facts: VotingReceiptFacts, key: DeviceKey) -> str:
    """Return the text of the receipt's QR."""
    return sign_text(PREFIX, namespaces.VOTING_RECEIPT, facts.to_bytes(), key)


def read_voting_receipt(untrusted: str) -> VotingReceiptFacts:
    """Return what a receipt claims, unverified: to know which device's key to ask.

    Raises:
        SlipRefusedError: not the text of a voting receipt in its one spelling.
    """
    try:
        return _parse(read_text(untrusted, PREFIX)[0])
    except (CryptoError, msgspec.ValidationError) as error:
        raise SlipRefusedError("not the text of a voting receipt") from error


def verify_voting_receipt(untrusted: str, device_public_der: bytes) -> VotingReceiptFacts:
    """Return the facts of a receipt that the device of this key signed.

    Raises:
        SlipRefusedError: malformed, or not by this device.
    """
    try:
        return _parse(verify_text(untrusted, PREFIX, namespaces.VOTING_RECEIPT, device_public_der))
    except (CryptoError, msgspec.ValidationError) as error:
        raise SlipRefusedError("not a voting receipt by this device") from error


def _parse(body: bytes) -> VotingReceiptFacts:
    facts = msgspec.convert(canonical.decode(body), VotingReceiptFacts)
    if (
        not is_fingerprint(facts.election)
        or not is_fingerprint(facts.ballot)
        or not (facts.tracker == "" or is_fingerprint(facts.tracker))
        or not _DATE.fullmatch(facts.date)
        or not _HEX.fullmatch(facts.journal)
        or facts.journal == ""
        or not _HEX.fullmatch(facts.board)
        or (facts.board == "" and facts.board_size != 0)
        or not all(0 < len(name) <= _MAX_NAME for name in (facts.uuid, facts.place, facts.device))
    ):
        raise SlipRefusedError("not the facts of a voting receipt")
    return facts
