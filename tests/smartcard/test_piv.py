# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of PIV cards against a simulated one, which OpenSC judges: test_opensc_judges_piv."""

import gzip
from typing import Final

import pytest
from tests.smartcard.using_cards import BREAKS, use_key

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import (
    CardMisuseError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole, PinTries
from townhall_smartcard.national.piv import PivCard
from townhall_smartcard.national.piv_objects import certificate_in, statement_in
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, LENGTH, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.piv_card import CARD_NUMBER, EXPIRES, PivSimulation
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_smartcard.tlv import encode

HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
AUTHORITY: Final = NationalAuthority("US")
KEYS: Final = {kind: AUTHORITY.issue_card_keys(HOLDER, kind, kind) for kind in KeyKind}
EVERY_KIND = pytest.mark.parametrize("kind", list(KeyKind))
ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
PIN: Final = b"123456"
SIGN_9C: Final = bytes.fromhex("0087119C26") + encode(0x7C, encode(0x82, b"") + encode(0x81, bytes(32))) + b"\0"


def driver(card: VirtualCard) -> PivCard:
    return PivCard(processors_for(card))


@EVERY_KIND
@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("is_compressed", [False, True])
def test_everything_is_read_and_both_keys_sign(kind: KeyKind, delivery: Delivery, *, is_compressed: bool) -> None:
    keys = KEYS[kind]
    used = driver(PivSimulation(keys, delivery=delivery, is_compressed=is_compressed))
    contents = used.read()
    assert contents.certificates == {
        PinRole.AUTHENTICATION: keys.authentication.certificate,
        PinRole.SIGNATURE: keys.signature.certificate,
    }
    assert contents.tries == dict.fromkeys(ROLES, PinTries(3, 3))
    assert (contents.stated.document_number, contents.stated.expiry_date) == (CARD_NUMBER.hex().upper(), EXPIRES)
    for role in ROLES:
        signature, algorithm = use_key(used, role, PIN), used.algorithm(role)
        assert isinstance(signature, bytes)
        assert contents.algorithms[role] == algorithm
        assert is_card_signature(used.read_certificate(role), algorithm, algorithm.digest.of(b"said"), signature)


def test_a_card_without_the_signature_key_is_read_and_does_not_sign() -> None:
    used = driver(PivSimulation(KEYS[KeyKind.P256], has_signature_key=False))
    contents = used.read()
    assert set(contents.certificates) == set(contents.tries) == set(contents.algorithms) == {PinRole.AUTHENTICATION}
    pin = bytearray(PIN)
    with pytest.raises(CardUnsupportedError):
        used.sign(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))


def test_wrong_pins_count_down_for_both_keys_to_blocked_and_the_last_try_needs_a_word() -> None:
    card = PivSimulation(KEYS[KeyKind.P256])
    used = driver(card)
    assert use_key(used, PinRole.AUTHENTICATION, b"999999") == PinRefusal(PinRefusalReason.WRONG, 2)
    assert use_key(used, PinRole.SIGNATURE, b"999999") == PinRefusal(PinRefusalReason.WRONG, 1)
    assert use_key(used, PinRole.AUTHENTICATION, PIN) == LAST_TRY_UNCONFIRMED
    assert card.tries_left() == 1
    assert use_key(used, PinRole.AUTHENTICATION, b"999999", confirmed=True) == BLOCKED
    assert use_key(used, PinRole.SIGNATURE, PIN, confirmed=True) == BLOCKED
    assert used.read_tries(PinRole.SIGNATURE) == PinTries(0, 3)


@pytest.mark.parametrize("pin", [b"12345", b"123456789", b"12345x"])
def test_what_no_such_pin_looks_like_never_meets_the_card(pin: bytes) -> None:
    card = PivSimulation(KEYS[KeyKind.P256])
    assert use_key(driver(card), PinRole.SIGNATURE, pin) == LENGTH
    assert card.tries_left() == 3


def test_a_pin_opens_the_signature_key_for_the_next_command_alone() -> None:
    card = PivSimulation(KEYS[KeyKind.P256])
    card.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    verify = bytes.fromhex("0020008008") + PIN + b"\xff\xff"
    assert card.transmit(verify) == b"\x90\x00"
    assert card.transmit(SIGN_9C)[-2:] == b"\x90\x00"
    assert card.transmit(SIGN_9C) == b"\x69\x82"
    assert card.transmit(verify) == b"\x90\x00"
    assert card.transmit(bytes.fromhex("00200080")) == b"\x90\x00"
    assert card.transmit(SIGN_9C) == b"\x69\x82", "a command came between"


@EVERY_KIND
@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(kind: KeyKind, name: str) -> None:
    order, expected = BREAKS[name]

    def whole(card: FaultyCard) -> None:
        used = driver(card)
        used.read()
        for role in ROLES:
            use_key(used, role, PIN)

    counted = FaultyCard(PivSimulation(KEYS[kind]))
    whole(counted)
    for index in range(counted.commands):
        card = PivSimulation(KEYS[kind])
        with pytest.raises(expected):
            whole(order(FaultyCard(card), index))
        assert card.tries_left() >= 2


def test_the_application_with_a_certificate_in_it_makes_the_card_one_and_visits_do_not_take_it() -> None:
    assert probe(processors_for(PivSimulation(KEYS[KeyKind.P384]))) is CardFamily.PIV
    assert CardFamily.PIV not in SERVED_FAMILIES


def test_a_security_key_with_an_empty_application_is_none() -> None:
    class Empty(PivSimulation):
        def transmit(self, command: RawCommand) -> bytes:
            return b"\x6a\x82" if bytes(command)[1] == 0xCB else super().transmit(command)

    assert probe(processors_for(Empty(KEYS[KeyKind.P384]))) is CardFamily.FOREIGN


def test_a_digest_of_another_kind_of_key_never_meets_the_pin() -> None:
    pin = bytearray(PIN)
    with pytest.raises(CardMisuseError):
        driver(PivSimulation(KEYS[KeyKind.P384])).sign(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))


def test_there_is_no_key_for_unblocking() -> None:
    used = driver(PivSimulation(KEYS[KeyKind.P256]))
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.UNBLOCKING)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encode(0x70, b""),
        encode(0x70, b"\x30\x05\x00") + encode(0x71, b"\x00"),
        encode(0x70, b"no gzip") + encode(0x71, b"\x01"),
        encode(0x70, gzip.compress(b"\x30\x00", mtime=0)[:-4]) + encode(0x71, b"\x01"),
        encode(0x70, gzip.compress(bytes(1 << 20), mtime=0)) + encode(0x71, b"\x01"),
    ],
)
def test_an_object_without_a_certificate_makes_the_card_unreadable(content: bytes) -> None:
    with pytest.raises(CardUnreadableError):
        certificate_in(content)


@pytest.mark.parametrize("expires", [b"20391301", b"2039123", b"2039123x", b""])
def test_a_date_that_is_none_makes_the_card_unreadable(expires: bytes) -> None:
    with pytest.raises(CardUnreadableError):
        statement_in(encode(0x35, expires))


def test_a_number_of_nothing_but_zeros_is_no_number() -> None:
    assert statement_in(encode(0x34, bytes(16))).document_number == ""
