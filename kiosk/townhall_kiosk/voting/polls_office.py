# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What officers do at a polling station: open it with two cards, pause, resume, close it for good; and its batches."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from townhall_kiosk.voting.batching import BATCH_EVERY_S, Batching
from townhall_kiosk.voting.errors import NoSlipPrinterError, OfficersNeededError, RollLockedError
from townhall_kiosk.voting.polls import PollsAct, PollsRecord, PollsState, polls_after
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_kiosk.voting.station import PollingStation
from townhall_kiosk.voting.station_roll import OFFICERS, KeyedRoll, OfficersShares
from townhall_voting.errors import RollKeyRefusedError
from townhall_voting.package.definition import DeviceRole


@dataclass(slots=True)
class PollsOffice:
    """The officers' side of one polling station."""

    station: PollingStation
    shares: OfficersShares
    batching: Batching
    has_printer: bool
    is_quiet: Callable[[], Awaitable[bool]]
    """Whether no visit is on: only then batches enter the journal."""
    _slot: int = field(default=-1)

    async def act(self, visit: str, act: PollsAct, certificates: tuple[bytes, ...]) -> PollsRecord:
        """Do what the people of these certificates (the keeper has proved them) want; return how the polls stand.

        Raises:
            VotingRefusedError: not from where the polls stand, not now, or not by these people.
            StoreDamagedError: the sets are not what was written.
        """
        async with self.station.lock:
            before = self.station.record
            after = polls_after(before, act, self.station.setting.here, self.station.setting.clock.now())
            match act:
                case PollsAct.OPEN:
                    await self._open(visit, before, after, certificates)
                case PollsAct.RESUME:
                    if self.station.roll is None and not self._is_booth:
                        raise RollLockedError("two officers must open again")
                    await self.station.store({Part.POLLS: frozenset({after.to_bytes()})})
                case PollsAct.CLOSE:
                    if not self.shares.are_officers(certificates):
                        raise OfficersNeededError("only officers of the election close its polls")
                    await self._close(after)
                case PollsAct.PAUSE:
                    await self.station.store({Part.POLLS: frozenset({after.to_bytes()})})
            await self.station.setting.note_counts(after)
            return after

    @property
    def _is_booth(self) -> bool:
        return self.station.setting.role is DeviceRole.BOOTH

    def point_for(self, visit: str, untrusted_certificate: bytes) -> bytes:
        """Return the point that an officer's card is to agree with; at a booth no share of the roll key is wanted."""
        return b"" if self._is_booth else self.shares.point_for(visit, untrusted_certificate)

    def _opened_roll(self, visit: str, certificates: tuple[bytes, ...]) -> KeyedRoll | None:
        """Return the roll that two officers' cards opened; a booth never has it, though two officers open it too.

        Raises:
            OfficersNeededError: they are not two officers of the election, or their cards gave no share.
        """
        if self._is_booth:
            if len(set(certificates)) != OFFICERS or not self.shares.are_officers(certificates):
                raise OfficersNeededError("two officers of the election open its polls")
            return None
        try:
            roll = self.shares.open(visit, self.station.setting.here.device.kiosk)
        except RollKeyRefusedError as exc:
            raise OfficersNeededError("the cards do not open the roll") from exc
        if roll is None:
            raise OfficersNeededError("two officers of the election open its polls")
        return roll

    async def _open(self, visit: str, before: PollsRecord, after: PollsRecord, certificates: tuple[bytes, ...]) -> None:
        if not self.has_printer and self.station.setting.role is not DeviceRole.DESK:  # whose number is on the screen
            raise NoSlipPrinterError("no printer")
        roll = self._opened_roll(visit, certificates)
        opened = {
            Part.ELECTION: frozenset({self.shares.election.to_bytes()}),
            Part.POLLS: frozenset({after.to_bytes()}),
        }
        if before.state is PollsState.CLOSED:  # nothing of an election before, or of a test, is here from now on
            opened = dict.fromkeys(Part, frozenset[bytes]()) | opened
        await self.station.store(opened)
        self.station.use_roll(roll)

    async def _close(self, after: PollsRecord) -> None:
        """Close for good: the roll key goes first, and with it the marks, which nobody needs any more."""
        self.station.use_roll(None)
        gone = dict.fromkeys((Part.MARKS, Part.ADMITTED), frozenset[bytes]())
        await self.station.store({**gone, Part.POLLS: frozenset({after.to_bytes()})})

    async def tick(self) -> None:
        """Send what is due now: on each half hour, and once the polls are closed for good."""
        slot = self.station.setting.clock.wall() // BATCH_EVERY_S
        async with self.station.lock:
            record = self.station.record
            is_over = record.state is PollsState.ENDED
            if (slot == self._slot and not is_over) or not await self.is_quiet():
                return
            await self.batching.send(record)
            self._slot = slot
