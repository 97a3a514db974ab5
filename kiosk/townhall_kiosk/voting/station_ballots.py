# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The half of a polling station that takes ballots: commit on a slip, then open or cast, never both for one ballot.

A booth has this half alone: nothing in it knows a person.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from townhall_kiosk.voting import messages
from townhall_kiosk.voting.errors import BallotNotTakenError
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_kiosk.voting.station_hold import Stage, StationHold
from townhall_voting.check_code import PREFIX as CHECK_PREFIX
from townhall_voting.eligibility.admission import is_admission
from townhall_voting.eligibility.batches import MAX_CODE, CheckedBallot
from townhall_voting.eligibility.slip import SlipFacts, sign_slip
from townhall_voting.errors import VotingError
from townhall_voting.hashing import Fingerprint, is_fingerprint
from townhall_voting.package.definition import DeviceRole

_MOST_CHECKS: Final = 20
"""Of one visit: one that goes on is no person, and must not fill the disk."""


@dataclass(frozen=True, slots=True)
class BallotHalf:
    """Ballots of one polling station."""

    hold: StationHold

    def commit_to(self, visit: str, asked: messages.SlipWanted) -> str:
        """Sign the slip: from now on this is the visit's ballot, and the one before is nobody's."""
        self.hold.check_cast()
        setting = self.hold.setting
        if asked.election not in setting.checkers or not is_fingerprint(asked.ballot):
            raise BallotNotTakenError("no ballot of this election")
        if asked.ballot in self.hold.spent:  # a slip for it now would lead to its opening after its casting
            raise BallotNotTakenError("it was opened or cast before")
        has_number = is_admission(asked.admission)
        if has_number is not (setting.role is DeviceRole.BOOTH) or (asked.admission and not has_number):
            raise BallotNotTakenError("a booth's slip has an admission number, no other has one")
        before = self.hold.visits.get(visit)
        checks = 0 if before is None else before.checks
        stage = Stage(asked.election, asked.ballot, asked.admission, checks=checks)
        self.hold.visits[visit] = stage
        return self._slip(stage, "commitment")

    def _slip(self, stage: Stage, kind: Literal["commitment", "cast"]) -> str:
        here = self.hold.setting.here
        facts = SlipFacts(
            type=kind,
            mode=here.definition.mode,
            election=Fingerprint(stage.election),
            ballot=Fingerprint(stage.ballot),
            admission=stage.admission,
            booth=here.device.kiosk,
        )
        return sign_slip(facts, self.hold.setting.key)

    async def open(self, stage: Stage, code: str) -> None:
        """Make it durable that the ballot is void."""
        if not stage.ballot or stage.is_casting or stage.checks >= _MOST_CHECKS:
            raise BallotNotTakenError("it was opened, is being cast, or there were too many")
        if not code.startswith(CHECK_PREFIX) or len(code) > MAX_CODE:
            raise BallotNotTakenError("no code of a checked ballot")
        opened = msgspec.json.encode(CheckedBallot(Fingerprint(stage.ballot), code))
        sets, record = self.hold.sets.read(), self.hold.record
        record = msgspec.structs.replace(record, checked=record.checked + 1)
        self.hold.spend(stage)
        stage.checks += 1
        await self.hold.store({Part.CHECKED: sets[Part.CHECKED] | {opened}, Part.POLLS: frozenset({record.to_bytes()})})
        stage.ballot = ""  # nothing is committed to any more
        await self.hold.setting.note_counts(record)

    async def cast_at_booth(self, stage: Stage, ballot: bytes) -> str:
        """Make the ballot durable, then sign that it is cast: the desk takes its hash from that slip alone.

        Whatever comes of it, the ballot can be opened no more. It counts once a desk has a statement about it.
        """
        self.hold.check_cast()
        if not stage.ballot or stage.is_casting:
            raise BallotNotTakenError("it was opened, or is cast already")
        self.hold.spend(stage)
        stage.is_casting = True
        await self.tracker_of(stage, ballot)
        sets, record = self.hold.sets.read(), self.hold.record
        record = msgspec.structs.replace(record, ballots=record.ballots + 1)
        await self.hold.store({Part.BALLOTS: sets[Part.BALLOTS] | {ballot}, Part.POLLS: frozenset({record.to_bytes()})})
        await self.hold.setting.note_counts(record)
        return self._slip(stage, "cast")

    async def tracker_of(self, stage: Stage, ballot: bytes) -> Fingerprint:
        """Return the ballot's tracker, once every proof holds and it is the one that was committed to.

        Raises:
            BallotNotTakenError: it does not hold, or is another.
        """
        _style, checker = self.hold.setting.checkers[stage.election]
        try:
            checked = await asyncio.to_thread(checker.check, ballot)
        except VotingError as exc:
            raise BallotNotTakenError("it does not hold") from exc
        if checked.hash != stage.ballot:
            raise BallotNotTakenError("another than the slip committed to")
        return checked.tracker
