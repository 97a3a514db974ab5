# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's election: a verified package becomes this kiosk's polling station, its office and its batches."""

import asyncio
import base64
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.trust import TrustAnchors
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.errors import FormError
from townhall_kiosk.errors import KioskError
from townhall_kiosk.keeper.ballot_log_watch import BallotLogWatch
from townhall_kiosk.keeper.machine_randomness import ENTROPY_BYTES, machine_randomness
from townhall_kiosk.ports import Clock
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.messages import StaffProof
from townhall_kiosk.staff.status import PollsFacts
from townhall_kiosk.voting.batching import ELIGIBILITY_BOARD, Batching, Boards, Recipients
from townhall_kiosk.voting.errors import NoSlipPrinterError, PackageNotCurrentError
from townhall_kiosk.voting.messages import ElectionFiles
from townhall_kiosk.voting.polls import PollingPlace, PollsAct, PollsRecord, PollsState
from townhall_kiosk.voting.polls_office import PollsOffice
from townhall_kiosk.voting.polls_report import PollsReport
from townhall_kiosk.voting.sets_on_disk import CURRENT, SetsOnDisk
from townhall_kiosk.voting.station import PollingStation
from townhall_kiosk.voting.station_election import StationElection
from townhall_kiosk.voting.station_hold import StationSetting
from townhall_kiosk.voting.station_roll import OfficersShares
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.errors import JournalFullError, SyncError
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.errors import RandomnessError, VotingError
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.package import ElectionPackage
from townhall_voting.randomness import MixedRandomness

_log = logging.getLogger(__name__)

FOLDER: Final = "voting"
LOG_FOLDER: Final = "ballot-log"
_ACTS: Final[Mapping[type[acts.StaffAct], PollsAct]] = MappingProxyType(
    {
        acts.OpenPolls: PollsAct.OPEN,
        acts.PausePolls: PollsAct.PAUSE,
        acts.ResumePolls: PollsAct.RESUME,
        acts.ClosePolls: PollsAct.CLOSE,
    }
)
_LOOK_EVERY_S: Final = 60.0


async def _no_printer(_pdf: bytes) -> str:
    return NoSlipPrinterError.code


def _nobody() -> TrustAnchors:
    return TrustAnchors((), (), ())


@dataclass(slots=True)
class ElectionDay:
    """At most one election at a time; ``polls`` is None where there is none in which this kiosk takes part."""

    home: Path
    key: DeviceKey
    clock: Clock
    journal: AsyncJournal
    has_printer: bool
    anchors: Callable[[], TrustAnchors] = _nobody
    """By what voters' certificates are judged; read anew for each."""
    print: Callable[[bytes], Awaitable[str]] = _no_printer
    polls: PollsOffice | None = None
    randomness: MixedRandomness = field(default_factory=machine_randomness)
    log: BallotLogWatch = field(init=False)
    """The ballot box's public log, whose newest state receipts name."""
    _bad_cards: set[str] = field(default_factory=set)  # visits in which a card's generator failed its tests
    _election: StationElection | None = None
    _is_on: bool = False  # visits have the election; without it officers open and resume nothing
    _boards: Boards | None = None
    _sets: SetsOnDisk | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Look for what was seen of ballot boxes' logs in the kiosk's home."""
        self.log = BallotLogWatch(self.home / LOG_FOLDER, self.journal)

    def use(self, package: ElectionPackage | None, recipients: Recipients) -> ElectionFiles | None:
        """Use this package from now on; return what visits need of it. While polls are open no other takes its place.

        Without a package, or with one that is refused, nothing begins: officers open and resume no polls. Those that
        were opened can be closed, and what they hold is sent. New keys of the boards count from the next batch on.
        The package's own window is asked at each act and each vote, for it ends while the package is in use (ADR 0038).

        Raises:
            PackageNotCurrentError: another election is on at this kiosk, or the catalogue has no key of a board.
            StoreDamagedError: what lies on the disk is not what was written, or belongs to another election.
        """
        self._is_on = False
        self._take_up_kept()
        if package is None or package.definition.device(self.journal.kiosk) is None:
            with contextlib.suppress(PackageNotCurrentError):  # then those known before go on
                self._boards = Boards.of(recipients)
            self._leave()
            return None
        self._boards = Boards.of(recipients)
        now = self._election
        if now is None or now.roll is None or now.package != package.sha256:
            self._require_free(package)
            self._open(StationElection.of(package))
        self._is_on = True
        return ElectionFiles(
            definition=package.definition.to_bytes(),
            elections={style: election.data for style, election in package.elections.items()},
            board_keys=recipients[ELIGIBILITY_BOARD],
            roll_version=package.roll_version,
        )

    @property
    def is_booth(self) -> bool:
        """Whether this kiosk makes ballots and never learns who votes."""
        return self.polls is not None and self.polls.station.setting.role is DeviceRole.BOOTH

    def _take_up_kept(self) -> None:
        """After a start: polls that were opened are there again, whatever the catalogue has; nothing begins in them."""
        if self.polls is not None or not (self.home / FOLDER / CURRENT).exists():
            return
        if (kept := StationElection.kept(self._opened_sets().read())) is not None:
            self._open(kept)

    def _require_free(self, package: ElectionPackage) -> None:
        if self.polls is None or self._election is None or self._election.package == package.sha256:
            return
        if self.polls.station.record.state in {PollsState.OPEN, PollsState.PAUSED}:
            raise PackageNotCurrentError("another election is on at this kiosk")

    def _leave(self) -> None:
        if self.polls is not None and self.polls.station.record.state is PollsState.CLOSED:
            self.polls = self._election = None

    def _open(self, election: StationElection) -> None:
        self.polls, self._election = self._office(election), election
        self.log.use(election.definition)
        self._changed.set()

    def _office(self, election: StationElection) -> PollsOffice:
        definition, kiosk = election.definition, self.journal.kiosk
        place, device = definition.place_of(kiosk), definition.device(kiosk)
        if place is None or device is None or device.key != self.key.public_der:
            raise PackageNotCurrentError("this kiosk has another key than the package says")
        here = PollingPlace(definition, place, device)
        checkers = {str(each.fingerprint): (style, BallotChecker(each)) for style, each in election.elections.items()}
        setting = StationSetting(
            here=here,
            checkers=checkers,
            anchors=self.anchors,
            key=self.key,
            clock=self.clock,
            journal_root=self._journal_root,
            note_counts=self.note_counts,
            ballot_log=lambda: self.log.state,
        )
        station = PollingStation(setting, self._opened_sets())
        batching = Batching(here, self._known_boards, station.sets, self.journal.commit)
        station.record  # noqa: B018  # raises now what every later call would raise
        return PollsOffice(station, OfficersShares(election), batching, self.has_printer, self._is_quiet)

    async def run(self) -> None:
        """Send batches when they are due, as long as the kiosk runs."""
        while True:
            if self.polls is None:
                self._changed.clear()
                await self._changed.wait()
            else:
                await self._tick(self.polls)
                await asyncio.sleep(_LOOK_EVERY_S)

    @staticmethod
    async def _tick(polls: PollsOffice) -> None:
        try:
            await polls.tick()
        except (KioskError, SyncError) as exc:
            _log.error("%s: votes wait at this kiosk", exc.code)

    async def note_counts(self, record: PollsRecord) -> None:
        """Write to the audit trail how the polls stand; on a disk too full for it the vote counts all the same."""
        facts: dict[str, Fact] = {
            "state": record.state.name,
            "statements": record.statements,
            "ballots": record.ballots,
            "checked": record.checked,
        }
        try:
            await self.journal.audit(Event.POLLS_COUNTED, facts)
        except JournalFullError as exc:
            _log.error("%s: POLLS_COUNTED is not in the audit trail", exc.code)

    def entropy(self) -> bytes:
        """Return fresh bytes of this machine's sources, a TPM's among them where there is one."""
        self.randomness.renew()
        return self.randomness.read(ENTROPY_BYTES)

    async def catch_up(self) -> None:
        """After a start: say again what the sets hold, before anybody asks how the last visit ended."""
        if self.polls is not None:
            await self.note_counts(self.polls.station.record)

    def facts(self) -> PollsFacts:
        """Return how the polls stand, for staff."""
        if self.polls is None:
            return PollsFacts()
        record, doubt = self.polls.station.record, self.log.doubt
        done = max(record.ballots, record.statements)  # a desk has statements alone
        return PollsFacts(record.state.value, done, self.log.size, "" if doubt is None else doubt.value)

    def point_for(self, visit: str, untrusted_certificate: bytes) -> bytes:
        """Return the point for the card of an officer who holds a share of the roll key; empty for everybody else."""
        return b"" if self.polls is None else self.polls.point_for(visit, untrusted_certificate)

    def take_share(self, visit: str, certificate: bytes, untrusted: StaffProof) -> None:
        """Keep what the card of somebody who proved themselves agreed to, and mix its randomness in.

        A generator that fails its tests does not touch what is there already, but opens no polls either.
        """
        if self.polls is None or not untrusted.shared_x:
            return
        try:
            self.polls.shares.take(visit, certificate, untrusted.shared_x)
            if untrusted.challenges:
                self.randomness.mix_tested("officer's card", untrusted.challenges)
        except RandomnessError as exc:
            self._bad_cards.add(visit)
            _log.error("%s: %s", exc.code, exc)
        except VotingError as exc:
            _log.warning("%s: a card gave no share of the roll key", exc.code)

    async def act(self, visit: str, act: acts.PollsActs, certificates: tuple[bytes, ...]) -> str:
        """Do it; return an empty text, or the code of why it was not done. A report's code is the printer's."""
        polls = self.polls
        if polls is None or (isinstance(act, acts.OpenPolls | acts.ResumePolls) and not self._is_on):
            return PackageNotCurrentError.code
        if isinstance(act, acts.OpenPolls) and visit in self._bad_cards:
            return RandomnessError.code
        try:
            record = await polls.act(visit, _ACTS[type(act)], certificates)
            if not isinstance(act, acts.OpenPolls | acts.ClosePolls):
                return ""
            report = await asyncio.to_thread(
                partial(
                    PollsReport.make,
                    record,
                    polls.station.setting.here,
                    language=act.language,
                    made=self.clock.now(),
                    key=self.key,
                    fonts=Path(FONT_DIRECTORY),
                )
            )
            return await self.print(report.pdf)
        except (KioskError, SyncError, CryptoError, FormError) as exc:
            _log.warning("%s: %s", exc.code, type(act).__name__)
            return exc.code

    def gone(self, visit: str) -> None:
        """Forget what a visit had here: it is over."""
        if self.polls is not None:
            self.polls.station.gone(visit)

    def officers_left(self, visit: str) -> None:
        """Forget what officers gave at a visit's screen, where the visit of somebody who votes may go on."""
        if self.polls is not None:
            self._bad_cards.discard(visit)
            self.polls.shares.drop(visit)

    def _opened_sets(self) -> SetsOnDisk:
        if self._sets is None:
            self._sets = SetsOnDisk(self.home / FOLDER)
        return self._sets

    def _known_boards(self) -> Boards:
        if self._boards is None:
            raise PackageNotCurrentError("the catalogue has not said yet who the boards are")
        return self._boards

    async def _is_quiet(self) -> bool:
        return await self.journal.open_visit() is None

    async def _journal_root(self) -> str:
        note = await self.journal.checkpoint()
        return base64.b64decode(note.splitlines()[2]).hex()
