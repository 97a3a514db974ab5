# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command ``townhall``: run and enrol a kiosk, import forms, check receipts, verify and report elections, demo."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.errors import CryptoError
from townhall_forms.errors import FormError
from townhall_kiosk.documents.commands import add_commands as add_document_commands
from townhall_kiosk.errors import ConfigurationError, KioskError
from townhall_kiosk.forms_command import add_command as add_forms
from townhall_kiosk.home import KioskHome
from townhall_kiosk.receipt import verify_receipt
from townhall_kiosk.results.command import add_command as add_results
from townhall_kiosk.results.command import add_events_command
from townhall_kiosk.staff.commands import add_commands
from townhall_kiosk.trustee.commands import add_commands as add_trustee_commands
from townhall_kiosk.verify.command import add_command as add_verify
from townhall_sync.catalogue_outcomes import Refreshed, Refused, Unchanged
from townhall_sync.central_service import Unreachable
from townhall_sync.errors import SyncError
from townhall_voting.errors import VotingError

_EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="townhall %(levelname)s %(name)s: %(message)s")
    for library in ("httpx2", "tuf"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        status: int = options.run(options)
    except (KioskError, CryptoError, SyncError, FormError, VotingError) as exc:
        _say(f"{exc.code}: {exc}")
        return _EXIT_FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="townhall", description=__doc__)
    parser.add_argument("--version", action="version", version=f"townhall {version('townhall')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    kiosk = commands.add_parser("kiosk", help="run the kiosk on this machine's readers")
    kiosk.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    kiosk.add_argument(
        "--processes",
        type=Path,
        help="folder of the service manager's sockets that start visits and card processes as users of their own;"
        " default: they are the keeper's children",
    )
    kiosk.set_defaults(run=_kiosk)

    enrol = commands.add_parser("enrol", help="enrol this kiosk with a one-time code from the centre")
    enrol.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    enrol.add_argument("kiosk", help="the kiosk's name")
    enrol.add_argument("code", help="the one-time code")
    enrol.set_defaults(run=_enrol)

    catalogue = commands.add_parser("catalogue", help="the signed catalogue").add_subparsers(required=True)
    refresh = catalogue.add_parser("refresh", help="take a newer one, of the centre or of a stick")
    refresh.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    refresh.add_argument("--from", type=Path, dest="stick", metavar="DIRECTORY", help="a stick; default: the centre")
    refresh.set_defaults(run=_refresh_catalogue)
    listing = catalogue.add_parser("status", help="what this kiosk offers, and what is hidden and why")
    listing.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    listing.add_argument("--titles", action="store_true", help="with the services' titles")
    listing.set_defaults(run=_catalogue_status)

    receipt = commands.add_parser("receipt", help="receipts that people bring").add_subparsers(required=True)
    verify = receipt.add_parser("verify", help="check the text of a receipt's QR code")
    verify.add_argument("--certificate", type=Path, required=True, help="the kiosk's certificate, DER or PEM")
    verify.add_argument("--published", type=Path, metavar="FOLDER", help="of a voting receipt: the ballot box's log")
    verify.add_argument("--log-key", metavar="KEY", help="its verifier key, from the election package: name+id+base64")
    verify.add_argument("receipt", help="the text, or - for standard input")
    verify.set_defaults(run=_verify_receipt)

    report = commands.add_parser("report", help="readiness reports").add_subparsers(required=True)
    verify = report.add_parser("verify", help="check a report's PDF, and print what it says for programs")
    verify.add_argument("--certificate", type=Path, required=True, help="the kiosk's certificate, DER or PEM")
    verify.add_argument("report", type=Path, help="the PDF")
    verify.set_defaults(run=_verify_report)

    add_commands(commands)
    add_trustee_commands(commands)
    add_document_commands(commands)

    add_verify(commands)
    add_results(commands)
    add_events_command(commands)

    form = commands.add_parser("form", help="forms").add_subparsers(required=True)
    importing = form.add_parser("import", help="make the XForm of an XLSForm (.md, .csv, .xls, .xlsx)")
    importing.add_argument("source", type=Path)
    importing.set_defaults(run=_import_form)

    add_forms(commands)

    _add_demo(commands)
    return parser


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser("demo", help="the main job, end to end, on virtual cards")
    stories = ("day", "vote", "cards")
    demo.add_argument("story", nargs="?", default="day", choices=stories, help="a day of services, a vote, every card")
    demo.add_argument("--language", default="en", choices=("en", "et", "fr", "ar"))
    demo.add_argument("--keyboard", action="store_true", help="by keyboard alone instead of by touch")
    demo.add_argument("--json", action="store_true", help="cards: one JSON array on standard output")
    demo.set_defaults(run=_demo)


def _kiosk(options: argparse.Namespace) -> int:
    from townhall_kiosk.keeper.app import run_kiosk, start_anew  # noqa: PLC0415  # others need no HTTP, SQLite or cards
    from townhall_kiosk.keeper.processes import other_users, own_children  # noqa: PLC0415
    from townhall_process.sandbox import hide  # noqa: PLC0415
    from townhall_smartcard.simulation.pcscd import virtual_reader_driver_present  # noqa: PLC0415

    if virtual_reader_driver_present():
        _say("Warning: the virtual reader driver (vsmartcard-vpcd) is installed. It listens on every network address,")
        _say("and anybody who reaches it can present a card. Remove it from a kiosk: apt-get purge vsmartcard-vpcd")
    hide()
    processes = own_children if options.processes is None else partial(other_users, sockets=options.processes)
    if asyncio.run(run_kiosk(KioskHome(options.home), processes)):
        start_anew()
    return 0


def _enrol(options: argparse.Namespace) -> int:
    from townhall_kiosk.keeper.app import enrol_kiosk  # noqa: PLC0415  # see _kiosk

    asyncio.run(enrol_kiosk(KioskHome(options.home), options.kiosk, options.code))
    _say(f"enrolled as {options.kiosk}")
    _refresh_catalogue(argparse.Namespace(home=options.home, stick=None))  # if it fails now, the keeper tries again
    return 0


def _refresh_catalogue(options: argparse.Namespace) -> int:
    from townhall_kiosk.keeper.app import refresh_from_line, refresh_from_stick  # noqa: PLC0415  # see _kiosk

    home = KioskHome(options.home)
    outcome = asyncio.run(refresh_from_line(home)) if options.stick is None else refresh_from_stick(home, options.stick)
    match outcome:
        case Refreshed(version=version):
            _say(f"catalogue {version} taken")
        case Unchanged():
            _say("the catalogue is the one that is here already")
        case Refused(code=code, detail=detail):
            _say(f"{code}: {detail}")
            return _EXIT_FAILED
        case Unreachable(reason=reason):
            _say(f"no catalogue was reached: {reason}")
            return _EXIT_FAILED
    return 0


def _catalogue_status(options: argparse.Namespace) -> int:
    from townhall_forms.service import read_service  # noqa: PLC0415  # other commands read no forms
    from townhall_kiosk.keeper.app import look_at_catalogue  # noqa: PLC0415  # see _kiosk

    provided = look_at_catalogue(KioskHome(options.home))
    language = provided.provisions.languages[0]
    lines = [f"place    {provided.provisions.place}"]
    for files in provided.provisions.services:
        service = read_service(files.description, files.form)
        lines.append(f"offers   {service.id}" + (f": {service.titles[language]}" if options.titles else ""))
    lines += [f"hidden   {each.what}: {each.code}" for each in provided.hidden]
    lines += [f"closed   {provided.closed}"] if provided.closed else []
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _verify_receipt(options: argparse.Namespace) -> int:
    text = (sys.stdin.read() if options.receipt == "-" else options.receipt).strip()
    if text.startswith("TOWNHALL-VOTE-"):
        from townhall_kiosk.verify.voting_receipt import Log, tell  # noqa: PLC0415  # other receipts need no voting

        if (options.published is None) != (options.log_key is None):
            raise ConfigurationError("--published and --log-key belong together")
        log = None if options.published is None else Log(options.published, options.log_key)
        sys.stdout.write(tell(text, options.certificate, log))
        return 0
    facts = verify_receipt(text, _public_key(options.certificate))
    sys.stdout.write(
        f"This receipt is genuine.\nNumber:   {facts.number}\nService:  {facts.service}\nPlace:    {facts.place}\n"
        f"Date:     {facts.date}\nKiosk:    {facts.kiosk}\nEnvelope: {facts.envelope}\n"
    )
    return 0


def _verify_report(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.report import verify_report  # noqa: PLC0415  # other commands read no PDF

    try:
        pdf = options.report.read_bytes()
    except OSError as exc:
        raise ConfigurationError(f"{options.report.name}: {exc.strerror}") from exc
    facts = verify_report(pdf, _public_key(options.certificate))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n")
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
    from townhall_kiosk.demo.cards import run_card_demo  # noqa: PLC0415  # an extra of its own
    from townhall_kiosk.demo.demo import run_demo  # noqa: PLC0415  # an extra of its own
    from townhall_kiosk.demo.vote import run_vote_demo  # noqa: PLC0415  # an extra of its own

    if options.story == "cards":
        return run_card_demo(as_json=options.json)
    if options.story == "vote":
        return run_vote_demo(options.language)
    return run_demo(language=options.language, by_keyboard=options.keyboard)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
