# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which vendor's module an operator named for which cards."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.atr import AtrPattern

DEADLINE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class VendorModule:
    """A shared object that speaks PKCS#11, and the cards that it is for."""

    name: str
    path: Path
    """Absolute: a name alone would be looked for in folders that others may write."""
    atrs: tuple[AtrPattern, ...] = ()
    """Empty: whatever card no driver of ours and no module with ATRs is for."""
    country: str = ""
    """Two capital letters of the state whose cards these are; empty: of any."""
    deadline_s: float = DEADLINE_S
    """How long it may take for one thing: to be loaded and to show what a card holds, or to sign once."""
    writes_files: bool = False
    """It does not work without writing files, and may."""

    @property
    def family(self) -> CardFamily:
        """Which kind of card this makes of one that nobody here drives."""
        return CardFamily.PKCS11


def modules_for(atr: bytes, modules: Iterable[VendorModule]) -> tuple[VendorModule, ...]:
    """Return the modules to ask about a card, in this order: those that name its ATR, then those that name none."""
    told = tuple(modules)
    naming = [each for each in told if any(pattern.matches(atr) for pattern in each.atrs)]
    return (*naming, *(each for each in told if not each.atrs))
