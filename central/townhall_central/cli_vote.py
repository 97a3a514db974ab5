# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command lines of an election's two boards: `townhall-central board` and `townhall-central box`."""

import argparse
import hashlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from townhall_central.console import ask_passphrase, complain, say
from townhall_central.database import Database
from townhall_central.errors import CentreUnreachableError, SetupError, VoteStateError
from townhall_central.keys import read_private, write_private
from townhall_central.settings import system_clock
from townhall_central.vote import acts
from townhall_central.vote.home import (
    BoardHome,
    BoardRole,
    BoardSettings,
    create_home,
    database_place,
    new_log_key,
    open_home,
)
from townhall_voting.errors import VotingError
from townhall_voting.mode import Mode
from townhall_voting.record.mixing import add_shuffle, end_shuffles

INTERVAL_S = 60.0
_DIRECTORIES = {
    BoardRole.ELIGIBILITY: Path("/var/lib/townhall-board"),
    BoardRole.BALLOT_BOX: Path("/var/lib/townhall-box"),
}
_Act = Callable[[argparse.Namespace], object]
_Parser: TypeAlias = argparse.ArgumentParser
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


def add_board_commands(parser: argparse.ArgumentParser) -> None:
    """Add the eligibility board's commands."""
    commands, directory, passphrase = _common(parser, BoardRole.ELIGIBILITY)
    opened = _add(commands, "open-roll", [directory], "two officers open the roll with their cards", _open_roll)
    opened.add_argument("--reader", action="append", default=[], help="of the first officer's card, of the second's")
    opened.add_argument("--pin-file", action="append", default=[], type=Path, help="PIN 1 of each; else asked for")
    opened.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="for each card; 60")
    _add(commands, "list", [directory], "open statements that wait for a decision, with the evidence", _list)
    desk = _add(commands, "desk", [directory], "status, evidence and decisions as a web page, here alone", _desk)
    desk.add_argument("--port", type=int, default=0, help="default: a free one")
    decided = _add(commands, "decide", [directory], "decide about an open statement, two officers together", _decide)
    decided.add_argument("statement", help="its SHA-256")
    decided.add_argument("verdict", choices=["count", "void"])
    decided.add_argument("--first", required=True, metavar="NAME", help="officer")
    decided.add_argument("--second", required=True, metavar="NAME", help="another officer")
    decided.add_argument("--why", required=True, metavar="TEXT", help="on what evidence")
    paper = _add(commands, "paper", [directory], "note people who voted on paper", _paper)
    paper.add_argument("file", type=Path, help="one person a line: country, blank, personal code")
    settled = _add(commands, "settle", [directory, passphrase], "resolve duplicates, sign the lists", _settle)
    settled.add_argument("--out", type=Path, required=True, metavar="DIR")
    settled.add_argument(
        "--without", action="append", default=[], metavar="DEVICE", help="whose end or rest never comes"
    )
    destroyed = _add(commands, "destroy", [directory, passphrase], "after the appeals: destroy who voted", _destroy)
    destroyed.add_argument("--first", required=True, metavar="NAME", help="witness")
    destroyed.add_argument("--second", required=True, metavar="NAME", help="another witness")
    destroyed.add_argument("--out", type=Path, required=True, metavar="FILE", help="the signed protocol")


def add_box_commands(parser: argparse.ArgumentParser) -> None:
    """Add the ballot box's commands."""
    commands, directory, passphrase = _common(parser, BoardRole.BALLOT_BOX)
    commands.choices["init"].add_argument("--log-key", type=Path, metavar="FILE", help="log.pem of the package's key")
    made = _add(commands, "log-key", [], "make the key of the box's log, which the package then names", _log_key)
    made.add_argument("--election", required=True, metavar="ID")
    made.add_argument("--mode", required=True, choices=[each.value for each in Mode])
    made.add_argument("--out", type=Path, required=True, metavar="DIR")
    published = _add(commands, "publish", [directory], "write the public log as it stands", _publish)
    published.add_argument("--out", type=Path, required=True, metavar="DIR")
    published.add_argument("--to-kiosks", action="store_true", help="also give it to the centre, for their receipts")
    published.add_argument("--centre", metavar="URL", help="instead of the one in the settings")
    closed = _add(commands, "close", [directory, passphrase], "write the records up to the encrypted tally", _close)
    closed.add_argument("--accepted", type=Path, required=True, help="the eligibility board's list")
    closed.add_argument("--board-key", type=Path, required=True, help="the eligibility board's board.pub")
    closed.add_argument("--out", type=Path, required=True, metavar="DIR")
    closed.add_argument(
        "--without", action="append", default=[], metavar="DEVICE", help="whose end or rest never comes"
    )
    shuffled = _add(commands, "shuffle", [], "add trustees' shuffles to a record with ranked questions", _shuffle)
    shuffled.add_argument("record", type=Path, help="UUID.bel")
    shuffled.add_argument(
        "--shuffle", nargs=2, action="append", required=True, metavar=("NUMBER", "FILE"), help="a trustee's, in order"
    )
    counted = _add(commands, "count", [], "add the trustees' shares and the result to a record", _count)
    counted.add_argument("record", type=Path, help="UUID.bel")
    counted.add_argument(
        "--share", nargs=3, action="append", required=True, metavar=("NUMBER", "SHARE", "SIDE_CAR"), help="a trustee's"
    )


def _common(parser: argparse.ArgumentParser, role: BoardRole) -> tuple[_Commands, _Parser, _Parser]:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    directory = argparse.ArgumentParser(add_help=False)
    directory.add_argument("--home", type=Path, default=_DIRECTORIES[role], help=f"default: {_DIRECTORIES[role]}")
    directory.set_defaults(role=role)
    passphrase = argparse.ArgumentParser(add_help=False)
    passphrase.add_argument("--passphrase-file", type=Path, help="of the board's key; asked for where absent")
    made = _add(commands, "init", [directory, passphrase], "make the board, with fresh keys", _init)
    made.add_argument("--name", required=True)
    made.add_argument("--centre", required=True, metavar="URL")
    made.add_argument("--root", required=True, type=Path, help="the centre's root.json")
    made.add_argument("--package", required=True, type=Path, help="folder of the signed election package")
    made.add_argument("--anchors", required=True, type=Path, help="folder: anchors/, intermediates/, crls/")
    made.add_argument("--officers", required=True, type=Path, help="folder: officers' authentication certificates")
    made.add_argument("--database", default="", metavar="URL", help="postgresql://... ; default: a file")
    run = _add(commands, "run", [directory], "fetch what kiosks sent and judge it", _run)
    run.add_argument("--once", action="store_true", help="end after one round")
    run.add_argument("--interval", type=float, default=INTERVAL_S, metavar="SECONDS")
    run.add_argument("--centre", metavar="URL", help="instead of the one in the settings")
    _add(commands, "status", [directory], "what came and what is wrong, as JSON", _status)
    _add(commands, "migrate", [directory], "bring the database to this version", _migrate)
    return commands, directory, passphrase


def _add(commands: _Commands, name: str, parents: list[_Parser], told: str, act: _Act) -> _Parser:
    made = commands.add_parser(name, parents=parents, help=told)
    made.set_defaults(command=partial(_run_act, act))
    return made


def _run_act(act: _Act, options: argparse.Namespace) -> None:
    """Run an act; what the voting part refuses is told as this program tells its own refusals."""
    try:
        act(options)
    except VotingError as error:
        raise VoteStateError(f"{error.code}: {error}") from error
    except OSError as error:
        raise SetupError(f"{error.filename or 'a file'} cannot be read or written") from error


def _init(options: argparse.Namespace) -> None:
    role: BoardRole = options.role
    officers = {hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(options.officers.iterdir())}
    settings = BoardSettings(
        role=role,
        name=options.name,
        centre=options.centre,
        anchors=str(options.anchors.resolve()),
        officers=tuple(sorted(officers)),
        verified_at=system_clock(),
        database=options.database,
    )
    files = {path.name: path.read_bytes() for path in sorted(options.package.iterdir())}
    with ask_passphrase(options.passphrase_file, "the board's key", is_new=True) as passphrase:
        log_key = read_private(options.log_key) if role is BoardRole.BALLOT_BOX and options.log_key else None
        create_home(options.home, settings, files, options.root.read_bytes(), passphrase, log_key=log_key)
    home = open_home(options.home, role)
    say(f"{home.keys.key_id}  {home.package.mode.value}  {home.package.definition.id}")


def _run(options: argparse.Namespace) -> None:
    from townhall_central.centre_line import CentreLine  # noqa: PLC0415 - other commands need no HTTP

    home = open_home(options.home, options.role)
    with CentreLine(options.centre or home.settings.centre, home.keys.key_id, home.keys.request) as line:
        while True:
            try:
                acts.pick_up_now(home, line, system_clock())
            except CentreUnreachableError as error:
                if options.once:
                    raise
                complain(f"{error.code}: {error}")
            if options.once:
                say(_json(acts.status(home)))
                return
            time.sleep(options.interval)


def _status(options: argparse.Namespace) -> None:
    say(_json(acts.status(open_home(options.home, options.role))))


def _migrate(options: argparse.Namespace) -> None:
    role: BoardRole = options.role
    before = Database.migrate(database_place(options.home), role.schema)
    say(f"schema {before} -> {role.schema.revision}")


def _list(options: argparse.Namespace) -> None:
    for shown in acts.open_statements(_board(options)):
        say(_json(shown))


def _open_roll(options: argparse.Namespace) -> None:
    from townhall_central.officer_card import Reader  # noqa: PLC0415 - other commands need no card reader
    from townhall_central.vote.roll_opening import OFFICERS, open_roll  # noqa: PLC0415

    readers = [Reader(name, options.wait) for name in options.reader or [None] * OFFICERS]
    open_roll(_board(options), readers, options.pin_file or [None] * OFFICERS)


def _desk(options: argparse.Namespace) -> None:
    from townhall_central.vote.desk_app import serve_desk  # noqa: PLC0415 - other commands need no HTTP

    serve_desk(_board(options), options.port)


def _decide(options: argparse.Namespace) -> None:
    decision = acts.decision_of(options.verdict == "count", options.first, options.second, options.why)
    acts.decide(_board(options), options.statement, decision)


def _paper(options: argparse.Namespace) -> None:
    say(f"{acts.note_paper_voters(_board(options), options.file.read_text('utf-8'))} noted")


def _settle(options: argparse.Namespace) -> None:
    home = _board(options)
    with ask_passphrase(options.passphrase_file, "the board's key", is_new=False) as passphrase:
        key = home.signing_key(passphrase)
    settlement = acts.settle_now(home, key, system_clock(), frozenset(options.without))
    _write(options.out, {"accepted.json": settlement.accepted, "eligibility-report.json": settlement.report})


def _destroy(options: argparse.Namespace) -> None:
    witnesses = acts.two_people(options.first, options.second, "witness it")
    if options.out.exists() or not options.out.parent.is_dir():  # said before anything is destroyed
        raise SetupError(f"{options.out.name} is there already, or its folder is not")
    home = _board(options)
    with ask_passphrase(options.passphrase_file, "the board's key", is_new=False) as passphrase:
        key = home.signing_key(passphrase)
    protocol = acts.destroy(home, key, witnesses, system_clock())
    say(protocol.decode())  # there is no second one, should the file fail now
    write_private(options.out, protocol)


def _log_key(options: argparse.Namespace) -> None:
    new_log_key(options.out, options.election, Mode(options.mode))
    say((options.out / "log.vkey").read_text("ascii").strip())


def _publish(options: argparse.Namespace) -> None:
    from townhall_central.centre_line import CentreLine  # noqa: PLC0415 - other commands need no HTTP

    home = _box(options)
    log = acts.public_log(home)
    _write(options.out, log.files)
    if options.to_kiosks:
        with CentreLine(options.centre or home.settings.centre, home.keys.key_id, home.keys.request) as line:
            line.put_ballot_log(log.part)


def _close(options: argparse.Namespace) -> None:
    home = _box(options)
    with ask_passphrase(options.passphrase_file, "the board's key", is_new=False) as passphrase:
        key = home.signing_key(passphrase)
    options.out.mkdir(parents=True, exist_ok=True)
    given = acts.GivenList(options.accepted.read_bytes(), options.board_key.read_bytes())
    for closed in acts.close_now(home, given, acts.Desk(options.out, key, system_clock()), frozenset(options.without)):
        say(_json(closed))
    _write(options.out, acts.public_log(home).files)


def _shuffle(options: argparse.Namespace) -> None:
    for number, path in options.shuffle:
        add_shuffle(options.record, int(number), Path(path).read_bytes())
    end_shuffles(options.record)


def _count(options: argparse.Namespace) -> None:
    shares = [
        acts.OfferedShare(int(number), Path(share).read_bytes(), Path(side_car).read_bytes())
        for number, share, side_car in options.share
    ]
    counted = acts.count(options.record, shares)
    for refused in counted.refused:
        complain(f"{refused.code}: the share of trustee {refused.owner}: {refused}")
    say(counted.result.data.decode())


def _board(options: argparse.Namespace) -> BoardHome:
    return open_home(options.home, BoardRole.ELIGIBILITY)


def _box(options: argparse.Namespace) -> BoardHome:
    return open_home(options.home, BoardRole.BALLOT_BOX)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files that others may read, each in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        new = folder / f".{name}.new"
        new.write_bytes(content)
        new.replace(folder / name)


def _json(shown: object) -> str:
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()
