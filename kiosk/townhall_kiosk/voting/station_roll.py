# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll with its key in the keeper's memory, from the opening by two officers until the polls are closed."""

from dataclasses import dataclass, field
from typing import Final

from townhall_crypto.secret import Secret
from townhall_kiosk.voting.station_election import StationElection
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition
from townhall_voting.package.roll import Roll, RollKeys, Voter
from townhall_voting.package.roll_key import Share, ShareRequest, request_share, unwrap_roll_key

OFFICERS: Final = 2
"""So many open the polls."""


@dataclass(frozen=True, slots=True)
class KeyedRoll:
    """Implements ``OpenRoll``."""

    roll: Roll
    keys: RollKeys = field(repr=False)

    @classmethod
    def open(cls, roll: Roll, roll_key: Secret, definition: Definition, device: str) -> "KeyedRoll":
        """Derive this device's keys; ``roll_key`` is wiped."""
        with roll_key:
            return cls(roll, RollKeys.derive(roll_key, definition, device))

    def district_of(self, voter: Voter) -> Id | None:
        """Return the voter's district; None: not on the roll."""
        return self.roll.district_of(voter, self.keys)

    def mark_of(self, voter: Voter) -> bytes:
        """Return what stands for the voter among those who voted here."""
        return self.keys.mark(voter)

    def holder_of(self, voter: Voter) -> bytes:
        """Return what stands for the voter among those who have a number."""
        return self.keys.holder(voter)

    def admission_of(self, voter: Voter, number: str, slot: int) -> bytes:
        """Return what stands for this voter's having been given this number in this stretch of time."""
        return self.keys.admission(voter, number, slot)

    def close(self) -> None:
        """Forget the keys."""
        self.keys.wipe()


@dataclass(slots=True)
class OfficersShares:
    """What officers' cards gave towards the roll key, by visit, until they leave. A card's answer is used once."""

    election: StationElection
    _asked: dict[str, ShareRequest] = field(default_factory=dict)
    _given: dict[str, list[Share]] = field(default_factory=dict)

    def point_for(self, visit: str, untrusted_certificate: bytes) -> bytes:
        """Return the point that the officer's card is to agree with; empty for whoever holds no share.

        Raises:
            MalformedError: the package's own point is none.
        """
        self._asked.pop(visit, None)
        holder = self.election.wrapped_roll_key.holder_of(untrusted_certificate)
        if holder is None:
            return b""
        request = self._asked[visit] = request_share(self.election.wrapped_roll_key, holder, self.election.definition)
        return request.point

    def take(self, visit: str, certificate: bytes, untrusted_x: bytes) -> None:
        """Keep the share of an officer whose card has proved itself; nothing is kept of anybody else.

        Raises:
            MalformedError: the card's answer is none.
        """
        request = self._asked.pop(visit, None)
        if request is None or request.holder != self.election.wrapped_roll_key.holder_of(certificate):
            return
        shares = self._given.setdefault(visit, [])
        shares[:] = [*(each for each in shares if each.holder != request.holder), request.share(untrusted_x)]

    def open(self, visit: str, device: str) -> KeyedRoll | None:
        """Return the roll, opened by the two officers of this visit; None where they did not both give a share.

        Where only a part of the election was kept there is no roll to open, and the answer is None too.

        Raises:
            RollKeyRefusedError: a share is not the card's.
        """
        shares = self._given.pop(visit, [])
        roll = self.election.roll
        if roll is None or len(shares) != OFFICERS:
            self._wipe(shares)
            return None
        roll_key = unwrap_roll_key(self.election.wrapped_roll_key, (shares[0], shares[1]), self.election.definition)
        return KeyedRoll.open(roll, roll_key, self.election.definition, device)

    def are_officers(self, certificates: tuple[bytes, ...]) -> bool:
        """Tell whether these people, at least one, are all officers of this election."""
        holders = [self.election.wrapped_roll_key.holder_of(each) for each in certificates]
        return bool(holders) and None not in holders

    def drop(self, visit: str) -> None:
        """Forget what this visit's officers gave: they have left."""
        self._asked.pop(visit, None)
        self._wipe(self._given.pop(visit, []))

    @staticmethod
    def _wipe(shares: list[Share]) -> None:
        for share in shares:
            share.wipe()
