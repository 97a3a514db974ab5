# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line of the centre: `townhall-central`."""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from townhall_central import administration, backup, cli_inbox, cli_vote, device_ca, enrolment, keys
from townhall_central.console import ask_passphrase, complain, say
from townhall_central.database import Database
from townhall_central.errors import CentralError
from townhall_central.settings import Settings, system_clock
from townhall_central.stick import StickDesk
from townhall_central.tables import SCHEMA
from townhall_sync import wire
from townhall_sync.errors import StickError
from townhall_sync.stick_files import Stick

DEFAULT_DIRECTORY = Path("/var/lib/townhall-central")
DEFAULT_PORT = 8470

R = TypeVar("R")
Command = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or 1 after telling on stderr what was refused and under which code."""
    options = build_parser().parse_args(arguments)
    command: Command = options.command
    try:
        command(options)
    except CentralError as error:
        complain(f"{error.code}: {str(error) or error.title}")
        return 1
    except StickError as error:
        complain(f"{error.code}: {error}")
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="townhall-central", description="The centre of a fleet of Townhall kiosks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    directory = argparse.ArgumentParser(add_help=False)
    directory.add_argument("--data", type=Path, default=DEFAULT_DIRECTORY, help=f"default: {DEFAULT_DIRECTORY}")
    administrator = argparse.ArgumentParser(add_help=False, parents=[directory])
    administrator.add_argument("--by", required=True, metavar="NAME", help="the administrator who gives this command")
    passphrase = argparse.ArgumentParser(add_help=False)
    passphrase.add_argument("--passphrase-file", type=Path, help="of the device CA's key; asked for where absent")

    made = commands.add_parser("init", parents=[directory, passphrase], help="make a new centre")
    made.add_argument("--origin", required=True, help="the name of its log, for example centre.example.org/log")
    made.add_argument(
        "--database", default="", metavar="URL", help="postgresql://... ; default: a file in the directory"
    )
    made.set_defaults(command=_init)
    served = commands.add_parser("serve", parents=[directory], help="take envelopes from kiosks")
    served.add_argument("--host", default="127.0.0.1")
    served.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    served.set_defaults(command=_serve)
    adopted = commands.add_parser("catalogue", parents=[directory], help="let kiosks know the exported catalogue")
    adopted.set_defaults(command=_catalogue)
    coded = commands.add_parser("code", parents=[administrator], help="make a one-time code for a kiosk")
    coded.add_argument("kiosk", help="its name")
    coded.set_defaults(command=_code)
    approved = commands.add_parser("approve", parents=[administrator, passphrase], help="let a kiosk in")
    approved.add_argument("id", help="of its request")
    approved.set_defaults(command=_approve)
    refused = commands.add_parser("refuse", parents=[administrator], help="refuse a kiosk's request")
    refused.add_argument("id", help="of its request")
    refused.set_defaults(command=_refuse)
    commands.add_parser("status", parents=[directory], help="what waits and what is wrong, as JSON").set_defaults(
        command=_status
    )
    commands.add_parser("migrate", parents=[directory], help="bring the database to this version").set_defaults(
        command=_migrate
    )
    kept = commands.add_parser("backup", parents=[directory], help="copy the whole centre; it may go on serving")
    kept.add_argument("backup", type=Path, metavar="DIR", help="new or empty")
    kept.set_defaults(command=_backup)
    restored = commands.add_parser("restore", parents=[directory, passphrase], help="make a centre out of a backup")
    restored.add_argument("backup", type=Path, metavar="DIR")
    restored.add_argument("--database", default="", metavar="URL", help="postgresql://... ; default: a file")
    restored.set_defaults(command=_restore)
    stuck = commands.add_parser(
        "stick", parents=[directory], help="take what kiosks sent by USB stick, and answer there"
    )
    stuck.add_argument("stick", type=Path, metavar="DIR", help="where the stick is mounted")
    stuck.set_defaults(command=_stick)
    _add_agency(commands.add_parser("agency", help="agencies that envelopes are for"), administrator, directory)
    cli_inbox.add_commands(commands.add_parser("inbox", help="an agency's own inbox, with its keys"))
    cli_vote.add_board_commands(commands.add_parser("board", help="an election's eligibility board: who, never what"))
    cli_vote.add_box_commands(commands.add_parser("box", help="an election's ballot box: what, never who"))
    return parser


def _add_agency(
    parser: argparse.ArgumentParser, administrator: argparse.ArgumentParser, directory: argparse.ArgumentParser
) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    added = commands.add_parser("add", parents=[administrator], help="let an agency in by its agency.json")
    added.add_argument("file", type=Path)
    added.set_defaults(command=_agency_add)
    commands.add_parser("list", parents=[directory], help="key id and name of each").set_defaults(command=_agency_list)


def _init(options: argparse.Namespace) -> None:
    with ask_passphrase(options.passphrase_file, "the device CA", is_new=True) as passphrase:
        keys.create_directory(
            options.data,
            origin=options.origin,
            passphrase=passphrase,
            now=system_clock,
            database_url=options.database,
        )
    root_sha256 = hashlib.sha256((options.data / keys.ROOT_FILE).read_bytes()).hexdigest()
    say(f"made {options.data}; SHA-256 of {keys.ROOT_FILE}: {root_sha256}")


def _catalogue(options: argparse.Namespace) -> None:
    root_sha256 = hashlib.sha256(keys.adopt_catalogue(options.data)).hexdigest()
    say(f"SHA-256 of {keys.ROOT_FILE}: {root_sha256}; start the server anew")


def _serve(options: argparse.Namespace) -> None:
    from townhall_central.serve import serve  # noqa: PLC0415  # the web server takes a second to load

    serve(Settings(options.data), host=options.host, port=options.port)


def _code(options: argparse.Namespace) -> None:
    _, root_bytes = keys.load_root(options.data)
    root_sha256 = hashlib.sha256(root_bytes).digest()

    def work(database: Database) -> str:
        with database.write() as connection:
            made = enrolment.create_code(
                connection, options.kiosk, by=options.by, root_sha256=root_sha256, now=system_clock()
            )
        return made.format()

    say(_with_database(options.data, work))


def _approve(options: argparse.Namespace) -> None:
    root, _ = keys.load_root(options.data)
    with ask_passphrase(options.passphrase_file, "the device CA", is_new=False) as passphrase:
        certify = device_ca.certifier(
            keys.read_private(options.data / keys.DEVICE_CA_FILE),
            passphrase,
            wire.decode_base64(root.device_ca),
            system_clock(),
        )

    def work(database: Database) -> str:
        with database.write() as connection:
            return enrolment.approve(connection, options.id, by=options.by, certify=certify, now=system_clock())

    say(f"approved: {_with_database(options.data, work)}")


def _refuse(options: argparse.Namespace) -> None:
    def work(database: Database) -> str:
        with database.write() as connection:
            return enrolment.refuse(connection, options.id, by=options.by, now=system_clock())

    say(f"refused: {_with_database(options.data, work)}")


def _status(options: argparse.Namespace) -> None:
    say(_with_database(options.data, administration.status))


def _migrate(options: argparse.Namespace) -> None:
    before = Database.migrate(keys.database_place(options.data), SCHEMA)
    say(f"schema {before} -> {SCHEMA.revision}")


def _backup(options: argparse.Namespace) -> None:
    copied = backup.back_up(options.data, options.backup)
    say(f"backup of a log of {copied.size}, root {copied.root}")


def _restore(options: argparse.Namespace) -> None:
    with ask_passphrase(options.passphrase_file, "the device CA", is_new=False) as passphrase:
        stated = backup.restore(
            options.backup, options.data, passphrase, now=system_clock(), database_url=options.database
        )
    say(f"restored to a log of {stated.size}, root {stated.root}; kiosks will be told and send again what they have")


def _stick(options: argparse.Namespace) -> None:
    centre_keys = keys.load_keys(options.data)

    def work(database: Database) -> str:
        with Stick(options.stick) as stick:
            return StickDesk(database, centre_keys, system_clock, stick).work().to_json()

    say(_with_database(options.data, work))


def _agency_add(options: argparse.Namespace) -> None:
    def work(database: Database) -> str:
        return administration.add_agency(database, options.file, by=options.by, now=system_clock())

    say(_with_database(options.data, work))


def _agency_list(options: argparse.Namespace) -> None:
    for line in _with_database(options.data, administration.agency_lines):
        say(line)


def _with_database(directory: Path, work: Callable[[Database], R]) -> R:
    database = keys.open_database(directory)
    try:
        return work(database)
    finally:
        database.close()
