# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The events of a record as typed values, and the data that stand before each in the archive.

Every value holds the exact bytes that the archive holds; what those mean is for others to judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

import msgspec

from townhall_voting.errors import MalformedError
from townhall_voting.hashing import hex_hash
from townhall_voting.trustees.tally import SizedTallyWire
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import count_wire, parse_count


@dataclass(frozen=True, slots=True)
class SetupEvent:
    """The election begins: election.json, trustees.json and public_creds.json."""

    kind: ClassVar[str] = "Setup"

    election: bytes = field(repr=False)
    trustees: bytes = field(repr=False)
    credentials: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BallotEvent:
    """A ballot was accepted."""

    kind: ClassVar[str] = "Ballot"

    ballot: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndBallotsEvent:
    """No more ballots."""

    kind: ClassVar[str] = "EndBallots"


@dataclass(frozen=True, slots=True)
class EncryptedTallyEvent:
    """The ciphertexts that are shuffled and decrypted, with the number of ballots and the sum of their weights."""

    kind: ClassVar[str] = "EncryptedTally"

    tally: bytes = field(repr=False)
    ballot_count: int
    total_weight: int


@dataclass(frozen=True, slots=True)
class ShuffleEvent:
    """A trustee, by number from 1, shuffled the ciphertexts of the ranked questions."""

    kind: ClassVar[str] = "Shuffle"

    owner: int
    shuffle: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndShufflesEvent:
    """No more shuffles."""

    kind: ClassVar[str] = "EndShuffles"


@dataclass(frozen=True, slots=True)
class PartialDecryptionEvent:
    """A trustee, by number from 1, decrypted its part."""

    kind: ClassVar[str] = "PartialDecryption"

    owner: int
    decryption: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResultEvent:
    """The counts."""

    kind: ClassVar[str] = "Result"

    result: bytes = field(repr=False)


Event: TypeAlias = (
    SetupEvent
    | BallotEvent
    | EndBallotsEvent
    | EncryptedTallyEvent
    | ShuffleEvent
    | EndShufflesEvent
    | PartialDecryptionEvent
    | ResultEvent
)

KINDS: Final = frozenset(
    ("Setup", "Ballot", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles", "PartialDecryption", "Result")
)
"""The types as the archive spells them."""


class _SetupWire(msgspec.Struct, forbid_unknown_fields=True):
    election: str
    trustees: str
    credentials: str


class _OwnedWire(msgspec.Struct, forbid_unknown_fields=True):
    owner: int
    payload: str


def data_of(event: Event) -> tuple[bytes, ...]:
    """Return the data that stand before the event, in order; the last one, if any, is its payload."""
    match event:
        case SetupEvent(election, trustees, credentials):
            files = (election, trustees, credentials)
            return (*files, msgspec.json.encode(_SetupWire(*(hex_hash(data) for data in files))))
        case BallotEvent(data) | ResultEvent(data):
            return (data,)
        case EncryptedTallyEvent(tally, ballot_count, total_weight):
            sized = SizedTallyWire(ballot_count, count_wire(total_weight), hex_hash(tally))
            return (tally, msgspec.json.encode(sized))
        case ShuffleEvent(owner, data) | PartialDecryptionEvent(owner, data):
            return (data, msgspec.json.encode(_OwnedWire(owner, hex_hash(data))))
        case EndBallotsEvent() | EndShufflesEvent():
            return ()


def event_of(kind: str, data: Sequence[bytes]) -> Event:
    """Return the event of that type that exactly these data make.

    Raises:
        MalformedError: a type not in KINDS, or data that no such event has.
    """
    event = _event_of(kind, data)
    if data_of(event) != tuple(data):
        raise MalformedError("data that no such event has, or in another spelling")
    return event


def _event_of(kind: str, data: Sequence[bytes]) -> Event:  # noqa: PLR0911  # one for each kind
    match kind, data:
        case "Setup", (election, trustees, credentials, _):
            return SetupEvent(election, trustees, credentials)
        case "Ballot", (ballot,):
            return BallotEvent(ballot)
        case "EndBallots", ():
            return EndBallotsEvent()
        case "EncryptedTally", (tally, sized_data):
            sized = read_json(sized_data, SizedTallyWire)
            return EncryptedTallyEvent(tally, sized.num_tallied, parse_count(sized.total_weight))
        case "Shuffle", (shuffle, owned):
            return ShuffleEvent(read_json(owned, _OwnedWire).owner, shuffle)
        case "EndShuffles", ():
            return EndShufflesEvent()
        case "PartialDecryption", (decryption, owned):
            return PartialDecryptionEvent(read_json(owned, _OwnedWire).owner, decryption)
        case "Result", (result,):
            return ResultEvent(result)
    raise MalformedError("an unknown type, or another number of data")
