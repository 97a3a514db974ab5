# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a verdict on a document says: one sentence for the person, every part with its reasons for the clerk."""

from dataclasses import dataclass
from typing import Final

from townhall_kiosk.documents.national_verdict import NationalVerdict
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.passive_verdict import PassiveVerdict, Standing
from townhall_smartcard.emrtd.session import ChipVerdict

_CHIP: Final = {
    ChipVerdict.PROVED: (Standing.GOOD, ""),
    ChipVerdict.NOT_PROVED: (Standing.BAD, "chip-not-proved"),
    ChipVerdict.NOT_OFFERED: (Standing.UNKNOWN, "chip-not-offered"),
}


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part of a verdict, in words."""

    name: str
    standing: str
    reasons: tuple[str, ...]


def sentence(verdict: PassiveVerdict, chip: ChipVerdict, text: Texts) -> str:
    """Return the one sentence for the person; what the state did not sign comes before whether the chip is a copy."""
    if verdict.is_accepted and chip is ChipVerdict.NOT_PROVED:
        return text("document.outcome.copy")
    return text(f"document.outcome.{verdict.outcome.value}")


def national_lines(verdict: NationalVerdict, text: Texts) -> tuple[str, tuple[PartLine, ...]]:
    """Return the one sentence about a national card, and every part."""
    lines = (
        PartLine(text(f"card.part.{part.value}"), text(f"document.standing.{standing.value}"), ())
        for part, standing in verdict.parts.items()
    )
    return text(f"card.outcome.{verdict.outcome.value}"), tuple(lines)


def part_lines(verdict: PassiveVerdict, chip: ChipVerdict, text: Texts) -> tuple[PartLine, ...]:
    """Return every part, in the order in which they build on each other, and whether the chip is a copy."""
    lines = [
        PartLine(
            text(f"document.check.{check.value}"),
            text(f"document.standing.{finding.standing.value}"),
            tuple(text(f"document.reason.{reason.value}") for reason in finding.reasons),
        )
        for check, finding in verdict.findings.items()
    ]
    standing, reason = _CHIP[chip]
    name, told = text("document.check.chip"), text(f"document.standing.{standing.value}")
    return (*lines, PartLine(name, told, (text(f"document.reason.{reason}"),) if reason else ()))
