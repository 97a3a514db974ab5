# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an election officer's card does at a desk: signs a package (PIN 2), gives its share of the roll key (PIN 1)."""

import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from townhall_central.console import complain
from townhall_central.errors import OfficerCardError
from townhall_central.keys import read_private
from townhall_smartcard import one_card
from townhall_smartcard.apdu import wipe
from townhall_smartcard.errors import CardError
from townhall_smartcard.messages import (
    Agreed,
    CardContents,
    Failed,
    LastTryUnconfirmed,
    PinBlocked,
    PinLengthRefused,
    PinNotEntered,
    PinRefused,
    PinWrong,
    Signed,
)
from townhall_smartcard.operations import code_of
from townhall_voting.package.officers import OfficerSignature, signing_digest
from townhall_voting.package.roll_key import Share, ShareRequest

_LONGEST_LINE: Final = 64


@dataclass(frozen=True, slots=True)
class Reader:
    """Where the officer's card is; ``name`` may be left open where there is one. Waits ``wait_s`` for it."""

    name: str | None
    wait_s: float


def sign_with_card(manifest: bytes, reader: Reader, pin_file: Path | None) -> OfficerSignature:
    """Return the signature of the officer whose card lies in the reader; asks for PIN 2 at the terminal.

    Raises:
        OfficerCardError: no card, a card that cannot be used, or a PIN that it does not take.
        DirectoryError: the PIN's file is missing, or others may read it.
    """
    found, contents = _read(reader)
    outcome = one_card.sign_digest(found, _pin(pin_file, "PIN 2"), signing_digest(manifest))
    if isinstance(outcome, Signed):
        certificates = (contents.authentication_certificate, contents.signature_certificate)
        return OfficerSignature(*certificates, outcome.signature)
    raise OfficerCardError(_refusal(outcome, "PIN 2 has 5 to 12 digits"))


def share_with_card(
    reader: Reader, pin_file: Path | None, request_for: Callable[[bytes], ShareRequest | None]
) -> Share:
    """Return the share of the roll key of the officer whose card lies in the reader; asks for PIN 1 at the terminal.

    ``request_for`` tells what to ask of the holder of an authentication certificate (DER), None for one who is not
    asked.

    Raises:
        OfficerCardError: as ``sign_with_card``, or the card is of nobody who is asked.
        DirectoryError: the PIN's file is missing, or others may read it.
        MalformedError: the card answered no point.
    """
    found, contents = _read(reader)
    request = request_for(contents.authentication_certificate)
    if request is None:
        raise OfficerCardError("this card is of no officer who is asked now")
    outcome = one_card.agree(found, _pin(pin_file, "PIN 1"), request.point)
    if isinstance(outcome, Agreed):
        return request.share(outcome.shared_x)
    raise OfficerCardError(_refusal(outcome, "PIN 1 has 4 to 12 digits"))


def read_certificate(reader: Reader) -> bytes:
    """Return the authentication certificate (DER) of the card in the reader: an officer's name on the lists.

    Raises:
        OfficerCardError: no card, or one that cannot be read.
    """
    _, contents = _read(reader)
    return contents.authentication_certificate


def _read(reader: Reader) -> tuple[str, CardContents]:
    try:
        found = one_card.find_card(reader.name, reader.wait_s)
    except CardError as exc:
        raise OfficerCardError(f"{exc.code}: {exc}") from exc
    contents = one_card.read_card(found)
    if isinstance(contents, Failed):
        raise OfficerCardError(f"{code_of(contents.failure)}: the card cannot be read")
    return found, contents


def _refusal(outcome: PinRefused, length: str) -> str:
    match outcome:
        case PinWrong(tries_left=left):
            return f"the PIN is wrong; {left} tries left"
        case PinBlocked():
            return "the PIN is blocked; the PUK opens it again"
        case PinLengthRefused():
            return length
        case PinNotEntered():
            return "no PIN was entered at the reader"
        case LastTryUnconfirmed():
            return "the PIN has one try left, which is not used here; unblock it first"
        case Failed(failure=failure):
            return f"{code_of(failure)}: the card did not do it"


def _pin(file: Path | None, name: str) -> bytearray:
    """Return a PIN in a buffer that can be wiped; it never becomes a string."""
    if file is not None:
        return bytearray(read_private(file).strip())
    if not sys.stdin.isatty():
        raise OfficerCardError(f"no terminal to ask for {name}: give --pin-file")
    with _unseen():
        complain(f"{name}: ")
        line = bytearray(_LONGEST_LINE)
        with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as terminal:
            length = terminal.readinto(line) or 0
    pin = line[:length].strip()
    wipe(line)
    return pin


@contextmanager
def _unseen() -> Iterator[None]:
    """Show nothing of what is typed."""
    before = termios.tcgetattr(sys.stdin)
    hidden = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
