# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One simulated card of every national family that can be simulated, with an authority that certified it just now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from townhall_crypto.trust import TrustAnchors
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.simulation.belgian_card import BelgianCertificates, BelgianContents, BelgianSimulation
from townhall_smartcard.simulation.belgian_person import BelgianFiles, BelgianPerson
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.latvian_card import LatvianCard
from townhall_smartcard.simulation.latvian_card_2012 import LatvianCard2012
from townhall_smartcard.simulation.lithuanian_card import PIN as LITHUANIAN_PIN
from townhall_smartcard.simulation.lithuanian_card import LithuanianCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.piv_card import PivSimulation
from townhall_smartcard.simulation.pkcs15_card import ISO_APPLET, MYEID, Pkcs15Habits, Pkcs15Simulation
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.polish_card import PolishCard
from townhall_smartcard.simulation.serbian_card import SerbianPerson, SerbianSimulation, serbian_files
from townhall_smartcard.simulation.slovenian_card import PINS as SLOVENIAN_PINS
from townhall_smartcard.simulation.slovenian_card import SlovenianCard
from townhall_smartcard.simulation.thales_chip import ESTONIA_2025, FINLAND_3, FINLAND_4, ThalesChip, ThalesProfile
from townhall_smartcard.simulation.vpcd import VirtualCard

ESTONIAN: Final = CertifiedHolder("EE", KADRI.surname, KADRI.given_names, f"PNOEE-{KADRI.personal_code}")
FINNISH: Final = CertifiedHolder("FI", "SPECIMEN", "LIISA", "99900335E")
LATVIAN_2012: Final = CertifiedHolder("LV", "PARAUGS", "ANNA", "320000-00001")
LATVIAN: Final = CertifiedHolder("LV", "PARAUGS", "ANNA", "PNOLV-320000-00001")
LITHUANIAN: Final = CertifiedHolder("LT", "PAVYZDYS", "JONAS", "PNOLT-30001010004")
POLISH: Final = CertifiedHolder("PL", "WZOR", "ANNA", "PNOPL-00210100005")
SLOVENIAN: Final = CertifiedHolder("SI", "VZOREC", "MAJA", "PNOSI-0101000505006")
NOE: Final = BelgianPerson()
BELGIAN: Final = CertifiedHolder("BE", NOE.surname, NOE.given_names, NOE.national_number)
JELENA: Final = SerbianPerson()
SERBIAN: Final = CertifiedHolder("RS", JELENA.person[1559], JELENA.person[1560], JELENA.person[1558])
EMPLOYEE: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
PIN1: Final = b"1234"


@dataclass(frozen=True, slots=True)
class NationalSample:
    """A card, whose it is, its PINs, and by whom it is to be trusted."""

    family: CardFamily
    holder: CertifiedHolder = field(repr=False)
    card: VirtualCard
    anchors: TrustAnchors = field(repr=False)
    pin1: bytes = field(default=PIN1, repr=False)
    pin2: bytes = field(default=b"123456", repr=False)
    access_number: bytes = field(default=b"", repr=False)
    """What opens it; nothing where it need not be opened."""
    leaves_open: frozenset[str] = frozenset()
    """Parts of the verdict that no such card can prove here, by their names."""


def _estonian_2018() -> NationalSample:
    pki = TestPki()
    card = EstonianCard(KADRI, pki.issue_card_keys(KADRI))
    return NationalSample(CardFamily.ESTEID_2018, ESTONIAN, card, pki.trust_anchors, pin2=b"12345")


def _thales(family: CardFamily, profile: ThalesProfile, holder: CertifiedHolder) -> Callable[[], NationalSample]:
    def make() -> NationalSample:
        authority = NationalAuthority(holder.country)
        records = KADRI.records()[:8] if family is CardFamily.ESTEID_2025 else ()
        card = ThalesChip(authority.issue_card_keys(holder, *profile.kinds), profile, records=records)
        return NationalSample(family, holder, card, authority.trusted())

    return make


def _latvian_2012() -> NationalSample:
    authority = NationalAuthority(LATVIAN_2012.country)
    card = LatvianCard2012(authority.issue_card_keys(LATVIAN_2012, KeyKind.RSA_2048, KeyKind.RSA_2048))
    return NationalSample(CardFamily.LATEID_2012, LATVIAN_2012, card, authority.trusted())


def _latvian(kind: KeyKind) -> Callable[[], NationalSample]:
    def make() -> NationalSample:
        authority = NationalAuthority(LATVIAN.country)
        card = LatvianCard(authority.issue_card_keys(LATVIAN, kind, kind))
        return NationalSample(CardFamily.LATEID_2019, LATVIAN, card, authority.trusted())

    return make


def _belgian(kind: KeyKind, version: int) -> Callable[[], NationalSample]:
    def make() -> NationalSample:
        authority = NationalAuthority(BELGIAN.country)
        register = authority.issue_register(BELGIAN.country, "RRN", kind)
        anchor = authority.anchor_der
        contents = BelgianContents(
            authority.issue_card_keys(BELGIAN, kind, kind),
            BelgianCertificates(anchor, anchor, register.certificate),
            BelgianFiles.signed(NOE, register),
        )
        card = BelgianSimulation(contents, version=version)
        return NationalSample(CardFamily.BELPIC, BELGIAN, card, authority.trusted(), pin2=PIN1)

    return make


def _lithuanian() -> NationalSample:
    authority = NationalAuthority(LITHUANIAN.country)
    card = LithuanianCard(authority.issue_card_keys(LITHUANIAN, KeyKind.P384, KeyKind.P384))
    pin = LITHUANIAN_PIN
    return NationalSample(
        CardFamily.LTEID, LITHUANIAN, card, authority.trusted(), pin1=pin, pin2=pin, access_number=CAN
    )


def _polish() -> NationalSample:
    authority = NationalAuthority(POLISH.country)
    card = PolishCard(authority.issue_card_keys(POLISH, KeyKind.P384, KeyKind.P384))
    return NationalSample(CardFamily.EDO, POLISH, card, authority.trusted(), access_number=CAN)


def _slovenian() -> NationalSample:
    authority = NationalAuthority(SLOVENIAN.country)
    card = SlovenianCard(authority.issue_card_keys(SLOVENIAN, KeyKind.P384, KeyKind.P384))
    pin1, pin2 = SLOVENIAN_PINS
    return NationalSample(CardFamily.EOI, SLOVENIAN, card, authority.trusted(), pin1=pin1, pin2=pin2, access_number=CAN)


def _serbian() -> NationalSample:
    authority = NationalAuthority(SERBIAN.country, name="Townhall TEST CA Resursi")
    signer = authority.issue_register(SERBIAN.country, "Townhall TEST signer of cards", KeyKind.RSA_2048)
    card = SerbianSimulation(serbian_files(JELENA, signer))
    anchors, leaves_open = authority.trusted(), frozenset({"chip", "agreement"})
    return NationalSample(CardFamily.SRBID, SERBIAN, card, anchors, leaves_open=leaves_open)


def _piv(kind: KeyKind) -> Callable[[], NationalSample]:
    def make() -> NationalSample:
        authority = NationalAuthority(EMPLOYEE.country)
        pin = b"123456"
        card = PivSimulation(authority.issue_card_keys(EMPLOYEE, kind, kind), pin=pin)
        return NationalSample(CardFamily.PIV, EMPLOYEE, card, authority.trusted(), pin1=pin, pin2=pin)

    return make


def _pkcs15(kind: KeyKind, habits: Pkcs15Habits) -> Callable[[], NationalSample]:
    def make() -> NationalSample:
        authority = NationalAuthority(EMPLOYEE.country)
        pin = b"123456"
        card = Pkcs15Simulation(authority.issue_card_keys(EMPLOYEE, kind, kind), habits, pin=pin)
        return NationalSample(CardFamily.PKCS15, EMPLOYEE, card, authority.trusted(), pin1=pin, pin2=pin)

    return make


BEHIND_PACE: Final[Mapping[str, Callable[[], NationalSample]]] = MappingProxyType(
    {
        "Lithuania": _lithuanian,
        "Poland": _polish,
        "Slovenia": _slovenian,
    }
)
"""Those that want their access number first."""
EVERY_FAMILY: Final[Mapping[str, Callable[[], NationalSample]]] = MappingProxyType(
    {
        "Estonia 2018": _estonian_2018,
        "Estonia 2025": _thales(CardFamily.ESTEID_2025, ESTONIA_2025, ESTONIAN),
        "Latvia 2012": _latvian_2012,
        "Latvia 2019, P-384": _latvian(KeyKind.P384),
        "Latvia 2019, RSA": _latvian(KeyKind.RSA_2048),
        "Finland 3": _thales(CardFamily.FINEID_3, FINLAND_3, FINNISH),
        "Finland 4": _thales(CardFamily.FINEID_4, FINLAND_4, FINNISH),
        "Belgium 1.7": _belgian(KeyKind.RSA_2048, 0x17),
        "Belgium 1.8": _belgian(KeyKind.P384, 0x18),
        **BEHIND_PACE,
    }
)
"""Those that visits take, by the name that people read."""
READ_AT_DESKS: Final[Mapping[str, Callable[[], NationalSample]]] = MappingProxyType(
    {
        "PIV, RSA": _piv(KeyKind.RSA_2048),
        "PIV, P-256": _piv(KeyKind.P256),
        "PKCS#15, RSA": _pkcs15(KeyKind.RSA_2048, MYEID),
        "PKCS#15, P-256": _pkcs15(KeyKind.P256, ISO_APPLET),
        "Serbia, data": _serbian,
    }
)
"""Those that visits do not take: PIV, whose certificates seldom name a person by number, and what has data alone."""
