# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulated Belgian cards of one authority, and their driver."""

from typing import Final

import pytest

from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.belgium import BelgianCard
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.belgian_card import BelgianCertificates, BelgianContents, BelgianSimulation
from townhall_smartcard.simulation.belgian_person import BelgianFiles, BelgianPerson
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.every_family import BELGIAN
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.vpcd import VirtualCard

AUTHORITY: Final = NationalAuthority("BE")
KEYS: Final = {kind: AUTHORITY.issue_card_keys(BELGIAN, kind, kind) for kind in (KeyKind.RSA_2048, KeyKind.P384)}
REGISTERS: Final = {kind: AUTHORITY.issue_register("BE", "RRN", kind) for kind in KEYS}
KINDS: Final = {0x11: KeyKind.RSA_2048, 0x17: KeyKind.RSA_2048, 0x18: KeyKind.P384}
PERSON: Final = BelgianPerson()
PIN: Final = b"1234"
ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
EVERY_APPLET = pytest.mark.parametrize("version", list(KINDS), ids=hex)


def contents_of(kind: KeyKind, person: BelgianPerson = PERSON) -> BelgianContents:
    anchor, register = AUTHORITY.anchor_der, REGISTERS[kind]
    certificates = BelgianCertificates(anchor, anchor, register.certificate)
    return BelgianContents(KEYS[kind], certificates, BelgianFiles.signed(person, register))


def card_of(
    version: int = 0x18, person: BelgianPerson = PERSON, delivery: Delivery = Delivery.FETCHED
) -> BelgianSimulation:
    return BelgianSimulation(contents_of(KINDS[version], person), version=version, delivery=delivery)


def driver(card: VirtualCard) -> BelgianCard:
    return BelgianCard(processors_for(card))
