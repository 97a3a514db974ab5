# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo cards``: one simulated card of every family in turn, through the real PC/SC service.

Read and judged by what ``townhall card read`` does; national cards also prove their key and sign.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from townhall_crypto.namespaces import CARD_DEMONSTRATION
from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_kiosk.documents.card_report import Identity, report_on
from townhall_kiosk.documents.national_report import report_on_national
from townhall_kiosk.errors import ConfigurationError
from townhall_smartcard.emrtd.at_desk import find_document, read_in_reader
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.errors import CardError
from townhall_smartcard.identity import CHALLENGE_BYTES, challenge_bytes
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.national.at_desk import (
    KeyUse,
    NationalRead,
    national_family_in,
    paced_family_in,
    read_national_card,
    read_paced_card,
)
from townhall_smartcard.national.german_at_desk import EnterPin, GermanRead, use_german_card
from townhall_smartcard.national.german_codes import Opened
from townhall_smartcard.national.german_pin import Ready
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import ChipContents, EmrtdChip
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, READ_AT_DESKS, NationalSample
from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import PIN as GERMAN_PIN
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

_WAIT_S: Final = 30.0
_WIDTHS: Final = (20, 34, 10, 6, 6)
_SIGNED: Final = {True: "good", False: "BAD", None: "-"}


class CardRow(msgspec.Struct, frozen=True):
    """What one card showed; ``signature`` is None where the card does not sign."""

    family: str
    identity: Identity
    verdicts: dict[str, str]
    signature: bool | None
    ms: float
    apdus: int
    leaves_open: tuple[str, ...] = ()
    """Parts that no card of this kind can prove here."""

    @property
    def is_good(self) -> bool:
        """Whether every part is as good as such a card can be, and the signature where there is one."""
        expected = {part: "unknown" if part in self.leaves_open else "good" for part in self.verdicts}
        return self.verdicts == expected and self.signature is not False


def run_card_demo(*, as_json: bool) -> int:
    """Show every card; return 0 if all of them were read, believed, and signed where they can."""
    rows = []
    with PrivatePcscd() as service:
        os.environ.update(service.environment)  # libpcsclite reads it at the first call
        if not as_json:
            _say("family", "identity", "signature", "ms", "APDUs")
        for row in _rows(service):
            rows.append(row)
            if not as_json:
                _say_row(row)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(rows) + b"\n")
    return 0 if all(row.is_good for row in rows) else 1


def _rows(service: PrivatePcscd) -> Iterator[CardRow]:
    for name, make in {**EVERY_FAMILY, **READ_AT_DESKS}.items():
        sample = make()
        with _inserted(service, sample.card) as reader:
            yield _national(name, sample, reader)
    with _inserted(service, GermanChip()) as reader:
        yield _german(reader)
    for shown in _documents():
        with _inserted(service, EmrtdChip(shown.contents)) as reader:
            yield _document(shown, reader)


@contextmanager
def _inserted(service: PrivatePcscd, card: VirtualCard) -> Iterator[str]:
    with VirtualReader(card, "127.0.0.1", service.ports[0]):
        yield find_document(virtual_reader_name(0), _WAIT_S)


def _national(name: str, sample: NationalSample, reader: str) -> CardRow:
    messages = {
        PinRole.AUTHENTICATION: challenge_bytes(os.urandom(CHALLENGE_BYTES)),
        PinRole.SIGNATURE: CARD_DEMONSTRATION + os.urandom(CHALLENGE_BYTES),
    }
    pins = {PinRole.AUTHENTICATION: sample.pin1, PinRole.SIGNATURE: sample.pin2}
    uses = tuple(KeyUse(role, bytearray(pins[role]), message) for role, message in messages.items())
    read = _read(name, sample, reader, uses)
    report = report_on_national(read, messages, sample.anchors, datetime.now(UTC))
    verdicts = {part.value: standing.value for part, standing in report.verdict.parts.items()}
    ms = round(sum(report.steps_s.values()) * 1000, 1)
    signature = report.signature is True if PinRole.SIGNATURE in read.contents.algorithms else None
    leaves_open = tuple(sorted(sample.leaves_open))
    return CardRow(name, report.identity, verdicts, signature, ms, report.commands, leaves_open)


def _read(name: str, sample: NationalSample, reader: str, uses: tuple[KeyUse, ...]) -> NationalRead:
    closed = paced_family_in(reader)
    family = None if closed is not None else national_family_in(reader)
    if closed is not None:
        read = read_paced_card(reader, closed, bytearray(sample.access_number), *uses)
    elif family is not None:
        read = read_national_card(reader, family, *uses)
    else:
        raise ConfigurationError(f"{name}: no driver knows its own simulated card")
    if not isinstance(read, NationalRead):
        raise read if isinstance(read, CardError) else ConfigurationError(f"{name}: {type(read).__name__}")
    return read


def _german(reader: str) -> CardRow:
    """Show what a German card tells here: where it is, and its PIN's state. It names nobody to us."""
    family = national_family_in(reader)
    if family is None or family.family is not CardFamily.NPA:
        raise ConfigurationError("Germany: not known by its files")
    read = use_german_card(reader, EnterPin(bytearray(GERMAN_PIN)))
    if not isinstance(read, GermanRead):
        raise read
    is_open = isinstance(read.result, Opened)
    verdicts = {
        "presence": "good" if is_open else "bad",
        "PIN": "good" if isinstance(read.state, Ready) else "bad",
        "identity": "unknown",
    }
    ms = round(sum(read.steps_s.values()) * 1000, 1)
    return CardRow("Germany, PIN", Identity(), verdicts, None, ms, read.commands, ("identity",))


@dataclass(frozen=True, slots=True)
class _Shown:
    """A document with a chip, what opens it, and who believes its state."""

    name: str
    contents: ChipContents
    password: Callable[[], PacePassword]
    trust: StateTrust


def _documents() -> Iterator[_Shown]:
    now = datetime.now(UTC)
    authority = states.authority(CurveStateKey("brainpoolp384r1", digest="sha384"))
    crl = states.revocation_list(authority)
    trust = load_state_trust(StateTrustFiles({"utopia": authority.der}, {}, {"utopia": crl}, now), now)
    signer = states.document_signer(authority)

    def by_number() -> PacePassword:
        return PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER))

    yield _Shown("eMRTD by PACE", document(DocumentWish(signer)), by_number, trust)
    by_zone = parse_mrz(lds_files.td1(lds_files.Holder())).password
    yield _Shown("eMRTD by BAC", document(DocumentWish(signer, offers=())), by_zone, trust)


def _document(shown: _Shown, reader: str) -> CardRow:
    if national_family_in(reader) is not None:
        raise ConfigurationError(f"{shown.name}: taken for a national card")
    read = read_in_reader(reader, shown.password())
    if not isinstance(read, DocumentRead):
        raise read if isinstance(read, CardError) else ConfigurationError(type(read).__name__)
    report = report_on(read, shown.trust, datetime.now(UTC))
    verdicts = {check.value: finding.standing.value for check, finding in report.verdict.findings.items()}
    verdicts["chip"] = "good" if report.is_believed else "bad"
    ms = round(sum(report.steps_s.values()) * 1000, 1)
    return CardRow(shown.name, report.identity, verdicts, None, ms, report.commands)


def _say_row(row: CardRow) -> None:
    who = f"{row.identity.state} {row.identity.given_names} {row.identity.surname}"
    _say(row.family, who, _SIGNED[row.signature], f"{row.ms:.0f}", str(row.apdus))
    told = {part: standing if standing == "good" else standing.upper() for part, standing in row.verdicts.items()}
    parts = (f"{part} {standing}" for part, standing in told.items())
    sys.stdout.write(f"    {', '.join(parts)}\n")


def _say(*cells: str) -> None:
    sys.stdout.write(" ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip() + "\n")
    sys.stdout.flush()
