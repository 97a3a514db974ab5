# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which national card has which driver: by its ATR, and for unknown ATRs by the files that only such a card has.

The order of the table is the order of probes. Several states use one application's name, so a name alone proves
nothing: each probe ends at a file, and a family whose files are a part of another's comes after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.national.atr import AtrPattern
from townhall_smartcard.national.belgium import APPLICATION as BELGIAN_APPLICATION
from townhall_smartcard.national.belgium import IDENTITY as BELGIAN_IDENTITY
from townhall_smartcard.national.belgium import BelgianCard, select_path
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.estonia_2018 import EstonianCardOf2018
from townhall_smartcard.national.estonia_2025 import AUTHENTICATION_CERTIFICATE as ESTONIAN_CERTIFICATE_2025
from townhall_smartcard.national.estonia_2025 import EstonianCardOf2025
from townhall_smartcard.national.estonia_pins import EstonianPinsOf2018, EstonianPinsOf2025
from townhall_smartcard.national.finland import (
    AUTHENTICATION_CERTIFICATE,
    SIGNATURE_CERTIFICATE_3,
    SIGNATURE_CERTIFICATE_4,
    finnish_card_3,
    finnish_card_4,
)
from townhall_smartcard.national.germany import GermanCard, is_german
from townhall_smartcard.national.idemia import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    SIGNATURE_APPLICATION,
)
from townhall_smartcard.national.latvia_1 import LatvianCardOf2012
from townhall_smartcard.national.latvia_2 import LatvianCardOf2019
from townhall_smartcard.national.new_pins import PinKeeper
from townhall_smartcard.national.piv import KEYS as PIV_KEYS
from townhall_smartcard.national.piv import SELECT_APPLICATION as SELECT_PIV
from townhall_smartcard.national.piv import PivCard
from townhall_smartcard.national.pkcs15 import Pkcs15Card, holds_certified_keys
from townhall_smartcard.national.serbia import APPLICATIONS as SERBIAN_APPLICATIONS
from townhall_smartcard.national.serbia import DOCUMENT as SERBIAN_DOCUMENT
from townhall_smartcard.national.serbia import SerbianCard
from townhall_smartcard.national.serbia import select_application as select_serbian
from townhall_smartcard.national.serbia import select_file as select_serbian_file
from townhall_smartcard.national.thales import APPLICATION as PKCS15_APPLICATION
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord


@dataclass(frozen=True, slots=True)
class NationalFamily:
    """One kind of card: how it is recognised and who drives it."""

    family: CardFamily
    country: str
    """Two capital letters; empty: cards of any country."""
    atrs: tuple[AtrPattern, ...]
    probe: tuple[CommandApdu, ...]
    """A card of unknown ATR that takes all of these is one; empty: only the ATR tells."""
    driver: Callable[[ApduProcessor], NationalCard]
    pins: Callable[[ApduProcessor], PinKeeper] | None = None
    """Who sets new PINs; None where no known client tells the commands."""
    replaceable: tuple[PinRole, ...] = ()
    """Which codes it sets."""
    recognises: Callable[[ApduProcessor], bool] | None = None
    """Asked in place of a probe, where the card itself tells in which file to look."""


@dataclass(frozen=True, slots=True)
class ClosedTo:
    """A card that has something of a family, and does not show it before it is opened."""

    family: CardFamily


def _application(name: bytes) -> CommandApdu:
    return CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, name)


def _file(how: int, path: str) -> CommandApdu:
    return CommandApdu(0x00, Ins.SELECT, how, 0x04, bytes.fromhex(path), le=MAX_SHORT_LE)


def _atrs(*digits: str) -> tuple[AtrPattern, ...]:
    return tuple(AtrPattern.parse(each) for each in digits)


_BOTH_PINS: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)

FAMILIES: Final = (
    NationalFamily(
        CardFamily.ESTEID_2018,
        "EE",
        _atrs(
            "3BDB960080B1FE451F830012233F536549440F9000F1",  # Cosmo 8.1, 8.2
            "3BDC960080B1FE451F830012233F54654944320F9000C3",  # Cosmo X
        ),
        (_application(MAIN_APPLICATION), _file(0x09, "ADF13401")),
        EstonianCardOf2018,
        EstonianPinsOf2018,
        (*_BOTH_PINS, PinRole.UNBLOCKING),
    ),
    # Has the Estonian applications with directories in them, and not the Estonian certificate file at its place.
    NationalFamily(
        CardFamily.LATEID_2019,
        "LV",
        _atrs(
            "3BDB960080B1FE451F830012428F536549440F900020",  # Cosmo 8
            "3BDC960080B1FE451F830012428F54654944320F900012",  # Cosmo X
        ),
        (
            _application(MAIN_APPLICATION),
            _application(SIGNATURE_APPLICATION),
            _application(AUTHENTICATION_APPLICATION),
            _file(0x02, "5031"),
        ),
        LatvianCardOf2019,
    ),
    NationalFamily(
        CardFamily.LATEID_2012,
        "LV",
        _atrs("3BDD18008131FE45904C41545649412D65494490008C"),
        (
            _application(MAIN_APPLICATION),
            CommandApdu(0x00, Ins.SELECT, 0x09, 0x0C, bytes.fromhex("ADF1A002")),
            _application(AUTHENTICATION_APPLICATION),
        ),
        LatvianCardOf2012,
    ),
    NationalFamily(
        CardFamily.ESTEID_2025,
        "EE",
        _atrs("3BFF9600008031FE438031B85365494464B085051012233F1D"),
        (_application(PKCS15_APPLICATION), _file(0x08, ESTONIAN_CERTIFICATE_2025)),
        EstonianCardOf2025,
        EstonianPinsOf2025,
        _BOTH_PINS,
    ),
    NationalFamily(
        CardFamily.FINEID_4,
        "FI",
        _atrs("3B7F9600008031B865B08505xxxx122460829000"),  # 4 and 4.1
        (
            _application(PKCS15_APPLICATION),
            _file(0x08, AUTHENTICATION_CERTIFICATE),
            _file(0x08, SIGNATURE_CERTIFICATE_4),
        ),
        finnish_card_4,
    ),
    NationalFamily(
        CardFamily.FINEID_3,
        "FI",
        _atrs("3B7F9600008031B865B08504021B1200F6829000"),
        (
            _application(PKCS15_APPLICATION),
            _file(0x08, AUTHENTICATION_CERTIFICATE),
            _file(0x08, SIGNATURE_CERTIFICATE_3),
        ),
        finnish_card_3,
    ),
    NationalFamily(
        CardFamily.BELPIC,
        "BE",
        _atrs(
            "3B98xx40xxA503010101AD13xx",  # applets 1.0 to 1.7
            "3B7F96000080318065B085040120120FFF829000",  # 1.8
        ),
        (select_path(BELGIAN_IDENTITY),),
        BelgianCard,
    ),
    # An applet of another's making, which a reset may leave unselected.
    NationalFamily(
        CardFamily.BELPIC,
        "BE",
        (),
        (CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, BELGIAN_APPLICATION), select_path(BELGIAN_IDENTITY)),
        BelgianCard,
    ),
    *(
        NationalFamily(
            CardFamily.SRBID,
            "RS",
            _atrs("3BFF9400008131804380318065B0850201F3120FFF82900079"),
            (select_serbian(name), select_serbian_file(SERBIAN_DOCUMENT)),
            SerbianCard,
        )
        for name in SERBIAN_APPLICATIONS
    ),
    # Its ATR is a reader's invention. Before PKCS#15: its directory names such an application, closed to terminals.
    NationalFamily(CardFamily.NPA, "DE", (), (), GermanCard, recognises=is_german),
    # A security key may have the application and no certificate in it: then it is none.
    NationalFamily(
        CardFamily.PIV,
        "US",
        (),
        (SELECT_PIV, PIV_KEYS[PinRole.AUTHENTICATION].read),
        PivCard,
    ),
    # Last: national cards have such directories too, and their own drivers know more of them.
    NationalFamily(CardFamily.PKCS15, "", (), (), Pkcs15Card, recognises=holds_certified_keys),
)
"""A new family is an entry here and a driver beside this module."""


def family_by_atr(atr: bytes) -> NationalFamily | None:
    """Return whose ATR this is; None for one that nobody listed."""
    return next((each for each in FAMILIES if any(pattern.matches(atr) for pattern in each.atrs)), None)


def family_by_probe(card: ApduProcessor) -> NationalFamily | ClosedTo | None:
    """Ask a card of unknown ATR which of the families it is; changes nothing on it but what is selected.

    A first step that the card refused for one family is not sent for another. A card that wants to be opened first is
    not asked further: it would say the same of everything.
    """
    refused: set[CommandApdu] = set()
    for each in FAMILIES:
        if each.recognises is not None and each.recognises(card):
            return each
        if not each.probe or each.probe[0] in refused:
            continue
        for step in each.probe:
            answer = card.exchange(step)
            if answer.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
                return ClosedTo(each.family)
            if not answer.is_ok:
                refused.add(step)
                break
        else:
            return each
    return None


def national_family(family: CardFamily) -> NationalFamily | None:
    """Return the entry of a family; None where no driver of the table serves it."""
    return next((each for each in FAMILIES if each.family is family), None)
