# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line of an agency's inbox: `townhall-central inbox`."""

import argparse
import time
from functools import partial
from pathlib import Path

import msgspec

from townhall_central.console import complain, say
from townhall_central.database import Database
from townhall_central.errors import CentreUnreachableError, DirectoryError
from townhall_central.inbox import store
from townhall_central.inbox.assurance_store import read_archived, read_assurance, retry
from townhall_central.inbox.case import Assurance
from townhall_central.inbox.home import InboxHome, InboxSettings, TrustServices, create_home, database_place, open_home
from townhall_central.keys import write_private
from townhall_central.settings import system_clock
from townhall_crypto.recipients import RecipientPublicKey
from townhall_sync import wire

DEFAULT_DIRECTORY = Path("/var/lib/townhall-inbox")
INTERVAL_S = 5.0


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the inbox's commands."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    directory = argparse.ArgumentParser(add_help=False)
    directory.add_argument("--inbox", type=Path, default=DEFAULT_DIRECTORY, help=f"default: {DEFAULT_DIRECTORY}")

    made = commands.add_parser("init", parents=[directory], help="make an inbox with fresh keys")
    made.add_argument("--name", required=True, help="of the agency")
    made.add_argument("--centre", required=True, metavar="URL")
    made.add_argument("--root", required=True, type=Path, help="the centre's root.json")
    made.add_argument("--services", required=True, type=Path, help="the agency's own copy of the services")
    made.add_argument("--texts", type=Path, metavar="FOLDER", help="the town's published translations, if it has any")
    made.add_argument("--anchors", required=True, type=Path, help="folder: anchors/, intermediates/, crls/")
    made.add_argument(
        "--database", default="", metavar="URL", help="postgresql://... ; default: a file in the directory"
    )
    made.add_argument("--registrars", type=Path, help="the registers that forms ask, <register>/{register.json,*.key}")
    made.set_defaults(command=_init)
    made.add_argument("--tsa", metavar="URL", default="", help="time-stamping authority (RFC 3161); with --ocsp")
    made.add_argument("--ocsp", metavar="URL", default="", help="the card issuer's responder (RFC 6960)")
    run = commands.add_parser("run", parents=[directory], help="fetch envelopes and make cases of them")
    run.add_argument("--once", action="store_true", help="end after one round")
    run.add_argument("--interval", type=float, default=INTERVAL_S, metavar="SECONDS")
    run.add_argument("--centre", metavar="URL", help="instead of the one in the settings")
    run.set_defaults(command=_run)
    lta = commands.add_parser("lta", parents=[directory], help="make documents prove themselves for good (PAdES B-LTA)")
    lta.add_argument("--retry", type=int, metavar="NUMBER", help="first take up again a case that was given up")
    lta.set_defaults(command=_lta)
    commands.add_parser("list", parents=[directory], help="number and state of each case").set_defaults(command=_list)
    commands.add_parser("migrate", parents=[directory], help="bring the database to this version").set_defaults(
        command=_migrate
    )
    show = commands.add_parser("show", parents=[directory], help="one case as JSON")
    show.add_argument("number", type=int)
    show.add_argument("--document", type=Path, metavar="FILE", help="also write the document as it came to FILE")
    show.add_argument("--archived", type=Path, metavar="FILE", help="also write it with all of its proof to FILE")
    show.set_defaults(command=_show)


def _init(options: argparse.Namespace) -> None:
    try:
        untrusted_root = options.root.read_bytes()
    except OSError as exc:
        raise DirectoryError("root.json cannot be read") from exc
    if bool(options.tsa) != bool(options.ocsp):
        raise DirectoryError("--tsa and --ocsp go together: a time stamp without the issuer's answer proves no card")
    settings = InboxSettings(
        name=options.name,
        centre=options.centre,
        services=str(options.services.resolve()),
        anchors=str(options.anchors.resolve()),
        texts=str(options.texts.resolve()) if options.texts else "",
        database=options.database,
        registrars=str(options.registrars.resolve()) if options.registrars else "",
        trust_services=TrustServices(options.tsa, options.ocsp) if options.tsa else None,
    )
    public = create_home(options.inbox, settings, untrusted_root)
    say(RecipientPublicKey.from_bytes(wire.decode_base64(public.recipient_key)).key_id)


def _run(options: argparse.Namespace) -> None:
    # Other commands need no HTTP, and nothing that checks documents: these take a second to load.
    from townhall_central.centre_line import CentreLine  # noqa: PLC0415
    from townhall_central.inbox.desk import open_desk  # noqa: PLC0415
    from townhall_central.inbox.examine import examine  # noqa: PLC0415
    from townhall_central.inbox.round import run_round  # noqa: PLC0415

    home = open_home(options.inbox)
    look = partial(examine, desk=open_desk(home))
    with CentreLine(options.centre or home.settings.centre, home.key_id, home.request_key) as line:
        while True:
            try:
                result = run_round(home.database, line, look)
                if result.cases or options.once:
                    say(f"{result.cases} new, {result.need_attention} need attention")
            except CentreUnreachableError as error:
                if options.once:
                    raise
                complain(f"{error.code}: {error}")
            if home.settings.trust_services is not None:
                _assure(home, home.settings.trust_services)
            if options.once:
                return
            time.sleep(options.interval)


def _assure(home: InboxHome, services: TrustServices) -> None:
    from townhall_central.inbox.assurance import run_assurance  # noqa: PLC0415 - as above
    from townhall_central.inbox.assurance_steps import Archive  # noqa: PLC0415
    from townhall_central.inbox.trust_folder import load_anchors, load_timestamp_anchors  # noqa: PLC0415
    from townhall_central.inbox.trust_line import HttpTrustLine  # noqa: PLC0415

    folder = Path(home.settings.anchors)  # read each time: lists are replaced while we run
    with HttpTrustLine(services) as line:
        archive = Archive(line, load_anchors(folder), load_timestamp_anchors(folder), system_clock)
        result = run_assurance(home.database, archive)
    if result.archived or result.waiting or result.flagged:
        say(f"{result.archived} archived, {result.waiting} wait, {result.flagged} need a person")


def _lta(options: argparse.Namespace) -> None:
    home = open_home(options.inbox)
    if home.settings.trust_services is None:
        raise DirectoryError("settings.json names no trust_services")
    if options.retry is not None:
        with home.database.write() as connection:
            retry(connection, options.retry, system_clock())
    _assure(home, home.settings.trust_services)


def _list(options: argparse.Namespace) -> None:
    with open_home(options.inbox).database.read() as connection:
        for number, state in store.list_cases(connection):
            say(f"{number}  {state}  {_worth(read_assurance(connection, number))}")


def _migrate(options: argparse.Namespace) -> None:
    before = Database.migrate(database_place(options.inbox), store.SCHEMA)
    say(f"schema {before} -> {store.SCHEMA.revision}")


def _show(options: argparse.Namespace) -> None:
    with open_home(options.inbox).database.read() as connection:
        shown = store.read_case(connection, options.number)
        shown = msgspec.structs.replace(shown, assurance=read_assurance(connection, options.number))
        files = {
            options.document: store.read_document(connection, options.number) if options.document else b"",
            options.archived: read_archived(connection, options.number) if options.archived else b"",
        }
    for path, content in files.items():
        if path is not None:
            path.unlink(missing_ok=True)
            write_private(path, content)
    say(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())


def _worth(assurance: Assurance | None) -> str:
    if assurance is None:
        return "no document"
    failure = f" ({assurance.last_failure})" if assurance.last_failure else ""
    return f"{assurance.verdict.value} {assurance.level.value}{failure}"
