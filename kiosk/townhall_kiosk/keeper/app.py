# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Builds the keeper's object graph from the kiosk's home, and enrols a new kiosk."""

import asyncio
import logging
import os
import random
import secrets
import signal
import ssl
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from cryptography import x509

from townhall_crypto.device_key import FileDeviceKey
from townhall_fonts import FONT_DIRECTORY
from townhall_kiosk.catalogue import KioskCatalogue
from townhall_kiosk.catalogue_provisions import Provided, provide
from townhall_kiosk.clock import KioskClock
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.home import KioskHome, Settings
from townhall_kiosk.keeper.election_day import ElectionDay
from townhall_kiosk.keeper.headphones import EvdevHeadphones, NoHeadphones
from townhall_kiosk.keeper.ipp_printer import IppPrinter
from townhall_kiosk.keeper.keeper import Keeper
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.paper import NoPrinter, PaperDirectory
from townhall_kiosk.keeper.processes import own_children
from townhall_kiosk.keeper.running_visit import Processes
from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.keeper.without_journal import usable_journal
from townhall_kiosk.messages import Provisions
from townhall_kiosk.ports import Printer
from townhall_kiosk.staff.catalogue_road import SignedCatalogueRoad
from townhall_kiosk.staff.envelope_road import EnvelopeRoad
from townhall_kiosk.staff.errors import KioskRetiredError
from townhall_kiosk.staff.standing import Service, read_standing
from townhall_kiosk.staff.status import Surroundings
from townhall_kiosk.staff.works import StaffSetting
from townhall_process.freed_memory import overwrite_freed_memory
from townhall_process.service_manager import ServiceManager
from townhall_sync.backoff import Backoff
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import RefreshOutcome
from townhall_sync.catalogue_source import DirectorySource, LineSource
from townhall_sync.central_http import HttpCentralService, HttpEnrolmentService, HttpLine
from townhall_sync.courier import Courier, Timing
from townhall_sync.enrolment import EnrolmentDenied, enrol
from townhall_sync.journal import Journal
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.receipt import CentreKeys
from townhall_sync.stick_road import StickRoad

_log = logging.getLogger(__name__)

_NONCE_BYTES = 16
_JOURNAL_AGAIN_S = 30.0


def _nonce() -> str:
    return secrets.token_urlsafe(_NONCE_BYTES)


async def run_kiosk(home: KioskHome, processes_of: Callable[[Settings], Processes] = own_children) -> bool:
    """Run the kiosk of ``home`` until SIGTERM or SIGINT, or until staff restart it: then return True.

    ``processes_of`` says how its other processes start.

    Raises:
        ConfigurationError: the home is not whole.
        KioskRetiredError: it was retired.
        ProcessError: freed memory cannot be overwritten here.
        OutOfServiceError: the journal failed while it was used, or another keeper has it open.
    """
    if read_standing(home.path).service is Service.RETIRED:
        raise KioskRetiredError("this kiosk was retired; a new one is enrolled in a fresh home")
    overwrite_freed_memory()
    settings = home.settings()
    kiosk = _kiosk_name(home)
    key = FileDeviceKey.load(home.device_key, home.passphrase(settings))
    clock = KioskClock()
    store = CatalogueStore(home.catalogue, home.catalogue_root())
    processes = processes_of(settings)
    journal = await usable_journal(
        partial(Journal.open, home.journal, kiosk=kiosk, key=key, clock=clock),
        processes,
        _nobody_is_served(kiosk, settings),
        again_s=min(_JOURNAL_AGAIN_S, settings.retry_cap_s),
    )
    line = HttpLine(settings.centre, _tls(settings))
    central = HttpCentralService(line, key=key, key_id=kiosk, wall=clock.wall, nonce=_nonce)
    keys, restart = CentreKeys.from_root(home.root_json()), asyncio.Event()
    timing = Timing(
        clock, asyncio.sleep, random.uniform, _nonce, base_s=settings.retry_base_s, cap_s=settings.retry_cap_s
    )
    catalogue = KioskCatalogue(
        store=store, kiosk=kiosk, settings=settings, clock=clock, journal=journal, fetch=central.catalogue_file
    )
    await catalogue.load()
    courier = Courier(journal, central, keys, timing)
    election = ElectionDay(home.path, key, clock, journal, settings.can_print)
    stick = EnvelopeRoad(StickRoad(journal, courier, keys, key, _nonce), home.path, kiosk, election.log)
    keeper = Keeper(
        journal=journal,
        courier=courier,
        line=LineWatch(central, keys, clock, _nonce, settings.line_check_s),
        key=key,
        clock=clock,
        printer=_printer(settings),
        headphones=EvdevHeadphones(Path(settings.headphones)) if settings.headphones else NoHeadphones(),
        speech=SpeechLine(Path(settings.speech) if settings.speech else None),
        catalogue=catalogue,
        processes=processes,
        setting=_staff_setting(home, settings, catalogue, stick, restart.set),
        election=election,
        ballot_logs=central,
    )
    try:
        await _until_told(keeper, restart)
    finally:
        await line.close()
        await journal.close()
    return restart.is_set()


def _nobody_is_served(kiosk: str, settings: Settings) -> Provisions:
    """Return what a visit needs to say that the kiosk is out of service."""
    return Provisions(
        kiosk=kiosk,
        place="",
        languages=settings.languages,
        can_print=False,
        services=(),
        recipients={},
        anchors=(),
        intermediates=(),
        revocation_lists=(),
        elsewhere=settings.elsewhere,
    )


def start_anew() -> NoReturn:
    """Put this program in its own place: new code, new settings, the same process id."""
    os.execv(sys.executable, (sys.executable, *sys.orig_argv[1:]))  # noqa: S606  # no shell is wanted


def _staff_setting(
    home: KioskHome, settings: Settings, catalogue: KioskCatalogue, stick: EnvelopeRoad, restart: Callable[[], None]
) -> StaffSetting:
    provisions = catalogue.provided.provisions
    return StaffSetting(
        home=home.path,
        around=Surroundings(provisions.kiosk, provisions.place, version("townhall")),
        restart=restart,
        secrets=(home.device_key, home.path / settings.passphrase_file),
        removable=Path(settings.removable) if settings.removable else None,
        fonts=Path(FONT_DIRECTORY),
        stick=stick,
        catalogue=SignedCatalogueRoad(catalogue),
    )


async def _until_told(keeper: Keeper, restart: asyncio.Event) -> None:
    manager = ServiceManager()
    running = asyncio.create_task(keeper.run())
    beating = asyncio.create_task(manager.beat())
    restarting = asyncio.create_task(restart.wait())
    restarting.add_done_callback(lambda _restarting: running.cancel())
    manager.ready()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        _log.info("told to stop")
    except ExceptionGroup as group:  # of the keeper's task group; the first to fail says why
        raise group.exceptions[0] from None
    finally:
        restarting.cancel()
        beating.cancel()
        manager.close()


def _kiosk_name(home: KioskHome) -> str:
    try:
        certificate = x509.load_der_x509_certificate(home.device_certificate.read_bytes())
        name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    except (OSError, ValueError, IndexError) as exc:
        raise ConfigurationError("this kiosk is not enrolled: townhall enrol") from exc
    return name if isinstance(name, str) else name.decode()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    return ssl.create_default_context() if settings.centre.startswith("https://") else None


def _printer(settings: Settings) -> Printer:
    if settings.printer:
        return IppPrinter(settings.printer)
    return PaperDirectory(Path(settings.paper)) if settings.paper else NoPrinter()


def make_device_key(home: KioskHome) -> FileDeviceKey:
    """Make the device key of a new kiosk, and the passphrase file that opens it.

    Raises:
        DeviceKeyExistsError: there is one already.
    """
    settings = home.settings()
    path = home.path / settings.passphrase_file
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return FileDeviceKey.create(home.device_key, home.passphrase(settings))


async def enrol_kiosk(home: KioskHome, kiosk: str, code: str) -> None:
    """Enrol this kiosk with a one-time code; waits for the second administrator's approval.

    Raises:
        ConfigurationError: the centre said no.
        CodeMistypedError: the code has a typing mistake.
        EnrolmentRefusedError: the answer is not from the centre that made the code.
    """
    settings = home.settings()
    has_key = home.device_key.exists()
    key = FileDeviceKey.load(home.device_key, home.passphrase(settings)) if has_key else make_device_key(home)
    line = HttpLine(settings.centre, _tls(settings))
    try:
        backoff = Backoff(random.uniform, settings.retry_base_s, settings.retry_cap_s)
        answer = await enrol(HttpEnrolmentService(line), OneTimeCode.parse(code), kiosk, key, backoff=backoff)
    finally:
        await line.close()
    if isinstance(answer, EnrolmentDenied):
        raise ConfigurationError(f"the centre refused the enrolment: {answer.code}")
    home.root.parent.mkdir(mode=0o700, exist_ok=True)
    home.root.write_bytes(answer.root_json)
    home.device_certificate.write_bytes(answer.device_certificate)


async def refresh_from_line(home: KioskHome) -> RefreshOutcome:
    """Ask the centre for a newer catalogue, while the kiosk itself does not run; see ``CatalogueStore.refresh``.

    Raises:
        ConfigurationError: this kiosk is not enrolled, or by a centre without a catalogue.
    """
    settings, clock = home.settings(), KioskClock()
    key = FileDeviceKey.load(home.device_key, home.passphrase(settings))
    store = CatalogueStore(home.catalogue, home.catalogue_root())
    line = HttpLine(settings.centre, _tls(settings))
    central = HttpCentralService(line, key=key, key_id=_kiosk_name(home), wall=clock.wall, nonce=_nonce)
    try:
        source = LineSource(central.catalogue_file, asyncio.get_running_loop())
        return await asyncio.to_thread(store.refresh, source)
    finally:
        await line.close()


def refresh_from_stick(home: KioskHome, directory: Path) -> RefreshOutcome:
    """Take what a stick holds; see ``refresh_from_line``."""
    return CatalogueStore(home.catalogue, home.catalogue_root()).refresh(DirectorySource(directory))


def look_at_catalogue(home: KioskHome) -> Provided:
    """Return what this kiosk offers now by its own copy of the catalogue.

    Raises:
        ConfigurationError: this kiosk is not enrolled, or by a centre without a catalogue.
        CatalogueDamagedError: the copy is not what was verified.
    """
    catalogue = CatalogueStore(home.catalogue, home.catalogue_root()).open()
    return provide(catalogue, _kiosk_name(home), home.settings(), KioskClock().wall())
