# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall card read``: one card in one reader, read and judged, without a kiosk around it.

A national card is read by its own application; one that we do not drive through the module that the operator named for
it; any other as a document with an ICAO chip.

Says nothing to a log: what it prints is personal data, and goes to standard output alone.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import Final

from townhall_crypto.state_trust import StateTrust
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.documents.card_report import as_json, as_lines, report_on
from townhall_kiosk.documents.german_card import read_german
from townhall_kiosk.documents.national_report import as_json as national_json
from townhall_kiosk.documents.national_report import as_lines as national_lines
from townhall_kiosk.documents.national_report import report_on_national
from townhall_kiosk.documents.vendor_modules import read_modules
from townhall_kiosk.documents.zone_image import ImageFileCamera, password_seen
from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.texts import Texts
from townhall_smartcard.access_numbers import is_access_number
from townhall_smartcard.emrtd.access import AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.at_desk import find_document, read_in_reader
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.mrz_entry import MrzFault, MrzMistake, TypedZone, ZoneRefused, read_entry
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PasswordReference
from townhall_smartcard.errors import CardError
from townhall_smartcard.identity import CHALLENGE_BYTES, challenge_bytes
from townhall_smartcard.messages import AtReader, CardFamily, PinRole
from townhall_smartcard.national.at_desk import (
    KeyUse,
    NationalOutcome,
    NationalRead,
    national_family_in,
    paced_family_in,
    read_national_card,
    read_paced_card,
)
from townhall_smartcard.national.paced import PacedFamily
from townhall_smartcard.national.registry import NationalFamily
from townhall_smartcard.vendor.at_desk import read_with_modules

_NO_ZONE: Final = frozenset({MrzFault.EMPTY, MrzFault.SIGN, MrzFault.LENGTH})
_NEITHER: Final = "neither an access number of six digits nor a machine readable zone"
_MISTYPED: Final = "something of the machine readable zone was mistyped"
_EXIT_NOT_BELIEVED: Final = 1
_EXIT_NOT_READ: Final = 2


@dataclass(frozen=True, slots=True)
class DeskTrust:
    """Whom this desk believes: states about documents, issuers about national cards."""

    states: StateTrust
    anchors: TrustAnchors


def read_card(options: argparse.Namespace, trust: DeskTrust) -> int:
    """Read and print; returns 0 for a card that may be believed, 1 for one that may not, 2 for none.

    Raises:
        ConfigurationError: the password is neither an access number nor a zone, the picture cannot be saved, or the
            file of modules is not as it must be.
    """
    modules = read_modules(options.modules)
    try:
        reader = find_document(options.reader, options.wait)
        closed = paced_family_in(reader)
        family = None if closed is not None else national_family_in(reader)
    except CardError as exc:
        sys.stderr.write(f"{exc.code}: {exc}\n")
        return _EXIT_NOT_READ
    if closed is not None:
        return _read_closed(options, reader, closed, trust.anchors)
    if family is not None and family.family is CardFamily.NPA:
        return read_german(options, reader)
    if family is not None:
        return _read_national(options, reader, family, trust.anchors)
    if modules:
        uses, messages = _proof(options)
        outcome = read_with_modules(reader, modules, *uses)
        if outcome is not None:
            return _tell_national(options, outcome, messages, trust.anchors)
    return _read_document(options, reader, trust.states)


def _read_national(options: argparse.Namespace, reader: str, family: NationalFamily, anchors: TrustAnchors) -> int:
    uses, messages = _proof(options)
    return _tell_national(options, read_national_card(reader, family, *uses), messages, anchors)


def _read_closed(options: argparse.Namespace, reader: str, family: PacedFamily, anchors: TrustAnchors) -> int:
    """Open a national card with its number; a zone opens none of these."""
    password = password_of(_password_text(options.password_file))
    if not isinstance(password.secret, bytearray) or password.reference is not PasswordReference.CAN:
        raise ConfigurationError("this card opens with the access number of six digits that is printed on it")
    uses, messages = _proof(options)
    outcome = read_paced_card(reader, family, password.secret, *uses)
    if isinstance(outcome, PaceRefused):
        sys.stderr.write(_why_not(AccessRefused()) + "\n")
        return _EXIT_NOT_READ
    return _tell_national(options, outcome, messages, anchors)


def _tell_national(
    options: argparse.Namespace, outcome: NationalOutcome, messages: Mapping[PinRole, bytes], anchors: TrustAnchors
) -> int:
    if not isinstance(outcome, NationalRead):
        sys.stderr.write(f"{outcome.code}: {outcome}\n")
        return _EXIT_NOT_READ
    report = report_on_national(outcome, messages, anchors, datetime.now(UTC))
    if options.json:
        sys.stdout.buffer.write(national_json(report) + b"\n")
    else:
        sys.stdout.write(national_lines(report, Texts(options.language)))
    photo = outcome.contents.stated.untrusted_photo
    if options.photo is not None and photo and report.verdict.is_believed:
        _save(options.photo, photo)
    return 0 if report.verdict.is_believed else _EXIT_NOT_BELIEVED


def _proof(options: argparse.Namespace) -> tuple[tuple[KeyUse, ...], Mapping[PinRole, bytes]]:
    """Have the card prove that it is no copy, where its holder gives PIN 1."""
    if options.pin_file is None and not options.pin_pad:
        return (), {}
    at_reader = AtReader(options.language)
    pin = at_reader if options.pin_pad else bytearray(_text_of(options.pin_file).strip().encode())
    message = challenge_bytes(os.urandom(CHALLENGE_BYTES))
    role = PinRole.AUTHENTICATION
    return (KeyUse(role, pin, message),), {role: message}


def _read_document(options: argparse.Namespace, reader: str, trust: StateTrust) -> int:
    if options.zone_image is not None:
        password = password_seen(ImageFileCamera(options.zone_image))
    else:
        password = password_of(_password_text(options.password_file))
    outcome = read_in_reader(reader, password)
    if not isinstance(outcome, DocumentRead):
        sys.stderr.write(_why_not(outcome) + "\n")
        return _EXIT_NOT_READ
    report = report_on(outcome, trust, datetime.now(UTC))
    if options.json:
        sys.stdout.buffer.write(as_json(report) + b"\n")
    else:
        sys.stdout.write(as_lines(report, Texts(options.language)))
    if options.photo is not None and report.picture is not None:
        _save(options.photo, report.picture.content)
    return 0 if report.is_believed else _EXIT_NOT_BELIEVED


def password_of(said: str) -> PacePassword:
    """Return the password of a chip from what somebody typed; its secret is the caller's to wipe.

    Raises:
        ConfigurationError: it is neither six digits nor a zone, or a check digit says that something was mistyped.
    """
    typed = "".join(said.split())
    if is_access_number(number := bytearray(typed.encode())):
        return PacePassword(PasswordReference.CAN, number)
    entry = read_entry(said)
    match entry:
        case TypedZone(zone):
            return zone.password()
        case ZoneRefused(mistakes):
            told = "; ".join(_told(each) for each in mistakes)
            raise ConfigurationError(f"{_NEITHER if mistakes[0].fault in _NO_ZONE else _MISTYPED}: {told}")


def _told(mistake: MrzMistake) -> str:
    """Return a mistake for the shell: code, line, sign, and what the check digit stands for."""
    about = f" of {mistake.about.value}" if mistake.about is not None else ""
    return f"{mistake.fault.code} {mistake.fault.value}{about}, line {mistake.at.line}, sign {mistake.at.sign}"


def _password_text(path: Path | None) -> str:
    if path is None:
        return getpass("Access number, or the lines of the machine readable zone one behind the other: ")
    return _text_of(path)


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{path.name} cannot be read") from exc


def _why_not(outcome: AccessRefused | MrzNeeded | CardError) -> str:
    match outcome:
        case AccessRefused(tries_left=None):
            return "the chip does not open with this password: it was mistyped, or belongs to another document"
        case AccessRefused(tries_left=left):
            return f"the chip does not open with this password; tries left: {left}"
        case MrzNeeded():
            return "this chip knows no access number: use the machine readable zone"
        case CardError():
            return f"{outcome.code}: {outcome}"


def _save(path: Path, content: bytes) -> None:
    """Write for the owner's eyes alone, and over nothing."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as exc:
        raise ConfigurationError(f"{path.name}: {exc.strerror}") from exc
