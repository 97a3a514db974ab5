# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall trust``: whom this kiosk believes about documents; ``townhall card read``: what a document says."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from townhall_crypto.state_trust import StateTrust


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser of ``townhall``."""
    trust = commands.add_parser("trust", help="the signing authorities of states: loaded, refused and why")
    add_source(trust)
    trust.add_argument("--json", action="store_true", help="one JSON object on standard output")
    trust.set_defaults(run=_trust)

    card = commands.add_parser("card", help="documents with a chip").add_subparsers(required=True)
    read = card.add_parser("read", help="read a card in a reader: identity, every part of the verdict, timing")
    add_source(read)
    read.add_argument("--reader", help="its name; needed where several hold a card")
    read.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for somebody to put it in")
    read.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="the access number of six digits, or the machine readable zone; asked for where absent",
    )
    read.add_argument(
        "--zone-image",
        type=Path,
        metavar="FILE",
        help="a picture of the zone (JPEG, PNG, PNM) for tesseract, instead of typing it; you say whether it is so",
    )
    proof = read.add_mutually_exclusive_group()
    proof.add_argument(
        "--pin-file",
        type=Path,
        metavar="FILE",
        help="PIN 1 of a national card, with which it proves that it is no copy; the last try is never used",
    )
    proof.add_argument(
        "--pin-pad",
        action="store_true",
        help="the same, with PIN 1 entered at the reader's own keys",
    )
    read.add_argument(
        "--modules",
        type=Path,
        metavar="FILE",
        help="PKCS#11 modules of vendors (TOML), for national cards that nothing else here can use",
    )
    read.add_argument(
        "--last-try",
        action="store_true",
        help="use the last try of a German card's PIN too; it wants the access number in --password-file",
    )
    read.add_argument("--photo", type=Path, metavar="FILE", help="save the picture there; no file is overwritten")
    read.add_argument("--language", default="en", choices=("en", "et", "fr", "ar"))
    read.add_argument("--json", action="store_true", help="one JSON object on standard output")
    read.set_defaults(run=_read)
    _add_pin(card)


def _add_pin(card: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    pin = card.add_parser("pin", help="the PIN of a German card: first own PIN, another PIN, resume, unblock")
    pin.add_argument("act", choices=("change", "resume", "unblock"), help="change: also from the transport PIN")
    pin.add_argument("--reader", help="its name; needed where several hold a card")
    pin.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for somebody to put it in")
    for option, told in (
        ("--password-file", "the access number of six digits; a suspended PIN wants it"),
        ("--pin-file", "the PIN, or the transport PIN of five digits"),
        ("--new-pin-file", "the PIN of six digits that the holder chose"),
        ("--puk-file", "the PUK of ten digits"),
    ):
        pin.add_argument(option, type=Path, metavar="FILE", help=told)
    pin.add_argument("--last-try", action="store_true", help="use the last try of the PIN too")
    pin.add_argument("--language", default="en", choices=("en", "et", "fr", "ar"))
    pin.add_argument("--json", action="store_true", help="one JSON object on standard output")
    pin.set_defaults(run=_pin)


def add_source(parser: argparse.ArgumentParser) -> None:
    """Let a command say where trust comes from."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--home", type=Path, help="the kiosk's directory: what its catalogue says")
    source.add_argument("--content", type=Path, help="a directory that is about to be published")


def trust_of(options: argparse.Namespace) -> "StateTrust":
    """Load trust from where the command line says."""
    from townhall_kiosk.documents.trust_source import of_directory, of_kiosk  # noqa: PLC0415  # others need no TUF

    now = datetime.now(UTC)
    return of_kiosk(options.home, now) if options.home is not None else of_directory(options.content, now)


def _trust(options: argparse.Namespace) -> int:
    from townhall_kiosk.documents.trust_table import as_json, as_table  # noqa: PLC0415  # as above

    trust = trust_of(options)
    if options.json:
        sys.stdout.buffer.write(as_json(trust) + b"\n")
    else:
        sys.stdout.write(as_table(trust))
    return 0


def _pin(options: argparse.Namespace) -> int:
    from townhall_kiosk.documents.german_card import manage_pin  # noqa: PLC0415  # others need no cards

    return manage_pin(options)


def _read(options: argparse.Namespace) -> int:
    from townhall_kiosk.documents.card_read import DeskTrust, read_card  # noqa: PLC0415  # others need no cards
    from townhall_kiosk.documents.trust_source import anchors_of_directory, anchors_of_kiosk  # noqa: PLC0415  # as above

    home, content = options.home, options.content
    anchors = anchors_of_kiosk(home) if home is not None else anchors_of_directory(content)
    return read_card(options, DeskTrust(trust_of(options), anchors))
