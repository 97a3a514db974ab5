# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall card read`` and ``townhall card pin`` with a German card: its codes come out of files, each used once."""

import argparse
import sys
from pathlib import Path
from typing import Final

from townhall_kiosk.documents.german_report import german_json, german_lines
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.at_desk import find_document
from townhall_smartcard.errors import CardError
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.at_desk import national_family_in
from townhall_smartcard.national.german_at_desk import (
    EnterPin,
    GermanRead,
    GermanWish,
    ReadState,
    ReplacePin,
    UnblockPin,
    use_german_card,
)
from townhall_smartcard.national.german_codes import Opened

_EXIT_REFUSED: Final = 1
_EXIT_NOT_READ: Final = 2


def read_german(options: argparse.Namespace, reader: str) -> int:
    """Print the state of the PIN; return 1, since nobody vouches for a holder, or 2 for a card that was not read.

    The access number and the PIN are used where a file has them, and asked of nobody.
    """
    number = _code_in(options.password_file)
    pin = _code_in(options.pin_file)
    wish: GermanWish = ReadState(number) if pin is None else EnterPin(pin, number, last_try_confirmed=options.last_try)
    read = _printed(options, reader, wish)
    return _EXIT_NOT_READ if read is None else _EXIT_REFUSED


def manage_pin(options: argparse.Namespace) -> int:
    """Change, activate, resume or unblock; return 0 if it was done, 1 if it was refused, 2 for no such card.

    Raises:
        ConfigurationError: a file that is needed is not named, or cannot be read.
    """
    wish = _wish(options)
    try:
        reader = find_document(options.reader, options.wait)
        family = national_family_in(reader)
    except CardError as exc:
        sys.stderr.write(f"{exc.code}: {exc}\n")
        return _EXIT_NOT_READ
    if family is None or family.family is not CardFamily.NPA:
        sys.stderr.write("no German identity card\n")
        return _EXIT_NOT_READ
    read = _printed(options, reader, wish)
    if read is None:
        return _EXIT_NOT_READ
    return 0 if read.result is None or isinstance(read.result, Opened) else _EXIT_REFUSED


def _wish(options: argparse.Namespace) -> GermanWish:
    number = _code_in(options.password_file)
    match options.act:
        case "unblock":
            return UnblockPin(_needed(options.puk_file, "--puk-file"))
        case "change":
            present, new = _needed(options.pin_file, "--pin-file"), _needed(options.new_pin_file, "--new-pin-file")
            return ReplacePin(present, new, number, last_try_confirmed=options.last_try)
        case _:
            return EnterPin(_needed(options.pin_file, "--pin-file"), number, last_try_confirmed=True)


def _printed(options: argparse.Namespace, reader: str, wish: GermanWish) -> GermanRead | None:
    outcome = use_german_card(reader, wish)
    if not isinstance(outcome, GermanRead):
        sys.stderr.write(f"{outcome.code}: {outcome}\n")
        return None
    if options.json:
        sys.stdout.buffer.write(german_json(outcome) + b"\n")
    else:
        sys.stdout.write(german_lines(outcome, Texts(options.language)))
    return outcome


def _needed(path: Path | None, option: str) -> bytearray:
    code = _code_in(path)
    if code is None:
        raise ConfigurationError(f"{option} is needed")
    return code


def _code_in(path: Path | None) -> bytearray | None:
    """Return the digits in a file, to be wiped; whatever else is in it is refused by whoever uses them."""
    if path is None:
        return None
    try:
        content = bytearray(path.read_bytes())
    except OSError as exc:
        raise ConfigurationError(f"{path.name} cannot be read") from exc
    return content.strip()
