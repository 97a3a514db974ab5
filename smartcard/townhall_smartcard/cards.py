# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which card this is: by its ATR, and for unknown ATRs by what it can select."""

from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.emrtd.card_access import chosen
from townhall_smartcard.estonia import CERTIFICATE_PATHS, MAIN_APPLICATION
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.opening import read_card_access
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord

_BY_ATR: Final = {
    bytes.fromhex(atr): family
    for atr, family in (
        ("3BDB960080B1FE451F830012233F536549440F9000F1", CardFamily.ESTEID_2018),  # IDEMIA Cosmo 8.1, 8.2
        ("3BDC960080B1FE451F830012233F54654944320F9000C3", CardFamily.ESTEID_2018),  # IDEMIA Cosmo X
        ("3BFA1800008031FE45FE654944202F20504B4903", CardFamily.TOO_OLD),  # Estonia 2011-2018, withdrawn
        # Latvia uses the Estonian application's name with other files in it.
        ("3BDB960080B1FE451F830012428F536549440F900020", CardFamily.FOREIGN),
        ("3BDB960080B1FE451F830012428F54654944320F900012", CardFamily.FOREIGN),
    )
}


def family_of_atr(atr: bytes) -> CardFamily | None:
    """Return what an ATR alone tells: no ATR is a dead card, an ATR that we do not know is None."""
    return _BY_ATR.get(atr) if atr else CardFamily.DEAD


def probe(card: ApduProcessor) -> CardFamily:
    """Ask a card of unknown ATR whether it is one of ours; never returns TOO_OLD or DEAD.

    The application alone proves nothing (another state uses it too); its certificate file must be there. A card without
    contacts has an ATR that its reader made up, and may refuse to say before it is opened: then whoever opens it asks
    once more.
    """
    steps = (
        CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, MAIN_APPLICATION),
        CommandApdu(0x00, Ins.SELECT, 0x09, 0x04, CERTIFICATE_PATHS[PinRole.AUTHENTICATION], le=256),
    )
    for step in steps:
        answer = card.exchange(step)
        if answer.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
            return _behind_pace(card)
        if not answer.is_ok:
            return CardFamily.FOREIGN
    return CardFamily.ESTEID_2018


def _behind_pace(card: ApduProcessor) -> CardFamily:
    is_openable = chosen(read_card_access(card)) is not None
    return CardFamily.ESTEID_2018_BEHIND_PACE if is_openable else CardFamily.FOREIGN
