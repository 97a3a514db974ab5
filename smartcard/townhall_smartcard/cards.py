# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which card this is: by its ATR, and for unknown ATRs by what it can select."""

from typing import Final

from townhall_smartcard.emrtd.card_access import chosen
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.paced import paced_by_atr
from townhall_smartcard.national.registry import ClosedTo, NationalFamily, family_by_atr, family_by_probe
from townhall_smartcard.opening import read_card_access
from townhall_smartcard.processors import ApduProcessor

_WITHDRAWN: Final = frozenset({bytes.fromhex("3BFA1800008031FE45FE654944202F20504B4903")})  # Estonia 2011-2018


def family_of_atr(atr: bytes) -> CardFamily | None:
    """Return what an ATR alone tells: no ATR is a dead card, an ATR that we do not know is None."""
    if not atr:
        return CardFamily.DEAD
    if atr in _WITHDRAWN:
        return CardFamily.TOO_OLD
    known = family_by_atr(atr) or paced_by_atr(atr)
    return None if known is None else known.family


def probe(card: ApduProcessor) -> CardFamily:
    """Ask a card of unknown ATR whether it is one that we know; never returns TOO_OLD or DEAD.

    A card without contacts has an ATR that its reader made up, and may refuse to say before it is opened: then whoever
    opens it asks once more.
    """
    found = family_by_probe(card)
    match found:
        case NationalFamily(family):
            return family
        case ClosedTo(CardFamily.ESTEID_2018):
            return _behind_pace(card)
        case _:
            return CardFamily.FOREIGN


def _behind_pace(card: ApduProcessor) -> CardFamily:
    is_openable = chosen(read_card_access(card)) is not None
    return CardFamily.ESTEID_2018_BEHIND_PACE if is_openable else CardFamily.FOREIGN
