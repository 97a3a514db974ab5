# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""`townhall-admin election`: from the author's file to a package that two officers signed."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from townhall_central.console import say
from townhall_central.errors import ElectionFileError, OfficerCardError
from townhall_central.repository.election_roll import read_voters
from townhall_central.repository.signing_keys import write_whole
from townhall_central.settings import system_clock
from townhall_crypto.secret import Secret
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition
from townhall_voting.package.nist_definition import read_ballot_definition
from townhall_voting.package.officers import Signatures, read_signatures
from townhall_voting.package.package import MANIFEST, SIGNATURES, build_package, package_folder
from townhall_voting.package.roll import KEY_BYTES, RollKeys, build_roll
from townhall_voting.package.roll_key import certificate_fingerprint, wrap_roll_key


def add_election_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `election` with its commands."""
    election = commands.add_parser("election", help="election packages").add_subparsers(required=True)
    checked = election.add_parser("check", help="read an author's file, and say what is wrong or what it holds")
    checked.add_argument("file", type=Path, help="YAML or JSON")
    _add_ballot_definition(checked)
    checked.set_defaults(command=_check)
    built = election.add_parser("build", help="make a package that nobody signed yet")
    built.add_argument("file", type=Path, help="YAML or JSON")
    built.add_argument("--trustees", type=Path, required=True, help="trustees.json of their ceremony")
    built.add_argument("--voters", type=Path, required=True, help="CSV: country, personal_code, district")
    built.add_argument(
        "--officer",
        type=Path,
        action="append",
        required=True,
        metavar="CERTIFICATE",
        help="DER of an officer's authentication certificate; twice or more: any two open the roll key",
    )
    built.add_argument("directory", type=Path, help="the content's elections/; the package's folder is made in it")
    _add_ballot_definition(built)
    built.set_defaults(command=_build)
    for name, command, told in (
        ("sign", _sign, "sign a package with your card and PIN 2; two officers must"),
        ("certificate", _certificate, "write the authentication certificate of the card in the reader"),
    ):
        carded = election.add_parser(name, help=told)
        carded.add_argument("path", type=Path, help="the package's folder" if name == "sign" else "NAME.der")
        carded.add_argument("--reader", help="where more than one card is in")
        carded.add_argument("--wait", type=float, default=30, metavar="SECONDS", help="for the card; 30")
        carded.set_defaults(command=command)
        if name == "sign":
            carded.add_argument("--pin-file", type=Path, help="PIN 2; asked for where absent")


def _add_ballot_definition(parser: argparse.ArgumentParser) -> None:
    told = "a NIST Ballot Definition that brings title, contests, styles and districts"
    parser.add_argument("--ballot-definition", type=Path, metavar="FILE", help=told)


def _check(options: argparse.Namespace) -> None:
    for line in describe(_definition(options)):
        say(line)


def describe(definition: Definition) -> list[str]:
    """Return what a definition holds, a line each, for whoever proof-reads it."""
    language = definition.languages[0]
    lines = [f"{definition.mode.value} election {definition.id}: {definition.title[language]}"]
    lines += [f"languages  {', '.join(definition.languages)}"]
    for contest in definition.contests:
        blank = ", or blank" if contest.blank else ""
        lines.append(
            f"contest    {contest.title[language]}: {contest.minimum} to {contest.maximum} of"
            f" {len(contest.candidates)}{blank}, {contest.presentation.value}, {contest.counting.value}"
        )
    for place in definition.places:
        devices = ", ".join(f"{device.kiosk} ({device.role.value})" for device in place.devices)
        lines.append(f"place      {place.name[language]}: {devices}")
        for hours in definition.hours_of(place):
            lines.append(f"open       {hours.opens:%Y-%m-%d %H:%M} to {hours.closes:%Y-%m-%d %H:%M %z}")
    return [*lines, f"ends       {definition.expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC"]


def _build(options: argparse.Namespace) -> None:
    definition = _definition(options)
    if definition.expires <= datetime.fromtimestamp(system_clock(), UTC):
        raise ElectionFileError(f"{options.file.name}: expires has passed")
    officers = [_read(path) for path in options.officer]
    with Secret.random(KEY_BYTES) as roll_key:
        keys = RollKeys.derive(roll_key, definition)
        roll = build_roll(read_voters(options.voters), definition, keys)
        keys.wipe()
        wrapped = wrap_roll_key(roll_key, officers, definition)
    files = build_package(definition, _read(options.trustees).rstrip(b"\n"), roll, wrapped)
    folder = options.directory / package_folder(definition)
    if folder.exists():
        raise ElectionFileError(f"{folder} is there already: move it away")
    for name, content in files.items():
        write_whole(folder / name, content)
    say(f"made {folder}; two officers sign it: townhall-admin election sign {folder}")


def _sign(options: argparse.Namespace) -> None:
    with _card_software():
        from townhall_central.officer_card import Reader, sign_with_card  # noqa: PLC0415 - an extra of its own

    manifest = _read(options.path / MANIFEST)
    path = options.path / SIGNATURES
    before = read_signatures(path.read_bytes()).signatures if path.exists() else ()
    added = sign_with_card(manifest, Reader(options.reader, options.wait), options.pin_file)
    others = [each for each in before if each.authentication_certificate != added.authentication_certificate]
    write_whole(path, Signatures(1, (*others, added)).to_bytes())
    say(f"signed by {certificate_fingerprint(added.authentication_certificate)[:16]}; signatures: {len(others) + 1}")


def _certificate(options: argparse.Namespace) -> None:
    with _card_software():
        from townhall_central.officer_card import Reader, read_certificate  # noqa: PLC0415 - an extra of its own

    certificate = read_certificate(Reader(options.reader, options.wait))
    write_whole(options.path, certificate)
    say(f"{certificate_fingerprint(certificate)}  {options.path.name}")


@contextmanager
def _card_software() -> Iterator[None]:
    """Tell what to install where the part for cards is missing: a centre without a reader does not need it."""
    try:
        yield
    except ModuleNotFoundError as exc:
        raise OfficerCardError(f"{exc.name} is missing: install townhall[kiosk] where officers sign") from exc


def _definition(options: argparse.Namespace) -> Definition:
    path, other = options.file, options.ballot_definition
    given = None if other is None else read_ballot_definition(other.name, _read(other))
    return read_authored(path.name, _read(path), given)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ElectionFileError(f"{path.name}: {exc.strerror}") from exc
