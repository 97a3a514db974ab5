# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Drivers of cards with Thales chips, Finland's and Estonia's of 2025; recorded ones: test_national_recorded."""

from typing import Final

import pytest
from tests.smartcard.using_cards import BREAKS, use_key

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.errors import (
    CardMisuseError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, NOT_ACTIVATED, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, NationalAuthority, NationalCardKeys
from townhall_smartcard.simulation.thales_chip import ESTONIA_2025, FINLAND_3, FINLAND_4, ThalesChip

HOLDER: Final = CertifiedHolder("FI", "MALLI", "ANNA", "99900000A")
AUTHORITY: Final = NationalAuthority("FI")
PROFILES: Final = {
    CardFamily.FINEID_3: FINLAND_3,
    CardFamily.FINEID_4: FINLAND_4,
    CardFamily.ESTEID_2025: ESTONIA_2025,
}
KEYS: Final = {family: AUTHORITY.issue_card_keys(HOLDER, *profile.kinds) for family, profile in PROFILES.items()}
EVERY_FAMILY = pytest.mark.parametrize("family", list(PROFILES), ids=lambda each: each.value)
EVERY_ROLE = pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE])
PINS: Final = {PinRole.AUTHENTICATION: b"1234", PinRole.SIGNATURE: b"123456"}


def chip(family: CardFamily, *, delivery: Delivery = Delivery.DIRECT, records: tuple[bytes, ...] = ()) -> ThalesChip:
    """A card of a family; an Estonian one says who its holder is."""
    if family is CardFamily.ESTEID_2025 and not records:
        records = KADRI.records()[:8]
    return ThalesChip(KEYS[family], PROFILES[family], delivery=delivery, records=records)


def most_tries(family: CardFamily) -> int:
    return 3 if family is CardFamily.ESTEID_2025 else 5


def driver(card: CardConnection, family: CardFamily) -> NationalCard:
    found = national_family(family)
    assert found is not None
    return found.driver(processors_for(card))


def certificate(keys: NationalCardKeys, role: PinRole) -> bytes:
    return (keys.authentication if role is PinRole.AUTHENTICATION else keys.signature).certificate


@EVERY_FAMILY
@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_however_the_card_delivers_it(family: CardFamily, delivery: Delivery) -> None:
    contents = driver(chip(family, delivery=delivery), family).read()
    assert contents.certificates == {role: certificate(KEYS[family], role) for role in PINS}
    assert contents.tries == dict.fromkeys(PINS, PinTries(most_tries(family), most_tries(family)))


@EVERY_FAMILY
@EVERY_ROLE
@pytest.mark.parametrize("delivery", list(Delivery))
def test_the_right_pin_gives_a_signature_that_verifies(family: CardFamily, role: PinRole, delivery: Delivery) -> None:
    used = driver(chip(family, delivery=delivery), family)
    signature = use_key(used, role, PINS[role])
    assert isinstance(signature, bytes)
    algorithm = used.algorithm(role)
    assert is_card_signature(certificate(KEYS[family], role), algorithm, algorithm.digest.of(b"said"), signature)


@EVERY_FAMILY
@EVERY_ROLE
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(family: CardFamily, role: PinRole) -> None:
    used = driver(chip(family), family)
    for left in range(most_tries(family) - 1, 0, -1):
        assert use_key(used, role, b"999999") == PinRefusal(PinRefusalReason.WRONG, left)
    assert use_key(used, role, PINS[role]) == LAST_TRY_UNCONFIRMED
    assert use_key(used, role, b"999999", confirmed=True) == BLOCKED
    assert use_key(used, role, PINS[role], confirmed=True) == BLOCKED


@EVERY_FAMILY
@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(family: CardFamily, name: str) -> None:
    order, expected = BREAKS[name]

    def whole(used: NationalCard) -> None:
        used.read()
        for role, pin in PINS.items():
            use_key(used, role, pin)

    counted = FaultyCard(chip(family))
    whole(driver(counted, family))
    for index in range(counted.commands):
        card = chip(family)
        with pytest.raises(expected):
            whole(driver(order(FaultyCard(card), index), family))
        assert sum(card.tries_left()) >= 2 * most_tries(family) - 1


@EVERY_FAMILY
def test_a_card_is_known_by_its_atr_and_by_its_files(family: CardFamily) -> None:
    card = chip(family)
    assert family_of_atr(card.atr) is family
    assert probe(processors_for(card)) is family


@pytest.mark.parametrize(
    "atr", ["3B7F9600008031B865B085050011122460829000", "3B7F9600008031B865B08505FFEE122460829000"]
)
def test_the_bytes_of_an_atr_that_differ_between_cards_do_not_matter(atr: str) -> None:
    assert family_of_atr(bytes.fromhex(atr)) is CardFamily.FINEID_4


@EVERY_FAMILY
def test_a_digest_of_another_kind_of_key_never_meets_the_pin(family: CardFamily) -> None:
    pin = bytearray(b"1234")
    with pytest.raises(CardMisuseError):
        driver(chip(family), family).authenticate(pin, bytes(20), last_try_confirmed=False)
    assert pin == bytes(4)


@EVERY_FAMILY
def test_there_is_no_key_for_unblocking(family: CardFamily) -> None:
    used = driver(chip(family), family)
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.UNBLOCKING)


@pytest.mark.parametrize("counter", ["A000", "A003DF2100", "A004DF210106", "8300"])
def test_a_counter_that_cannot_be_makes_the_card_unreadable(counter: str) -> None:
    answered = FaultyCard(chip(CardFamily.FINEID_4)).answer(1, bytes.fromhex(counter + "9000"))
    used = driver(answered, CardFamily.FINEID_4)
    with pytest.raises(CardUnreadableError):
        used.read_tries(PinRole.SIGNATURE)


def test_an_estonian_card_says_who_its_holder_is() -> None:
    stated = driver(chip(CardFamily.ESTEID_2025), CardFamily.ESTEID_2025).read().stated
    assert (stated.surname, stated.given_names, stated.personal_code, stated.sex) == (
        KADRI.surname,
        KADRI.given_names,
        KADRI.personal_code,
        "F",
    )
    assert (stated.birth_date, stated.birth_place) == (KADRI.birth, "EST")
    assert (stated.document_number, stated.expiry_date, stated.issuing_date) == (
        KADRI.document_number,
        KADRI.expires,
        None,
    )


@pytest.mark.parametrize(("number", "record"), [(0, b"\xff\xfe"), (0, b"a\nb"), (5, b"1234"), (5, b"\0")])
def test_records_that_name_nobody_make_the_card_unreadable(number: int, record: bytes) -> None:
    records = list(KADRI.records()[:8])
    records[number] = record
    with pytest.raises(CardUnreadableError):
        driver(chip(CardFamily.ESTEID_2025, records=tuple(records)), CardFamily.ESTEID_2025).read()


@EVERY_ROLE
def test_a_card_whose_holder_has_set_no_pins_yet_is_sent_none(role: PinRole) -> None:
    card = ThalesChip(KEYS[CardFamily.ESTEID_2025], ESTONIA_2025, pins=None)
    used = driver(card, CardFamily.ESTEID_2025)
    assert not used.read_tries(role).is_activated
    assert use_key(used, role, PINS[role]) == NOT_ACTIVATED
    assert card.tries_left() == (3, 3)
