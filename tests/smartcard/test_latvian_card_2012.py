# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of the first Latvian card over a simulated one; recorded ones: test_national_recorded."""

from typing import Final

import pytest
from tests.smartcard.using_cards import BREAKS

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.latvia_1 import ALGORITHM, LatvianCardOf2012
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.latvian_card_2012 import LatvianCard2012
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority

KEYS: Final = NationalAuthority("LV").issue_card_keys(
    CertifiedHolder("LV", "PARAUGS", "ANNA", "320000-00001"), KeyKind.RSA_2048, KeyKind.RSA_2048
)
CERTIFICATES: Final = {
    PinRole.AUTHENTICATION: KEYS.authentication.certificate,
    PinRole.SIGNATURE: KEYS.signature.certificate,
}
PINS: Final = {PinRole.AUTHENTICATION: b"1234", PinRole.SIGNATURE: b"123456"}
EVERY_ROLE = pytest.mark.parametrize("role", list(PINS))
DIGEST: Final = ALGORITHM.digest.of(b"said")


def use_key(card: CardConnection, role: PinRole, pin: bytes, *, confirmed: bool = False) -> bytes | PinRefusal:
    used = LatvianCardOf2012(processors_for(card))
    use = used.authenticate if role is PinRole.AUTHENTICATION else used.sign
    entered = bytearray(pin)
    outcome = use(entered, DIGEST, last_try_confirmed=confirmed)
    assert entered == bytes(len(pin)), "wiped"
    return outcome


@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_and_both_keys_sign_however_the_card_delivers_it(delivery: Delivery) -> None:
    card = LatvianCard2012(KEYS, delivery=delivery)
    contents = LatvianCardOf2012(processors_for(card)).read()
    assert contents.certificates == CERTIFICATES
    assert contents.tries == dict.fromkeys(PINS, PinTries(3, 3))
    for role, pin in PINS.items():
        signature = use_key(card, role, pin)
        assert isinstance(signature, bytes)
        assert is_card_signature(CERTIFICATES[role], ALGORITHM, DIGEST, signature)


@EVERY_ROLE
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(role: PinRole) -> None:
    card = LatvianCard2012(KEYS)
    for left in (2, 1):
        assert use_key(card, role, b"999999") == PinRefusal(PinRefusalReason.WRONG, left)
    assert use_key(card, role, PINS[role]) == LAST_TRY_UNCONFIRMED
    assert use_key(card, role, b"999999", confirmed=True) == BLOCKED
    assert use_key(card, role, PINS[role], confirmed=True) == BLOCKED
    assert sorted(card.tries_left()) == [0, 3], "the other PIN lost nothing"


@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(name: str) -> None:
    order, expected = BREAKS[name]

    def whole(card: FaultyCard) -> None:
        LatvianCardOf2012(processors_for(card)).read()
        for role, pin in PINS.items():
            use_key(card, role, pin)

    counted = FaultyCard(LatvianCard2012(KEYS))
    whole(counted)
    for index in range(counted.commands):
        card = LatvianCard2012(KEYS)
        with pytest.raises(expected):
            whole(order(FaultyCard(card), index))
        assert sum(card.tries_left()) >= 5


def test_it_is_known_by_its_atr_and_by_its_files() -> None:
    card = LatvianCard2012(KEYS)
    assert family_of_atr(card.atr) is CardFamily.LATEID_2012
    assert probe(processors_for(card)) is CardFamily.LATEID_2012
