# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Does what staff want of the keeper, once ``authority`` (or the shell's own user) has said that it may be done."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeAlias, assert_never

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.state_trust import StateTrustFiles
from townhall_forms.errors import FormError
from townhall_kiosk.errors import KioskError, NoCatalogueError
from townhall_kiosk.ports import Clock, Printer
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.acts import KeeperTest
from townhall_kiosk.staff.errors import KioskRetiredError, MediumError, NotDeliveredError
from townhall_kiosk.staff.medium import find_stick
from townhall_kiosk.staff.messages import StaffDone, StateTrustGiven
from townhall_kiosk.staff.report import Report, store_report
from townhall_kiosk.staff.self_tests import check_clock, check_disk, check_journal
from townhall_kiosk.staff.standing import Service, Standing, read_standing, write_standing
from townhall_kiosk.staff.status import (
    CatalogueFacts,
    Devices,
    KioskStatus,
    LineFacts,
    Observed,
    PollsFacts,
    Surroundings,
    status_of,
)
from townhall_kiosk.voting.errors import VotingRefusedError
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.errors import SyncError

_log = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[int, int], Awaitable[None]]


class StickRoad(Protocol):
    """What can travel by stick."""

    async def export(self, directory: Path, progress: Progress) -> int:
        """Write what waits to ``directory``; return how many envelopes. Raises ``SyncError``."""

    async def take_in(self, directory: Path, progress: Progress) -> int:
        """Take receipts from ``directory``; return how many envelopes are delivered by them. Raises ``SyncError``."""


class CatalogueRoad(Protocol):
    """The signed catalogue, as far as staff have to do with it."""

    def facts(self) -> CatalogueFacts:
        """Return how it stands."""

    async def refresh_from(self, directory: Path) -> str:
        """Take a newer one from ``directory``; return an empty text, or the code of why it was not taken."""

    async def state_trust(self) -> StateTrustFiles:
        """Return whom it says to believe about documents. Raises ``KioskError`` or ``SyncError``."""


class KeeperSide(Protocol):
    """What the works need of the keeper."""

    async def closed(self) -> str:
        """Return an empty text, or the code of why no visit may begin."""

    def polls_facts(self) -> PollsFacts:
        """Return how the polls of an election stand here."""

    async def service_stands(self, standing: Standing) -> None:
        """Tell the visits that the kiosk was closed or opened."""

    def staff_listed(self) -> int:
        """Return how many certificates are on the list of staff."""


@dataclass(frozen=True, slots=True)
class StaffSetting:
    """Where the works are done; ``restart`` ends the keeper and starts it anew."""

    home: Path
    around: Surroundings
    restart: Callable[[], None]
    secrets: tuple[Path, ...] = ()  # files that a retired kiosk must not have any more
    removable: Path | None = None
    fonts: Path | None = None
    stick: StickRoad | None = None
    catalogue: CatalogueRoad | None = None


@dataclass(slots=True)
class Works:
    """One keeper's works. ``do`` is asked for one act at a time by each of visit and shell."""

    setting: StaffSetting
    keeper: KeeperSide
    journal: AsyncJournal
    key: DeviceKey
    clock: Clock
    printer: Printer
    line: LineFacts
    devices: Devices
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        """Stand as the kiosk stood before the restart."""
        self.standing = read_standing(self.setting.home)

    def moved_to(self, place: str) -> None:
        """Tell from now on that the kiosk stands at ``place``."""
        self.setting = replace(self.setting, around=replace(self.setting.around, place=place))

    async def status(self) -> KioskStatus:
        """Return how the kiosk stands."""
        catalogue = self.setting.catalogue
        seen = Observed(
            wall=self.clock.wall(),
            service=self.standing.service.value,
            closed=await self.keeper.closed(),
            reason="" if self.standing.reason is None else self.standing.reason.value,
            journal=await self.journal.status(),
            line=self.line,
            devices=self.devices,
            staff_listed=self.keeper.staff_listed(),
            catalogue=CatalogueFacts() if catalogue is None else catalogue.facts(),
            polls=self.keeper.polls_facts(),
        )
        return status_of(self.setting.around, seen)

    async def state_trust(self) -> StateTrustGiven | StaffDone:
        """Return whom this kiosk believes about documents, or the code of why that is not known."""
        try:
            if self.setting.catalogue is None:
                raise NoCatalogueError
            return StateTrustGiven.of(await self.setting.catalogue.state_trust())
        except (KioskError, SyncError) as exc:
            _log.warning("whom to believe about documents: %s", exc.code)
            return StaffDone(exc.code)

    async def do(self, act: acts.StaffAct, progress: Progress) -> StaffDone:
        """Do one act; whatever keeps it from being done comes back as a code."""
        return await self._told(type(act).__name__, self._do(act, progress))

    async def _told(self, what: str, doing: Awaitable[StaffDone]) -> StaffDone:
        try:
            return await doing
        except (KioskError, SyncError, CryptoError, FormError) as exc:
            _log.warning("%s: %s: %s", what, exc.code, exc)
            return StaffDone(exc.code)

    async def export(self, directory: Path, progress: Progress) -> StaffDone:
        """Write what waits to a directory that the shell named."""
        return await self._told("export", self._export(directory, progress))

    async def take_in(self, directory: Path, progress: Progress) -> StaffDone:
        """Take what a directory brings that the shell named."""
        return await self._told("import", self._take_in(directory, progress))

    async def _do(self, act: acts.StaffAct, progress: Progress) -> StaffDone:  # noqa: C901, PLR0911  # one line an act
        match act:
            case acts.LookAtStatus() | acts.Assist() | acts.CheckDocument():
                return StaffDone()  # two have answers of their own, one is done in the visit: allowed, no more
            case acts.RunTest(test=test):
                return StaffDone(await self._test(test))
            case acts.MakeReport():
                return StaffDone(await self._report(act))
            case acts.ExportToStick():
                return await self._export(self._stick(), progress)
            case acts.ImportFromStick():
                return await self._take_in(self._stick(), progress)
            case acts.RefreshCatalogue():
                return await self._refresh(self._stick())
            case acts.RestartKiosk():
                self.setting.restart()
                return StaffDone()
            case acts.TakeOutOfService(reason=reason):
                await self._stand(Standing(Service.OUT_OF_SERVICE, reason, self.clock.wall()))
                return StaffDone()
            case acts.PutInService():
                await self._stand(Standing(Service.IN_SERVICE, None, self.clock.wall()))
                return StaffDone()
            case acts.RetireKiosk():
                await self._retire()
                return StaffDone()
            case acts.OpenPolls() | acts.PausePolls() | acts.ResumePolls() | acts.ClosePolls():
                return StaffDone(VotingRefusedError.code)  # the office has the polls do it
            case _:
                assert_never(act)

    async def _export(self, directory: Path, progress: Progress) -> StaffDone:
        if self.setting.stick is None:
            raise MediumError("this kiosk has no road by stick")
        return StaffDone(count=await self.setting.stick.export(directory, progress))

    async def _take_in(self, directory: Path, progress: Progress) -> StaffDone:
        if self.setting.stick is None:
            raise MediumError("this kiosk has no road by stick")
        return StaffDone(count=await self.setting.stick.take_in(directory, progress))

    async def _refresh(self, directory: Path) -> StaffDone:
        if self.setting.catalogue is None:
            raise MediumError("this kiosk's catalogue comes by no road")
        return StaffDone(await self.setting.catalogue.refresh_from(directory))

    def _stick(self) -> Path:
        return find_stick(self.setting.removable, self.setting.home)

    async def _test(self, test: KeeperTest) -> str:
        match test:
            case KeeperTest.JOURNAL:
                return await check_journal(self.journal)
            case KeeperTest.CLOCK:
                status = await self.journal.status()
                return check_clock(self.clock.wall(), status.last_server_time, self.line)
            case KeeperTest.DISK:
                return await check_disk(self.setting.home)
            case KeeperTest.PRINTER:
                report = await self._made(acts.MakeReport("en", ()))
                return await self.print(report.pdf)
            case _:
                assert_never(test)

    async def print(self, pdf: bytes) -> str:
        """Print, and remember how it went."""
        code = await self.printer.print(pdf)
        self.devices.printer_code = code
        return code

    async def _report(self, act: acts.MakeReport) -> str:
        """Store the report, and print it where there is a printer; the code is the printer's."""
        report = await self._made(act)
        await asyncio.to_thread(store_report, self.setting.home, report)
        return await self.print(report.pdf) if self.devices.has_printer else ""

    async def _made(self, act: acts.MakeReport) -> Report:
        if self.setting.fonts is None:
            raise MediumError("this keeper has no fonts")
        status, made = await self.status(), self.clock.now()
        return await asyncio.to_thread(Report.make, status, act, made, self.key, self.setting.fonts)

    async def _stand(self, standing: Standing) -> None:
        if self.standing.service is Service.RETIRED:
            raise KioskRetiredError("a retired kiosk serves nobody any more")
        await asyncio.to_thread(write_standing, self.setting.home, standing)
        self.standing = standing
        await self.keeper.service_stands(standing)
        if standing.reason is not None:
            await self.journal.audit(Event.SERVICE_SUSPENDED, {"reason": standing.reason.name})
        else:
            await self.journal.audit(Event.SERVICE_RESUMED)

    async def _retire(self) -> None:
        """Close for good and destroy the key; nothing may be waiting for the centre."""
        if (await self.journal.status()).queued:
            raise NotDeliveredError("the centre does not have everything yet")
        retired = Standing(Service.RETIRED, None, self.clock.wall())
        await self.journal.audit(Event.KIOSK_RETIRED)  # first: what is not written down is not done
        await asyncio.to_thread(write_standing, self.setting.home, retired)
        self.standing = retired
        await asyncio.to_thread(_destroy, self.setting.secrets)
        await self.keeper.service_stands(retired)


def _destroy(paths: tuple[Path, ...]) -> None:
    """Overwrite and delete; what a disk keeps of overwritten blocks is what the disk's encryption is for."""
    for path in paths:
        try:
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as exc:
            raise MediumError(f"{path.name}: {exc.strerror}") from exc
