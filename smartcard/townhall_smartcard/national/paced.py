# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which national cards show nothing before PACE with their access number, and who drives each once it is open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.atr import AtrPattern
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.lithuania import lithuanian_card
from townhall_smartcard.national.poland import polish_card
from townhall_smartcard.national.slovenia import slovenian_card
from townhall_smartcard.opening import PaceChannel


@dataclass(frozen=True, slots=True)
class PacedFamily:
    """One kind of card: it is recognised by its ATR alone, as it says nothing else to whoever has no number."""

    family: CardFamily
    country: str
    atrs: tuple[AtrPattern, ...]
    driver: Callable[[PaceChannel], NationalCard]


PACED_FAMILIES: Final = (
    PacedFamily(
        CardFamily.LTEID,
        "LT",
        (AtrPattern.parse("3B9D188131FC358031C0694D54434F53730206xxxx"),),
        lithuanian_card,
    ),
    PacedFamily(CardFamily.EDO, "PL", (AtrPattern.parse("3B8480014743504312"),), polish_card),
    PacedFamily(
        CardFamily.EOI,
        "SI",
        (
            AtrPattern.parse("3BD518FF8191FE1FC38073C821100A"),  # contacts
            AtrPattern.parse("3B8580018073C821100E"),  # held to a reader
        ),
        slovenian_card,
    ),
)
"""A new family is an entry here and a driver beside this module."""


def paced_by_atr(atr: bytes) -> PacedFamily | None:
    """Return whose ATR this is; None for one that nobody listed."""
    return next((each for each in PACED_FAMILIES if any(pattern.matches(atr) for pattern in each.atrs)), None)


def paced_family(family: CardFamily) -> PacedFamily | None:
    """Return the entry of a family; None for a card that need not be opened first."""
    return next((each for each in PACED_FAMILIES if each.family is family), None)
