# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ``townhall card read`` found on a national card: identity, each part of the verdict, timing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from townhall_crypto.card_signature import is_card_signature
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.documents.card_report import Identity, cost_lines, identity_lines
from townhall_kiosk.documents.data_verdict import BRANCHES, judge_data
from townhall_kiosk.documents.national_verdict import NationalVerdict, judge_national
from townhall_kiosk.documents.words import national_lines
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.at_desk import NationalRead
from townhall_smartcard.vendor.modules import VendorModule


@dataclass(frozen=True, slots=True)
class NationalReport:
    """A national card, read and judged. ``signature``: whether one that was asked for verifies; None: none was."""

    family: str
    module: str
    """The vendor's module that reached the card; empty: a driver of ours did."""
    identity: Identity = field(repr=False)
    verdict: NationalVerdict
    tries: Mapping[str, int | None]
    """Left, by the name of the PIN; None: the card does not tell."""
    signature: bool | None
    steps_s: Mapping[str, float] = field(compare=False)
    card_s: float = field(compare=False)
    commands: int


def report_on_national(
    read: NationalRead, messages: Mapping[PinRole, bytes], anchors: TrustAnchors, at: datetime
) -> NationalReport:
    """Judge what was read; ``messages`` are what the card's keys were to sign, by role."""
    proved = _is_signed(read, PinRole.AUTHENTICATION, messages)
    chip = {None: ChipVerdict.NOT_OFFERED, True: ChipVerdict.PROVED, False: ChipVerdict.NOT_PROVED}[proved]
    country, contents = read.family.country, read.contents
    if country in BRANCHES and not contents.certificates:
        verdict = judge_data(country, contents, anchors, at)
    else:
        verdict = judge_national(country, contents, chip, anchors, at)
    return NationalReport(
        family=read.family.family.value,
        module=read.family.name if isinstance(read.family, VendorModule) else "",
        identity=_identity(read, verdict),
        verdict=verdict,
        tries={role.value: tries.left if tries.is_counted else None for role, tries in read.contents.tries.items()},
        signature=_is_signed(read, PinRole.SIGNATURE, messages),
        steps_s=read.steps_s,
        card_s=read.card_s,
        commands=read.commands,
    )


def _is_signed(read: NationalRead, role: PinRole, messages: Mapping[PinRole, bytes]) -> bool | None:
    """Tell whether the key of a role signed its message; None where it was not asked, or the PIN led to nothing."""
    signature, algorithm = read.made.get(role), read.contents.algorithms.get(role)
    if not isinstance(signature, bytes) or algorithm is None:
        return None
    digest = algorithm.digest.of(messages[role])
    return is_card_signature(read.contents.certificates[role], algorithm, digest, signature)


def as_lines(report: NationalReport, text: Texts) -> str:
    """Return the report for a person at a desk."""
    told, parts = national_lines(report.verdict, text)
    lines = [told, "", *identity_lines(report.identity), ""]
    lines += [f"{part.name:<28} {part.standing}" for part in parts]
    counted = [f"{name} {'not told' if left is None else left}" for name, left in report.tries.items()]
    if counted:
        lines.append("tries left       " + ", ".join(counted))
    lines += cost_lines(report.steps_s, report.commands, report.card_s, f"{report.family} {report.module}".strip())
    return "\n".join(lines) + "\n"


def as_json(report: NationalReport) -> bytes:
    """Return one JSON object for programs."""
    return msgspec.json.encode(
        {
            "family": report.family,
            "module": report.module or None,
            "identity": report.identity,
            "outcome": report.verdict.outcome.value,
            "verdicts": {part.value: standing.value for part, standing in report.verdict.parts.items()},
            "tries": report.tries,
            "signature": report.signature,
            "ms": {name: round(seconds * 1000, 1) for name, seconds in report.steps_s.items()},
            "card_ms": round(report.card_s * 1000, 1),
            "apdus": report.commands or None,
        }
    )


def _identity(read: NationalRead, verdict: NationalVerdict) -> Identity:
    """Return whom the certificates name, and beside that what the card states; nothing of an issuer nobody knows."""
    subject, stated = verdict.subject, read.contents.stated
    if subject is None:
        return Identity()
    return Identity(
        surname=subject.surname,
        given_names=subject.given_names,
        document_number=stated.document_number,
        state=subject.country,
        nationality=stated.nationality,
        birth=stated.birth_date.isoformat() if stated.birth_date else "",
        sex=stated.sex,
        expiry=stated.expiry_date.isoformat() if stated.expiry_date else "",
        personal_number=subject.personal_code,
        address=", ".join(stated.address),
    )
