# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's polling station: who may vote, which ballot was committed to, and when a vote counts.

For one ballot it takes either the code that opens it or the vote, never both. Where something was made durable, the
answer says so only afterwards. A visit is known by the keeper's own name for it. What a booth is never told (who) and
a desk never (what) is refused before anything looks at it.
"""

import logging
from typing import assert_never

import msgspec

from townhall_kiosk.voting import messages
from townhall_kiosk.voting.errors import OtherRoleError, VotingRefusedError
from townhall_kiosk.voting.polls import PollsRecord
from townhall_kiosk.voting.sets_on_disk import Part, Sets, SetsOnDisk
from townhall_kiosk.voting.station_ballots import BallotHalf
from townhall_kiosk.voting.station_hold import OpenRoll, StationHold, StationSetting
from townhall_kiosk.voting.station_voters import VoterHalf
from townhall_sync.errors import JournalFullError

_log = logging.getLogger(__name__)


class PollingStation:
    """One device's polling station: a booth, a desk, or both in one. Calls come one at a time from each visit."""

    def __init__(self, setting: StationSetting, sets: SetsOnDisk) -> None:
        """Begin without a roll."""
        self.setting = setting
        self.sets = sets
        self.lock = sets.lock
        self._hold = StationHold(setting, sets)
        self._ballots = BallotHalf(self._hold)
        self._voters = VoterHalf(self._hold)

    @property
    def record(self) -> PollsRecord:
        """How the polls stand; raises StoreDamagedError."""
        return self._hold.record

    @property
    def roll(self) -> OpenRoll | None:
        """The roll, while its key is here."""
        return self._hold.roll

    async def take(self, visit: str, message: messages.ToPolls) -> messages.FromPolls:
        """Take one message of a visit and return its answer."""
        async with self.lock:
            try:
                if not isinstance(message, messages.MAY[self.setting.role]):
                    raise OtherRoleError(self.setting.role.value)
                return await self._take(visit, message)
            except (VotingRefusedError, JournalFullError) as exc:
                _log.warning("%s: %s", exc.code, type(message).__name__)
                return messages.PollsDone(exc.code)

    def use_roll(self, roll: OpenRoll | None) -> None:
        """Use this roll from now on; the key of the one before is forgotten."""
        if self._hold.roll is not None:
            self._hold.roll.close()
        self._hold.roll = roll

    def gone(self, visit: str) -> None:
        """Forget what a visit was at: it is over."""
        self._hold.visits.pop(visit, None)

    async def store(self, changes: Sets) -> None:
        """Make a change durable; a cancelled caller does not stop it half-way."""
        await self._hold.store(changes)

    async def _take(self, visit: str, message: messages.ToPolls) -> messages.FromPolls:  # noqa: PLR0911  # one line a message
        match message:
            case messages.BallotWanted():
                self._hold.check_begin()
                return messages.PollsDone()
            case messages.SlipWanted():
                return messages.SlipSigned(self._ballots.commit_to(visit, message))
            case messages.BallotOpened(code=code):
                await self._ballots.open(self._hold.stage(visit), code)
                return messages.PollsDone()
            case messages.VoterAsked(certificate=certificate):
                return self._voters.admit(self._hold.stage(visit), certificate)
            case messages.VoteGiven():
                return messages.VoteTaken(await self._cast(visit, message))
            case messages.BallotCast(ballot=ballot):
                return messages.SlipSigned(await self._ballots.cast_at_booth(self._hold.stage(visit), ballot))
            case messages.AdmissionAsked(certificate=certificate):
                return await self._voters.give_number(certificate)
            case messages.SlipBrought(text=text):
                self._voters.take_slip(visit, text)
                return messages.PollsDone()
            case messages.StatementGiven(statement=statement):
                receipt = await self._voters.cast_at_desk(self._hold.stage(visit), statement)
                self.gone(visit)
                return messages.VoteTaken(receipt)
            case _:
                assert_never(message)

    async def _cast(self, visit: str, given: messages.VoteGiven) -> str:
        """In single-kiosk mode: make statement, ballot and mark durable together, and sign the receipt."""
        stage = self._hold.stage(visit)
        self._hold.check_cast()
        sets, record = self.sets.read(), self.record
        changes = self._voters.cast(stage, given.statement, sets)
        tracker = await self._ballots.tracker_of(stage, given.ballot)
        record = msgspec.structs.replace(record, statements=record.statements + 1, ballots=record.ballots + 1)
        ballots = sets[Part.BALLOTS] | {given.ballot}
        await self.store({**changes, Part.BALLOTS: ballots, Part.POLLS: frozenset({record.to_bytes()})})
        self.gone(visit)
        await self.setting.note_counts(record)
        return await self._hold.receipt(stage, tracker)
