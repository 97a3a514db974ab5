# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands of ``townhall`` that ask a running keeper: status, stick, out-of-service, in-service."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from townhall_kiosk.staff.acts import ClosingReason
from townhall_kiosk.staff.errors import MediumError

if TYPE_CHECKING:
    from townhall_kiosk.staff.control import ControlRequest

_EXIT_NOT_DONE = 1


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser of ``townhall``."""
    status = _command(commands, "status", "how the running kiosk stands")
    status.add_argument("--json", action="store_true", help="one JSON object on standard output")
    status.set_defaults(run=_status)

    stick = commands.add_parser("stick", help="carry by stick what no line carries").add_subparsers(required=True)
    for name, run, words in (
        ("export", _export, "write what waits for the centre to a directory"),
        ("import", _import, "take the centre's receipts from a directory"),
    ):
        parser = _command(stick, name, words)
        parser.add_argument("directory", type=Path)
        parser.set_defaults(run=run)

    close = _command(commands, "out-of-service", "serve nobody from the next person on")
    close.add_argument("--reason", choices=[each.value for each in ClosingReason], default="maintenance")
    close.set_defaults(run=_close)
    _command(commands, "in-service", "serve people again").set_defaults(run=_open)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, words: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words)
    parser.add_argument("--home", type=Path, required=True, help="the kiosk's directory")
    return parser


def _status(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.control import AskStatus  # noqa: PLC0415  # other commands need no journal
    from townhall_kiosk.staff.shell import ask_now, in_json, in_words  # noqa: PLC0415  # as above
    from townhall_kiosk.staff.status import KioskStatus  # noqa: PLC0415  # as above

    status = ask_now(options.home, AskStatus())
    if not isinstance(status, KioskStatus):
        return _told(status.code, 0)
    sys.stdout.write(in_json(status) if options.json else in_words(status))
    return 0


def _export(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.control import ExportTo  # noqa: PLC0415  # see _status

    return _ask(options.home, ExportTo(_directory(options.directory)))


def _import(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.control import ImportFrom  # noqa: PLC0415  # see _status

    return _ask(options.home, ImportFrom(_directory(options.directory)))


def _close(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.control import Close  # noqa: PLC0415  # see _status

    return _ask(options.home, Close(ClosingReason(options.reason)))


def _open(options: argparse.Namespace) -> int:
    from townhall_kiosk.staff.control import Open  # noqa: PLC0415  # see _status

    return _ask(options.home, Open())


def _directory(path: Path) -> str:
    if not path.is_dir():
        raise MediumError(f"{path} is no directory")
    return str(path.resolve())


def _ask(home: Path, request: "ControlRequest") -> int:
    from townhall_kiosk.staff.shell import ask_now  # noqa: PLC0415  # see _status
    from townhall_kiosk.staff.status import KioskStatus  # noqa: PLC0415  # see _status

    done = ask_now(home, request)
    return _told("", 0) if isinstance(done, KioskStatus) else _told(done.code, done.count)


def _told(code: str, count: int) -> int:
    if code:
        sys.stderr.write(f"{code}: not done\n")
        return _EXIT_NOT_DONE
    sys.stderr.write(f"done{f': {count}' if count else ''}\n")
    return 0
