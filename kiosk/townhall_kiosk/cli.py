# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command ``townhall``: run a kiosk, enrol it, import forms, check receipts, show the demo."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.errors import CryptoError
from townhall_forms.errors import FormError
from townhall_kiosk.errors import ConfigurationError, KioskError
from townhall_kiosk.home import KioskHome
from townhall_kiosk.receipt import verify_receipt
from townhall_sync.errors import SyncError

_EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="townhall %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        status: int = options.run(options)
    except (KioskError, CryptoError, SyncError, FormError) as exc:
        _say(f"{exc.code}: {exc}")
        return _EXIT_FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="townhall", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    kiosk = commands.add_parser("kiosk", help="run the kiosk on this machine's readers")
    kiosk.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    kiosk.set_defaults(run=_kiosk)

    enrol = commands.add_parser("enrol", help="enrol this kiosk with a one-time code from the centre")
    enrol.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    enrol.add_argument("kiosk", help="the kiosk's name")
    enrol.add_argument("code", help="the one-time code")
    enrol.set_defaults(run=_enrol)

    receipt = commands.add_parser("receipt", help="receipts that people bring").add_subparsers(required=True)
    verify = receipt.add_parser("verify", help="check the text of a receipt's QR code")
    verify.add_argument("--certificate", type=Path, required=True, help="the kiosk's certificate, DER or PEM")
    verify.add_argument("receipt", help="the text, or - for standard input")
    verify.set_defaults(run=_verify_receipt)

    form = commands.add_parser("form", help="forms").add_subparsers(required=True)
    importing = form.add_parser("import", help="make the XForm of an XLSForm (.md, .csv, .xls, .xlsx)")
    importing.add_argument("source", type=Path)
    importing.set_defaults(run=_import_form)

    demo = commands.add_parser("demo", help="the main job, end to end, on virtual cards")
    demo.add_argument("--language", default="en", choices=("en", "ar"))
    demo.add_argument("--keyboard", action="store_true", help="by keyboard alone instead of by touch")
    demo.set_defaults(run=_demo)
    return parser


def _kiosk(options: argparse.Namespace) -> int:
    from townhall_kiosk.keeper.app import run_kiosk  # noqa: PLC0415  # other commands need no HTTP, SQLite or cards
    from townhall_smartcard.simulation.pcscd import virtual_reader_driver_present  # noqa: PLC0415

    if virtual_reader_driver_present():
        _say("Warning: the virtual reader driver (vsmartcard-vpcd) is installed. It listens on every network address,")
        _say("and anybody who reaches it can present a card. Remove it from a kiosk: apt-get purge vsmartcard-vpcd")
    asyncio.run(run_kiosk(KioskHome(options.home)))
    return 0


def _enrol(options: argparse.Namespace) -> int:
    from townhall_kiosk.keeper.app import enrol_kiosk  # noqa: PLC0415  # see _kiosk

    asyncio.run(enrol_kiosk(KioskHome(options.home), options.kiosk, options.code))
    _say(f"enrolled as {options.kiosk}")
    return 0


def _verify_receipt(options: argparse.Namespace) -> int:
    text = sys.stdin.read() if options.receipt == "-" else options.receipt
    facts = verify_receipt(text, _public_key(options.certificate))
    sys.stdout.write(
        f"This receipt is genuine.\nNumber:   {facts.number}\nService:  {facts.service}\nPlace:    {facts.place}\n"
        f"Date:     {facts.date}\nKiosk:    {facts.kiosk}\nEnvelope: {facts.envelope}\n"
    )
    return 0


def _public_key(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        load = x509.load_pem_x509_certificate if data.startswith(b"-----") else x509.load_der_x509_certificate
        return load(data).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{path.name} is no certificate") from exc


def _import_form(options: argparse.Namespace) -> int:
    from townhall_forms.authoring import import_xlsform  # noqa: PLC0415  # an extra of its own

    sys.stdout.buffer.write(import_xlsform(options.source))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from townhall_kiosk.demo.demo import run_demo  # noqa: PLC0415  # an extra of its own

    return run_demo(language=options.language, by_keyboard=options.keyboard)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
