# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ``townhall card read`` found: identity, each part of the verdict, picture, timing; for people or programs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import TypeVar

import msgspec

from townhall_crypto.state_trust import StateTrust
from townhall_kiosk.documents.words import part_lines, sentence
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.document import ChipRead
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.biometrics import parse_dg2
from townhall_smartcard.emrtd.lds.details import parse_dg11
from townhall_smartcard.emrtd.lds.mrz import Mrz, parse_dg1
from townhall_smartcard.emrtd.lds.pictures import Picture
from townhall_smartcard.emrtd.lds.transliteration import is_spelling_of, transliterate
from townhall_smartcard.emrtd.passive_authentication import authenticate, is_state_signed
from townhall_smartcard.emrtd.passive_verdict import PassiveVerdict
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.errors import DataGroupUnreadableError

_Parsed = TypeVar("_Parsed")


class Identity(msgspec.Struct, frozen=True):
    """What the document says of its holder; empty where it does not. Personal data."""

    surname: str = ""
    given_names: str = ""
    own_letters: str = ""
    own_letters_agree: str = ""  # "yes" or "no": whether the zone's name is a spelling of it; empty: there is none
    transliterated: str = ""  # as the zone should spell it; empty: letters of a script that the tables do not have
    document_number: str = ""
    state: str = ""
    nationality: str = ""
    birth: str = ""
    sex: str = ""
    expiry: str = ""
    personal_number: str = ""
    address: str = ""

    def __repr__(self) -> str:
        """Show nothing of anybody."""
        return "Identity()"


@dataclass(frozen=True, slots=True)
class CardReport:
    """A document, read and judged."""

    identity: Identity = field(repr=False)
    verdict: PassiveVerdict
    chip: ChipVerdict
    is_access_confirmed: bool | None
    protocol: str
    picture: Picture | None
    closed: tuple[int, ...]
    steps_s: Mapping[str, float] = field(compare=False)
    card_s: float = field(compare=False)
    commands: int

    @property
    def is_believed(self) -> bool:
        """Whether data and chip are the state's, as far as the chip can prove it, and nobody weakened the way in."""
        is_chip = self.chip is not ChipVerdict.NOT_PROVED and self.is_access_confirmed is not False
        return self.verdict.is_accepted and is_chip


def report_on(document: DocumentRead, trust: StateTrust, at: datetime) -> CardReport:
    """Judge what was read, and take out what a clerk looks at."""
    started = perf_counter()
    verdict = authenticate(document.read.document, trust, at)
    verified_s = perf_counter() - started
    groups = document.read.document.untrusted_groups
    faces = _parsed(parse_dg2, groups, 2)
    return CardReport(
        identity=_identity(groups, at.date()),
        verdict=verdict,
        chip=_chip(document.read, verdict, trust, at),
        is_access_confirmed=document.read.is_access_confirmed,
        protocol=document.protocol.value,
        picture=faces.pictures[0] if faces is not None else None,
        closed=document.read.closed,
        steps_s={**document.steps_s, "verify": verified_s},
        card_s=document.card_s,
        commands=document.commands,
    )


def zone_of(document: DocumentRead) -> Mrz | None:
    """Return the zone that the chip itself has; None where it has none that can be read."""
    return _parsed(parse_dg1, document.read.document.untrusted_groups, 1)


def _chip(read: ChipRead, verdict: PassiveVerdict, trust: StateTrust, at: datetime) -> ChipVerdict:
    """Return what the chip proved: by the keys of its data groups, else by those that it mapped with."""
    if read.chip is not ChipVerdict.NOT_OFFERED or read.mapping is ChipVerdict.NOT_OFFERED:
        return read.chip
    is_signed = is_state_signed(read.untrusted_card_security, verdict, trust, at)
    return read.mapping if is_signed else ChipVerdict.NOT_PROVED


def as_lines(report: CardReport, text: Texts) -> str:
    """Return the report for a person at a desk."""
    lines = [sentence(report.verdict, report.chip, text), "", *identity_lines(report.identity), ""]
    for part in part_lines(report.verdict, report.chip, text):
        reasons = "; ".join(part.reasons)
        lines.append(f"{part.name:<28} {part.standing}" + (f": {reasons}" if reasons else ""))
    signer = report.verdict.signer
    if signer is not None:
        lines.append(
            f"signer           {signer.country} {signer.serial_number:X}, under {signer.authority or 'nobody'}"
        )
    if report.picture is not None:
        picture = report.picture
        told = f"{picture.kind.value}, {picture.width} x {picture.height}, {len(picture.content)} bytes"
        lines.append(f"picture          {told}")
    if report.is_access_confirmed is False:
        lines.append("way in           the chip offered another one than its state signed")
    if report.closed:
        lines.append(f"not shown        {', '.join(f'DG{number}' for number in report.closed)}")
    lines += cost_lines(report.steps_s, report.commands, report.card_s, report.protocol)
    return "\n".join(lines) + "\n"


def identity_lines(who: Identity) -> list[str]:
    """Return what is known of somebody, a line each."""
    said: dict[str, str] = msgspec.structs.asdict(who)
    return [f"{name.replace('_', ' '):<16} {value}" for name, value in said.items() if value]


def cost_lines(steps_s: Mapping[str, float], commands: int, card_s: float, way: str) -> list[str]:
    """Return what the reading cost; ``way`` is the protocol, or the family of the card. No commands: nobody counted."""
    steps = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in steps_s.items())
    return [
        f"timing           {sum(steps_s.values()) * 1000:.0f} ms: {steps}",
        f"card             {commands or 'uncounted'} commands, {card_s * 1000:.0f} ms, by {way}",
    ]


def as_json(report: CardReport) -> bytes:
    """Return one JSON object for programs."""
    return msgspec.json.encode(
        {
            "identity": report.identity,
            "outcome": report.verdict.outcome.value,
            "verdicts": {
                check.value: {"standing": each.standing.value, "reasons": [reason.value for reason in each.reasons]}
                for check, each in report.verdict.findings.items()
            },
            "groups": {str(number): standing.value for number, standing in report.verdict.groups.items()},
            "chip": report.chip.name.lower().replace("_", "-"),
            "access_confirmed": report.is_access_confirmed,
            "protocol": report.protocol,
            "picture": None if report.picture is None else report.picture.kind.value,
            "ms": {name: round(seconds * 1000, 1) for name, seconds in report.steps_s.items()},
            "card_ms": round(report.card_s * 1000, 1),
            "apdus": report.commands,
        }
    )


def _identity(groups: Mapping[int, bytes], today: date) -> Identity:
    zone, details = _parsed(parse_dg1, groups, 1), _parsed(parse_dg11, groups, 11)
    own = f"{details.surname} {details.given_names}".strip() if details is not None else ""
    spelt = f"{zone.surname} {zone.given_names}".strip() if zone is not None else ""
    personal_number = details.personal_number if details is not None else ""
    if zone is None:
        return Identity(own_letters=own, personal_number=personal_number)
    return Identity(
        surname=zone.surname,
        given_names=zone.given_names,
        own_letters=own,
        transliterated=transliterate(own) or "",
        own_letters_agree=("yes" if is_spelling_of(spelt, own, is_cut=zone.is_name_cut) else "no") if own else "",
        document_number=zone.document_number,
        state=zone.issuer,
        nationality=zone.nationality,
        birth=zone.birth.as_birth(today) if zone.birth is not None else "",
        sex=zone.sex.value.strip("<"),
        expiry=zone.expiry.as_expiry(today) if zone.expiry is not None else "",
        personal_number=personal_number or next((each for each in zone.optional if each), ""),
    )


def _parsed(parse: Callable[[bytes], _Parsed], groups: Mapping[int, bytes], number: int) -> _Parsed | None:
    """Read a group; None where it is not there or cannot be read: the verdict says what that means."""
    try:
        return parse(groups[number])
    except (DataGroupUnreadableError, KeyError):
        return None
