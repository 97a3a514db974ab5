# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line of the signed catalogue: `townhall-admin` (docs/administrator.md walks through it)."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from townhall_central.console import ask_passphrase, complain, say
from townhall_central.errors import CentralError
from townhall_central.repository import authoring, publishing, signatures
from townhall_central.repository.cli_election import add_election_commands
from townhall_central.repository.cli_register import add_register_commands
from townhall_central.repository.content import add_recipient, read_content
from townhall_central.repository.release import release
from townhall_central.repository.roles import MIN_THRESHOLD
from townhall_central.repository.signing_keys import load_public, load_signer, make_key
from townhall_central.repository.state_lists import take_lists
from townhall_central.repository.working_copy import WorkingCopy
from townhall_central.settings import system_clock
from townhall_voting.errors import VotingError

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
    except VotingError as error:
        complain(f"{error.code}: {error}")
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="townhall-admin", description="The signed catalogue of a fleet of kiosks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    passphrase = argparse.ArgumentParser(add_help=False)
    passphrase.add_argument("--passphrase-file", type=Path, help="of the key; asked for where absent")
    repository = argparse.ArgumentParser(add_help=False)
    repository.add_argument("repository", type=Path, metavar="REPOSITORY", help="the administrators' directory")

    made = commands.add_parser("key", parents=[passphrase], help="make a key of your own, and its public half")
    made.add_argument("file", type=Path, help="NAME.pem; NAME.pub is written beside it")
    made.set_defaults(command=_key)
    begun = commands.add_parser("init", parents=[repository, passphrase], help="make a new repository")
    _add_keys(begun, "--root-key", "public file of a key that signs the root; three or more")
    _add_keys(begun, "--targets-key", "public file of a key that signs what is published; three or more")
    begun.add_argument("--threshold", type=int, default=MIN_THRESHOLD, help="how many of them must sign")
    begun.set_defaults(command=_init)
    for name, command, told in (
        ("publish", _publish, "stage what a directory holds, for all groups or for some"),
        ("stage", _stage, "let more groups have what the first ones got"),
    ):
        filled = commands.add_parser(name, parents=[repository], help=told)
        filled.add_argument("content", type=Path, metavar="DIRECTORY")
        filled.add_argument("--to", action="append", metavar="GROUP", help="once for each group")
        filled.set_defaults(command=command)
    known = commands.add_parser("recipient", help="put an agency's public key among what is to be published")
    known.add_argument("content", type=Path, metavar="DIRECTORY")
    known.add_argument("name", help="as services spell it: small letters, digits, hyphens")
    known.add_argument("file", type=Path, help="the agency's agency.json")
    known.set_defaults(command=_recipient)
    lists = commands.add_parser("state-lists", help="put states' lists (LDIF, ZIP, .ml, .crl) among what is published")
    lists.add_argument("content", type=Path, metavar="DIRECTORY")
    lists.add_argument("files", type=Path, nargs="+", metavar="FILE")
    lists.set_defaults(command=_state_lists)
    signed = commands.add_parser("sign", parents=[repository, passphrase], help="sign what waits, with your own key")
    signed.add_argument("--key", type=Path, action="append", required=True, help="NAME.pem; again for another")
    signed.set_defaults(command=_sign)
    timed = commands.add_parser("timestamp", parents=[repository, passphrase], help="publish what is signed; renew")
    timed.add_argument("--crls", type=Path, metavar="FOLDER", help="newer revocation lists, *.crl")
    timed.add_argument("--state-crls", type=Path, metavar="FOLDER", help="newer ones of states' signers, *.crl")
    timed.set_defaults(command=_timestamp)
    _add_rotate(commands.add_parser("rotate", parents=[repository, passphrase], help="stage new keys, or a new year"))
    commands.add_parser("status", parents=[repository], help="what is published, what waits").set_defaults(
        command=_status
    )
    exported = commands.add_parser("export", parents=[repository], help="copy what kiosks see to a stick or centre")
    exported.add_argument("directory", type=Path)
    exported.set_defaults(command=_export)
    add_election_commands(commands)
    add_register_commands(commands)
    return parser


def _add_keys(parser: argparse.ArgumentParser, flag: str, told: str) -> None:
    parser.add_argument(flag, type=Path, action="append", required=True, metavar="FILE", help=told)


def _add_rotate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=("root", "targets", "online", "year"))
    parser.add_argument(
        "--key", type=Path, action="append", default=[], metavar="FILE", help="public; for root, targets"
    )
    parser.add_argument("--threshold", type=int, default=MIN_THRESHOLD)
    parser.set_defaults(command=_rotate)


def _key(options: argparse.Namespace) -> None:
    with ask_passphrase(options.passphrase_file, options.file.name, is_new=True) as passphrase:
        say(f"made {options.file}; give away {make_key(options.file, passphrase)} and nothing else")


def _init(options: argparse.Namespace) -> None:
    copy = WorkingCopy(options.repository)
    root = authoring.key_set(options.root_key, options.threshold)
    targets = authoring.key_set(options.targets_key, options.threshold)
    copy.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ask_passphrase(options.passphrase_file, "the online key", is_new=True) as passphrase:
        online = load_public(make_key(copy.online_key, passphrase))
    authoring.create(copy, root, targets, online, system_clock())
    _tell(signatures.standings(copy))


def _publish(options: argparse.Namespace) -> None:
    now = system_clock()
    copy, content = WorkingCopy(options.repository), read_content(options.content, now)
    copy.root()
    publishing.publish(copy, content, options.to or content.places.groups, now)
    _tell(signatures.standings(copy))


def _stage(options: argparse.Namespace) -> None:
    now = system_clock()
    copy, content = WorkingCopy(options.repository), read_content(options.content, now)
    copy.root()
    publishing.advance(copy, content, options.to or content.places.groups, now)
    _tell(signatures.standings(copy))


def _recipient(options: argparse.Namespace) -> None:
    say(f"wrote {add_recipient(options.content, options.name, options.file)}")


def _state_lists(options: argparse.Namespace) -> None:
    for file in options.files:
        taken = take_lists(options.content, file, system_clock())
        for line in (*(f"wrote {each}" for each in taken.written), *(f"left out {each}" for each in taken.left_out)):
            say(line)


def _sign(options: argparse.Namespace) -> None:
    copy = WorkingCopy(options.repository)
    with ask_passphrase(options.passphrase_file, "your key", is_new=False) as passphrase:
        signers = [load_signer(path, passphrase) for path in options.key]
    _tell(signatures.sign(copy, signers))


def _timestamp(options: argparse.Namespace) -> None:
    copy = WorkingCopy(options.repository)
    now = system_clock()
    if options.crls is not None or options.state_crls is not None:
        publishing.renew_crls(copy, now, cards=options.crls, of_states=options.state_crls)
    waiting = release(copy, _online(options, copy), now)
    published = copy.published_role("timestamp")
    say(f"published timestamp {published.signed.version if published else 0}")
    _tell(waiting)


def _rotate(options: argparse.Namespace) -> None:
    copy, now = WorkingCopy(options.repository), system_clock()
    if options.role == "root":
        authoring.rotate_root(copy, authoring.key_set(options.key, options.threshold), now)
    elif options.role == "targets":
        authoring.rotate_targets(copy, authoring.key_set(options.key, options.threshold), now)
    elif options.role == "year":
        authoring.renew(copy, now)
    else:
        with ask_passphrase(options.passphrase_file, "the new online key", is_new=True) as passphrase:
            fresh = copy.online_key.with_name(f"online-{now}.pem")
            online = load_public(make_key(fresh, passphrase))
        authoring.rotate_online(copy, online, now)
        fresh.replace(copy.online_key)
        fresh.with_suffix(".pub").replace(copy.online_key.with_suffix(".pub"))
    _tell(signatures.standings(copy))


def _status(options: argparse.Namespace) -> None:
    for line in authoring.status_lines(WorkingCopy(options.repository), system_clock()):
        say(line)


def _export(options: argparse.Namespace) -> None:
    new = authoring.export(WorkingCopy(options.repository), options.directory)
    say(f"{new} new files in {options.directory}")


def _online(options: argparse.Namespace, copy: WorkingCopy) -> CryptoSigner:
    with ask_passphrase(options.passphrase_file, "the online key", is_new=False) as passphrase:
        return load_signer(copy.online_key, passphrase)


def _tell(standings: Sequence[signatures.Standing]) -> None:
    for each in standings:
        say(str(each))
