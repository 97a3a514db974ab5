# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of the second Latvian card over a simulated one, with keys of both kinds."""

from collections.abc import Callable
from typing import Final

import pytest

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme, is_card_signature
from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.errors import (
    CardMisuseError,
    CardMuteError,
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
    UnexpectedStatusError,
)
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.directory import certificate_file, directory_file, private_key
from townhall_smartcard.national.latvia_2 import LatvianCardOf2019
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.latvian_card import LatvianCard, LatvianChip
from townhall_smartcard.simulation.national_keys import (
    CertifiedHolder,
    KeyKind,
    NationalAuthority,
    NationalCardKeys,
)

HOLDER: Final = CertifiedHolder("LV", "PARAUGS", "ANNA", "PNOLV-320000-00001")
AUTHORITY: Final = NationalAuthority("LV")
KEYS: Final = {kind: AUTHORITY.issue_card_keys(HOLDER, kind, kind) for kind in (KeyKind.RSA_2048, KeyKind.P384)}
EVERY_KIND = pytest.mark.parametrize("kind", list(KEYS), ids=lambda each: each.value)
EVERY_ROLE = pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE])
PINS: Final = {PinRole.AUTHENTICATION: b"1234", PinRole.SIGNATURE: b"123456"}
ALGORITHMS: Final = {
    KeyKind.RSA_2048: CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256),
    KeyKind.P384: CardAlgorithm(Scheme.ECDSA, Digest.SHA384),
}


def driver(card: CardConnection) -> LatvianCardOf2019:
    return LatvianCardOf2019(processors_for(card))


def certificate(keys: NationalCardKeys, role: PinRole) -> bytes:
    return (keys.authentication if role is PinRole.AUTHENTICATION else keys.signature).certificate


def use_key(
    card: CardConnection, role: PinRole, pin: bytearray, digest: bytes, *, confirmed: bool = False
) -> bytes | PinRefusal:
    used = driver(card)
    use = used.authenticate if role is PinRole.AUTHENTICATION else used.sign
    return use(pin, digest, last_try_confirmed=confirmed)


@EVERY_KIND
@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_however_the_card_delivers_it(kind: KeyKind, delivery: Delivery) -> None:
    contents = driver(LatvianCard(KEYS[kind], delivery=delivery)).read()
    assert contents.certificates == {role: certificate(KEYS[kind], role) for role in PINS}
    assert contents.algorithms == dict.fromkeys(PINS, ALGORITHMS[kind])
    assert contents.tries == dict.fromkeys(PINS, PinTries(3, 3))


@EVERY_KIND
@EVERY_ROLE
@pytest.mark.parametrize("delivery", list(Delivery))
def test_the_right_pin_gives_a_signature_that_verifies(kind: KeyKind, role: PinRole, delivery: Delivery) -> None:
    pin, digest = bytearray(PINS[role]), ALGORITHMS[kind].digest.of(b"said")
    signature = use_key(LatvianCard(KEYS[kind], delivery=delivery), role, pin, digest)
    assert isinstance(signature, bytes)
    assert is_card_signature(certificate(KEYS[kind], role), ALGORITHMS[kind], digest, signature)
    assert pin == bytes(len(pin))


@EVERY_ROLE
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(role: PinRole) -> None:
    card, digest = LatvianCard(KEYS[KeyKind.P384]), bytes(48)
    for left in (2, 1):
        assert use_key(card, role, bytearray(b"999999"), digest) == PinRefusal(PinRefusalReason.WRONG, left)
    assert use_key(card, role, bytearray(PINS[role]), digest) == LAST_TRY_UNCONFIRMED
    assert use_key(card, role, bytearray(b"999999"), digest, confirmed=True) == BLOCKED
    assert use_key(card, role, bytearray(PINS[role]), digest, confirmed=True) == BLOCKED


Break = Callable[[FaultyCard, int], FaultyCard]
BREAKS: Final[dict[str, tuple[Break, type[Exception]]]] = {
    "pulled": (FaultyCard.tear, CardRemovedError),
    "mute": (FaultyCard.mute_after, CardMuteError),
    "refuses": (lambda card, index: card.answer(index, b"\x6f\x00"), CardUnreadableError),
    "bare": (lambda card, index: card.cut(index, 1), CardUnreadableError),
}


@EVERY_KIND
@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named(kind: KeyKind, name: str) -> None:
    order, expected = BREAKS[name]

    def whole(card: CardConnection) -> None:
        driver(card).read()
        for role, pin in PINS.items():
            use_key(card, role, bytearray(pin), bytes(ALGORITHMS[kind].digest.size_bytes))

    counted = FaultyCard(LatvianCard(KEYS[kind]))
    whole(counted)
    asked_for_more = 0
    for index in range(counted.commands):
        card = LatvianCard(KEYS[kind])
        faulty = order(FaultyCard(card), index)
        try:
            whole(faulty)
        except expected:
            assert card.tries_left() in {(3, 3), (2, 3), (3, 2)}
        else:
            asked_for_more += 1
    # A first block of a certificate that is refused is asked for once more, in another size: two certificates.
    assert asked_for_more == (2 if name == "refuses" else 0)


def test_a_reader_that_fails_at_long_answers_is_asked_for_less() -> None:
    asked: list[int] = []

    class Listening:
        def __init__(self, card: LatvianCard) -> None:
            self._card = card

        def transmit(self, command: bytes | bytearray) -> bytes:
            if command[1] == 0xB0:
                asked.append(command[4])
            return self._card.transmit(command)

    driver(Listening(LatvianCard(KEYS[KeyKind.RSA_2048]))).read_certificate(PinRole.AUTHENTICATION)
    assert asked[:2] == [0, 0]
    assert max(asked[2:]) == 0xC0


@pytest.mark.parametrize("chip", list(LatvianChip))
def test_a_card_is_known_by_its_atr_and_by_its_files(chip: LatvianChip) -> None:
    card = LatvianCard(KEYS[KeyKind.P384], chip=chip)
    assert family_of_atr(card.atr) is CardFamily.LATEID_2019
    assert probe(processors_for(card)) is CardFamily.LATEID_2019


def test_a_digest_of_another_kind_of_key_never_meets_the_pin() -> None:
    card, pin = LatvianCard(KEYS[KeyKind.P384]), bytearray(b"1234")
    with pytest.raises(CardMisuseError):
        use_key(card, PinRole.AUTHENTICATION, pin, bytes(32))
    assert pin == bytes(4)


def test_there_is_no_key_for_unblocking() -> None:
    with pytest.raises(CardUnsupportedError):
        driver(LatvianCard(KEYS[KeyKind.P384])).read_certificate(PinRole.UNBLOCKING)


def test_an_unknown_file_is_named_by_its_status() -> None:
    with pytest.raises(UnexpectedStatusError):
        driver(FaultyCard(LatvianCard(KEYS[KeyKind.P384])).answer(2, b"\x6a\x82")).read_certificate(PinRole.SIGNATURE)


@pytest.mark.parametrize(
    "broken", ["", "00", "FF", "30", "3000", "A4023000", "A404300204AA", "A00430020400", "3003020101"]
)
def test_a_directory_that_is_none_makes_the_card_unreadable(broken: str) -> None:
    for parse in (lambda each: directory_file(each, 0xA4), certificate_file, private_key):
        with pytest.raises(CardUnreadableError):
            parse(bytes.fromhex(broken))


def test_a_key_without_a_two_byte_reference_has_none() -> None:
    short = bytes.fromhex("300A 3000 3006 020101 040101".replace(" ", ""))
    assert private_key(short).reference is None
    assert not private_key(short).is_elliptic
