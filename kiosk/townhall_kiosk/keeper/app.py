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
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cryptography import x509

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.clock import KioskClock
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.home import KioskHome, Settings
from townhall_kiosk.keeper.keeper import Keeper
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.paper import NoPrinter, PaperDirectory
from townhall_kiosk.ports import Printer
from townhall_process.child import python_module
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.backoff import Backoff
from townhall_sync.central_http import HttpCentralService, HttpEnrolmentService, HttpLine
from townhall_sync.courier import Courier, Timing
from townhall_sync.enrolment import EnrolmentDenied, enrol
from townhall_sync.journal import Journal
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.receipt import CentreKeys

_log = logging.getLogger(__name__)

_NONCE_BYTES = 16


def _nonce() -> str:
    return secrets.token_urlsafe(_NONCE_BYTES)


async def run_kiosk(home: KioskHome, visit_command: Sequence[str] | None = None) -> None:
    """Run the kiosk of ``home`` until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: the home is not whole.
        OutOfServiceError: the journal cannot be used.
    """
    settings = home.settings()
    kiosk = _kiosk_name(home)
    key = FileDeviceKey.load(home.device_key, home.passphrase(settings))
    clock = KioskClock()
    provisions = home.provisions(kiosk, settings)
    journal = await AsyncJournal.open(partial(Journal.open, home.journal, kiosk=kiosk, key=key, clock=clock))
    line = HttpLine(settings.centre, _tls(settings))
    central = HttpCentralService(line, key=key, key_id=kiosk, wall=clock.wall, nonce=_nonce)
    timing = Timing(
        clock, asyncio.sleep, random.uniform, _nonce, base_s=settings.retry_base_s, cap_s=settings.retry_cap_s
    )
    keeper = Keeper(
        journal=journal,
        courier=Courier(journal, central, CentreKeys.from_root(home.root_json()), timing),
        line=LineWatch(central, _nonce, settings.line_check_s),
        key=key,
        clock=clock,
        printer=_printer(settings),
        provisions=provisions,
        visit_command=visit_command or visit_command_of(settings),
    )
    try:
        await _until_told(keeper)
    finally:
        await line.close()
        await journal.close()


def visit_command_of(settings: Settings, module: str = "townhall_kiosk.visit", *arguments: str) -> tuple[str, ...]:
    """Return the command line of a visit process on this kiosk's panel."""
    size = ("--size", settings.window) if settings.window else ()
    ppi = ("--ppi", str(settings.ppi)) if settings.ppi else ()
    return python_module(module, *arguments, *size, *ppi)


async def _until_told(keeper: Keeper) -> None:
    running = asyncio.create_task(keeper.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        _log.info("told to stop")
    except ExceptionGroup as group:  # of the keeper's task group; the first to fail says why
        raise group.exceptions[0] from None


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
