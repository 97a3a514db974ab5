# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which card this is: by its ATR, and for unknown ATRs by what it can select."""

from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.estonia import CERTIFICATE_PATHS, MAIN_APPLICATION
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.processors import ApduProcessor

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

    The application alone proves nothing (another state uses it too); its certificate file must be there.
    """
    steps = (
        CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, MAIN_APPLICATION),
        CommandApdu(0x00, Ins.SELECT, 0x09, 0x04, CERTIFICATE_PATHS[PinRole.AUTHENTICATION], le=256),
    )
    is_estonian = all(card.exchange(step).is_ok for step in steps)
    return CardFamily.ESTEID_2018 if is_estonian else CardFamily.FOREIGN
