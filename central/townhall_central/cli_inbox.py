# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line of an agency's inbox: `townhall-central inbox`."""

import argparse
import time
from functools import partial
from pathlib import Path

import msgspec

from townhall_central.console import complain, say
from townhall_central.errors import CentreUnreachableError, DirectoryError
from townhall_central.inbox import store
from townhall_central.inbox.home import InboxSettings, create_home, open_home
from townhall_central.keys import write_private
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
    made.add_argument("--anchors", required=True, type=Path, help="folder: anchors/, intermediates/, crls/")
    made.set_defaults(command=_init)
    run = commands.add_parser("run", parents=[directory], help="fetch envelopes and make cases of them")
    run.add_argument("--once", action="store_true", help="end after one round")
    run.add_argument("--interval", type=float, default=INTERVAL_S, metavar="SECONDS")
    run.add_argument("--centre", metavar="URL", help="instead of the one in the settings")
    run.set_defaults(command=_run)
    commands.add_parser("list", parents=[directory], help="number and state of each case").set_defaults(command=_list)
    show = commands.add_parser("show", parents=[directory], help="one case as JSON")
    show.add_argument("number", type=int)
    show.add_argument("--document", type=Path, metavar="FILE", help="also write the signed document to FILE")
    show.set_defaults(command=_show)


def _init(options: argparse.Namespace) -> None:
    try:
        untrusted_root = options.root.read_bytes()
    except OSError as exc:
        raise DirectoryError("root.json cannot be read") from exc
    settings = InboxSettings(
        name=options.name,
        centre=options.centre,
        services=str(options.services.resolve()),
        anchors=str(options.anchors.resolve()),
    )
    public = create_home(options.inbox, settings, untrusted_root)
    say(RecipientPublicKey.from_bytes(wire.decode_base64(public.recipient_key)).key_id)


def _run(options: argparse.Namespace) -> None:
    # Other commands need no HTTP, and nothing that checks documents: these take a second to load.
    from townhall_central.inbox.desk import open_desk  # noqa: PLC0415
    from townhall_central.inbox.examine import examine  # noqa: PLC0415
    from townhall_central.inbox.line import CentreLine  # noqa: PLC0415
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
            if options.once:
                return
            time.sleep(options.interval)


def _list(options: argparse.Namespace) -> None:
    with open_home(options.inbox).database.read() as connection:
        for number, state in store.list_cases(connection):
            say(f"{number}  {state}")


def _show(options: argparse.Namespace) -> None:
    with open_home(options.inbox).database.read() as connection:
        shown = store.read_case(connection, options.number)
        document = store.read_document(connection, options.number) if options.document else None
    if document is not None:
        options.document.unlink(missing_ok=True)
        write_private(options.document, document)
    say(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
