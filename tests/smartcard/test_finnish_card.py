# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of the Finnish cards over simulated ones of both versions; recorded ones: test_national_recorded."""

from collections.abc import Callable
from typing import Final

import pytest

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.errors import (
    CardMisuseError,
    CardMuteError,
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.finnish_card import MOST_TRIES, FinnishCard, FinnishVersion
from townhall_smartcard.simulation.national_keys import CertifiedHolder, NationalAuthority, NationalCardKeys

HOLDER: Final = CertifiedHolder("FI", "MALLI", "ANNA", "99900000A")
AUTHORITY: Final = NationalAuthority("FI")
KEYS: Final = {version: AUTHORITY.issue_card_keys(HOLDER, *version.kinds) for version in FinnishVersion}
FAMILIES: Final = {FinnishVersion.V3: CardFamily.FINEID_3, FinnishVersion.V4: CardFamily.FINEID_4}
EVERY_VERSION = pytest.mark.parametrize("version", list(FinnishVersion), ids=lambda each: each.name)
EVERY_ROLE = pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE])
PINS: Final = {PinRole.AUTHENTICATION: b"1234", PinRole.SIGNATURE: b"123456"}


def driver(card: CardConnection, version: FinnishVersion) -> NationalCard:
    family = national_family(FAMILIES[version])
    assert family is not None
    return family.driver(processors_for(card))


def certificate(keys: NationalCardKeys, role: PinRole) -> bytes:
    return (keys.authentication if role is PinRole.AUTHENTICATION else keys.signature).certificate


def use_key(used: NationalCard, role: PinRole, pin: bytes, *, confirmed: bool = False) -> bytes | PinRefusal:
    use = used.authenticate if role is PinRole.AUTHENTICATION else used.sign
    entered = bytearray(pin)
    outcome = use(entered, used.algorithm(role).digest.of(b"said"), last_try_confirmed=confirmed)
    assert entered == bytes(len(pin)), "wiped"
    return outcome


@EVERY_VERSION
@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_however_the_card_delivers_it(version: FinnishVersion, delivery: Delivery) -> None:
    contents = driver(FinnishCard(KEYS[version], version, delivery=delivery), version).read()
    assert contents.certificates == {role: certificate(KEYS[version], role) for role in PINS}
    assert contents.tries == dict.fromkeys(PINS, PinTries(MOST_TRIES, MOST_TRIES))


@EVERY_VERSION
@EVERY_ROLE
@pytest.mark.parametrize("delivery", list(Delivery))
def test_the_right_pin_gives_a_signature_that_verifies(
    version: FinnishVersion, role: PinRole, delivery: Delivery
) -> None:
    used = driver(FinnishCard(KEYS[version], version, delivery=delivery), version)
    signature = use_key(used, role, PINS[role])
    assert isinstance(signature, bytes)
    algorithm = used.algorithm(role)
    assert is_card_signature(certificate(KEYS[version], role), algorithm, algorithm.digest.of(b"said"), signature)


@EVERY_VERSION
@EVERY_ROLE
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(version: FinnishVersion, role: PinRole) -> None:
    used = driver(FinnishCard(KEYS[version], version), version)
    for left in range(MOST_TRIES - 1, 0, -1):
        assert use_key(used, role, b"999999") == PinRefusal(PinRefusalReason.WRONG, left)
    assert use_key(used, role, PINS[role]) == LAST_TRY_UNCONFIRMED
    assert use_key(used, role, b"999999", confirmed=True) == BLOCKED
    assert use_key(used, role, PINS[role], confirmed=True) == BLOCKED


Break = Callable[[FaultyCard, int], FaultyCard]
BREAKS: Final[dict[str, tuple[Break, type[Exception]]]] = {
    "pulled": (FaultyCard.tear, CardRemovedError),
    "mute": (FaultyCard.mute_after, CardMuteError),
    "refuses": (lambda card, index: card.answer(index, b"\x6f\x00"), CardUnreadableError),
    "bare": (lambda card, index: card.cut(index, 1), CardUnreadableError),
}


@EVERY_VERSION
@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(version: FinnishVersion, name: str) -> None:
    order, expected = BREAKS[name]

    def whole(used: NationalCard) -> None:
        used.read()
        for role, pin in PINS.items():
            use_key(used, role, pin)

    counted = FaultyCard(FinnishCard(KEYS[version], version))
    whole(driver(counted, version))
    for index in range(counted.commands):
        card = FinnishCard(KEYS[version], version)
        with pytest.raises(expected):
            whole(driver(order(FaultyCard(card), index), version))
        assert sum(card.tries_left()) >= 2 * MOST_TRIES - 1


@EVERY_VERSION
def test_a_card_is_known_by_its_atr_and_by_its_files(version: FinnishVersion) -> None:
    card = FinnishCard(KEYS[version], version)
    assert family_of_atr(card.atr) is FAMILIES[version]
    assert probe(processors_for(card)) is FAMILIES[version]


@pytest.mark.parametrize(
    "atr", ["3B7F9600008031B865B085050011122460829000", "3B7F9600008031B865B08505FFEE122460829000"]
)
def test_the_bytes_of_an_atr_that_differ_between_cards_do_not_matter(atr: str) -> None:
    assert family_of_atr(bytes.fromhex(atr)) is CardFamily.FINEID_4


@EVERY_VERSION
def test_a_digest_of_another_kind_of_key_never_meets_the_pin(version: FinnishVersion) -> None:
    pin = bytearray(b"1234")
    with pytest.raises(CardMisuseError):
        driver(FinnishCard(KEYS[version], version), version).authenticate(pin, bytes(20), last_try_confirmed=False)
    assert pin == bytes(4)


@EVERY_VERSION
def test_there_is_no_key_for_unblocking(version: FinnishVersion) -> None:
    used = driver(FinnishCard(KEYS[version], version), version)
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.UNBLOCKING)


@pytest.mark.parametrize("counter", ["A000", "A003DF2100", "A004DF210106", "8300"])
def test_a_counter_that_cannot_be_makes_the_card_unreadable(counter: str) -> None:
    answered = FaultyCard(FinnishCard(KEYS[FinnishVersion.V4], FinnishVersion.V4)).answer(
        1, bytes.fromhex(counter + "9000")
    )
    used = driver(answered, FinnishVersion.V4)
    with pytest.raises(CardUnreadableError):
        used.read_tries(PinRole.SIGNATURE)
