# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a verifier remembers of a record's beginning, so that next time it checks only what is new.

The file belongs to whoever verifies, like the program itself: who can write it can make the program believe.
docs/formats/verification-report.md.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_voting.election import Election
from townhall_voting.errors import MalformedError, RefusedError
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.record.archive import Head
from townhall_voting.record.ballot_judges import GoodBallot
from townhall_voting.trustees.tally import EncryptedTally, parse_encrypted_tally
from townhall_voting.untrusted_json import read_json

_FORMAT: Final = "townhall.verified-ballots.v1"
"""Changes with every release that checks more of what stands before the end of the ballots."""


@dataclass(frozen=True, slots=True)
class CountedBallot:
    """A checked ballot, and the position of its voting key in the record's list."""

    voter: int
    ballot: GoodBallot


@dataclass(frozen=True, slots=True)
class Remembered:
    """A record was good up to ``head``: its bytes up to there have the SHA-256 ``prefix``; its ballots, in order."""

    head: Head
    prefix: HexHash
    ballots: tuple[CountedBallot, ...] = field(repr=False)
    tally: EncryptedTally = field(repr=False)


class _RememberedWire(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    election: str
    timestamp: int
    offset: int
    height: int
    parent: str
    prefix: str
    ballots: list[tuple[int, str, str]]
    tally: str
    sized_tally: str


def write_remembered(election: Election, remembered: Remembered) -> bytes:
    """Return the bytes of the verifier's own file."""
    head = remembered.head
    return msgspec.json.encode(
        _RememberedWire(
            _FORMAT,
            election.fingerprint,
            head.timestamp,
            head.offset,
            head.height,
            head.parent or "",
            remembered.prefix,
            [(each.voter, each.ballot.hash, each.ballot.tracker) for each in remembered.ballots],
            remembered.tally.data.decode(),
            remembered.tally.sized_data.decode(),
        )
    )


def parse_remembered(election: Election, data: bytes) -> Remembered:
    """Return what ``write_remembered`` has written for ``election``.

    Raises:
        MalformedError: it has not: damaged, of another version or of another election. Everything is checked anew.
    """
    try:
        wire = read_json(data, _RememberedWire)
        if wire.format != _FORMAT or wire.election != election.fingerprint:
            raise MalformedError("of another version or election")
        tally = parse_encrypted_tally(election, wire.tally.encode(), wire.sized_tally.encode())
    except RefusedError as error:
        raise MalformedError("nothing that this program has written for this election") from error
    if len(wire.ballots) != tally.num_tallied:
        raise MalformedError("not as many ballots as were counted")
    return Remembered(
        Head(wire.timestamp, wire.offset, wire.height, HexHash(wire.parent)),
        HexHash(wire.prefix),
        tuple(CountedBallot(at, GoodBallot(Fingerprint(h), Fingerprint(tracker))) for at, h, tracker in wire.ballots),
        tally,
    )
