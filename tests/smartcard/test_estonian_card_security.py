# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the simulated card guards: no signature without its PIN, no try uncounted."""

from hashlib import sha384

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference, Pins
from townhall_smartcard.simulation.pki import TestPki

KEYS = TestPki().issue_card_keys(KADRI)
MAIN = "00A4040C10A000000077010800070000FE00000100"
AUTHENTICATION = "00A4040C0DE828BD080FF2504F5420415750"
SIGNATURE = "00A4040C1051534344204170706C69636174696F6E"
USE_AUTHENTICATION_KEY = "002241A406800104840181"
USE_SIGNATURE_KEY = "002241B60680015484019F"
DIGEST = sha384(b"a text").digest()
AUTHENTICATE = f"0088000030{DIGEST.hex()}00"
SIGN = f"002A9E9A30{DIGEST.hex()}00"
USE_AGREEMENT = "002241B8098004FF300400840181"
OTHER_SIDE = ec.generate_private_key(ec.SECP384R1())
POINT = OTHER_SIDE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex().upper()
AGREE = f"002A80866200{POINT}00"


@pytest.fixture
def card() -> EstonianCard:
    return EstonianCard(KADRI, KEYS)


def send(card: EstonianCard, *commands: str) -> str:
    """Send them all; return the last answer."""
    return [card.transmit(bytes.fromhex(command)).hex().upper() for command in commands][-1]


def padded(pin: str) -> str:
    return pin.encode().ljust(12, b"\xff").hex()


def verify(reference: int, pin: str) -> str:
    return f"002000{reference:02X}0C{padded(pin)}"


def change(reference: int, old: str, new: str) -> str:
    return f"002400{reference:02X}18{padded(old)}{padded(new)}"


def unblock(reference: int, new: str) -> str:
    return f"002C02{reference:02X}0C{padded(new)}"


def check(key: CertifiedKey, answer: str) -> None:
    """Verify r || s, with its status word, under the key's certificate; raises if it is not good."""
    raw = bytes.fromhex(answer)
    assert raw[96:] == b"\x90\x00"
    public = load_der_x509_certificate(key.certificate).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    der = encode_dss_signature(int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:96], "big"))
    public.verify(der, DIGEST, ec.ECDSA(Prehashed(SHA384())))


COMMANDS = [
    MAIN,
    AUTHENTICATION,
    SIGNATURE,
    USE_AUTHENTICATION_KEY,
    USE_SIGNATURE_KEY,
    AUTHENTICATE,
    SIGN,
    USE_AGREEMENT,
    AGREE,
    "00A4000C",
    "00A4010C02ADF1",
    "00A4010C02ADF2",
    verify(0x01, "9999"),
    verify(0x85, "99999"),
    verify(0x02, "99999999"),
    verify(0x85, "1234"),
    verify(0x01, "12345"),
    unblock(0x01, "1111"),
    change(0x01, "1111", "2222"),
    "00C0000000",
]


@given(st.lists(st.sampled_from(COMMANDS), max_size=30))
def test_no_sequence_of_commands_without_the_right_pin_makes_a_signature_or_a_secret(commands: list[str]) -> None:
    card = EstonianCard(KADRI, KEYS)
    for command in commands:
        assert len(send(card, command)) < 2 * 48


def test_the_right_pin_1_authenticates_until_the_card_is_reset(card: EstonianCard) -> None:
    assert send(card, AUTHENTICATION, USE_AUTHENTICATION_KEY, AUTHENTICATE) == "6982"
    check(KEYS.authentication, send(card, verify(0x01, "1234"), AUTHENTICATE))
    check(KEYS.authentication, send(card, AUTHENTICATE))
    card.reset()
    assert send(card, AUTHENTICATION, USE_AUTHENTICATION_KEY, AUTHENTICATE) == "6982"


def test_pin_2_is_good_for_one_signature(card: EstonianCard) -> None:
    assert send(card, SIGNATURE, USE_SIGNATURE_KEY, SIGN) == "6982"
    check(KEYS.signature, send(card, verify(0x85, "12345"), SIGN))
    assert send(card, SIGN) == "6982"


def test_pin_1_agrees_on_a_secret(card: EstonianCard) -> None:
    assert send(card, AUTHENTICATION, USE_AGREEMENT, AGREE) == "6982"
    shared = OTHER_SIDE.exchange(ec.ECDH(), KEYS.authentication.private_key.public_key()).hex().upper()
    assert send(card, verify(0x01, "1234"), AGREE) == shared + "9000"
    assert send(card, AUTHENTICATE) == "6985", "the environment is another"
    assert send(card, USE_AUTHENTICATION_KEY, AGREE) == "6985"


def test_a_point_that_is_none_is_not_agreed_with(card: EstonianCard) -> None:
    send(card, AUTHENTICATION, USE_AGREEMENT, verify(0x01, "1234"))
    for data in (f"6201{POINT}", f"6100{POINT[:-2]}", f"620004{'00' * 96}"):
        assert send(card, f"002A8086{data}00") == "6A80"


def test_neither_pin_opens_the_other_key(card: EstonianCard) -> None:
    assert send(card, SIGNATURE, verify(0x85, "12345"), AUTHENTICATION, USE_AUTHENTICATION_KEY, AUTHENTICATE) == "6982"
    assert send(card, verify(0x01, "1234"), SIGNATURE, USE_SIGNATURE_KEY, SIGN) == "6982"


def test_selecting_applications_closes_what_the_real_card_closes(card: EstonianCard) -> None:
    assert send(card, SIGNATURE, verify(0x85, "12345"), SIGNATURE, "00200085") == "63C3"
    assert send(card, verify(0x01, "1234"), AUTHENTICATION, "00200001") == "9000"
    assert send(card, MAIN, "00200001") == "63C3"


def test_paths_keep_pin_2_open_as_opensc_needs_it(card: EstonianCard) -> None:
    send(card, SIGNATURE, verify(0x85, "12345"))
    check(KEYS.signature, send(card, "00A4000C", "00A4010C02ADF2", USE_SIGNATURE_KEY, SIGN))


def test_both_names_of_the_algorithms_are_taken(card: EstonianCard) -> None:
    assert send(card, AUTHENTICATION, "002241A4098004FF200800840181") == "9000"
    assert send(card, SIGNATURE, "002241B6098004FF15080084019F") == "9000"


@pytest.mark.parametrize(
    ("application", "command", "status"),
    [
        (AUTHENTICATION, "002241A406800104840182", "6A80"),
        (AUTHENTICATION, "002241AA098004FF300400840181", "6A86"),
        (SIGNATURE, USE_AGREEMENT, "6A88"),
        (AUTHENTICATION, "0022F3A400", "6A86"),
        (SIGNATURE, USE_AUTHENTICATION_KEY, "6A88"),
        (AUTHENTICATION, USE_SIGNATURE_KEY, "6A88"),
        (AUTHENTICATION, AUTHENTICATE, "6985"),
        (AUTHENTICATION, "0088000130" + DIGEST.hex(), "6A86"),
        (SIGNATURE, "002A9EAC30" + DIGEST.hex(), "6A86"),
        (AUTHENTICATION, verify(0x85, "12345"), "6A88"),
        (MAIN, verify(0x03, "1234"), "6A88"),
        (MAIN, "00200101", "6A86"),
        (MAIN, "002000010431323334", "6700"),
        (MAIN, "0024010118" + "00" * 24, "6A86"),
        (MAIN, "002400030C" + "00" * 12, "6A88"),
        (MAIN, "002400010C" + "00" * 12, "6700"),
        (MAIN, unblock(0x01, "1111"), "6982"),
        (MAIN, unblock(0x02, "11111111"), "6A88"),
        (MAIN, unblock(0x85, "11111"), "6A88"),
        (MAIN, "002C000118" + "00" * 24, "6A86"),
        (MAIN, "00CB3FFE0A4D087006BF810102A08000", "6A86"),
        (MAIN, "00CB3FFF0A4D087006BF810502A08000", "6A88"),
        (MAIN, "00CB3FFF0A4D087006BF810702A08000", "6A88"),
        (MAIN, "00CB3FFF0A4D087006BF810102A08100", "6A88"),
        (MAIN, "00CB3FFF035C017E00", "6A88"),
    ],
)
def test_wrong_commands_are_refused_and_cost_no_try(
    card: EstonianCard, application: str, command: str, status: str
) -> None:
    assert send(card, application, command) == status
    assert [card.tries_left(reference) for reference in PinReference] == [3, 3, 3]


def test_a_digest_of_another_length_is_not_signed(card: EstonianCard) -> None:
    send(card, AUTHENTICATION, USE_AUTHENTICATION_KEY, verify(0x01, "1234"))
    assert send(card, "0088000020" + "AB" * 32 + "00") == "6A80"


@pytest.mark.parametrize(
    ("reference", "application", "right"),
    [(PinReference.PIN1, MAIN, "1234"), (PinReference.PIN2, SIGNATURE, "12345"), (PinReference.PUK, MAIN, "12345678")],
)
def test_every_wrong_try_counts_until_the_card_blocks(
    card: EstonianCard, reference: PinReference, application: str, right: str
) -> None:
    send(card, application)
    wrong, counter = verify(reference, "99999999"), f"00CB3FFF0A4D087006BF81{reference & 0x0F:02X}02A08000"
    for left in (2, 1):
        assert send(card, wrong) == f"63C{left}"
        assert bytes.fromhex(send(card, counter))[8:14] == bytes((0x9A, 1, 3, 0x9B, 1, left))
    assert send(card, verify(reference, right)) == "9000"
    assert card.tries_left(reference) == 3
    assert [send(card, wrong) for _ in range(4)] == ["63C2", "63C1", "63C0", "6983"]
    assert send(card, verify(reference, right)) == "6983"
    assert send(card, f"002000{reference:02X}") == "6983"
    assert bytes.fromhex(send(card, counter))[13] == 0


def test_tries_survive_a_reset_and_a_wrong_pin_closes_what_was_open(card: EstonianCard) -> None:
    assert send(card, verify(0x01, "1234"), verify(0x01, "9999"), "00200001") == "63C2"
    card.reset()
    assert send(card, "00200001") == "63C2"


def test_a_pin_is_changed_with_the_old_one(card: EstonianCard) -> None:
    assert send(card, change(0x01, "1234", "987654321098")) == "9000"
    assert send(card, verify(0x01, "1234")) == "63C2"
    assert send(card, verify(0x01, "987654321098")) == "9000"
    assert send(card, change(0x02, "12345678", "87654321"), verify(0x02, "87654321")) == "9000"


@pytest.mark.parametrize(
    ("new", "status"), [("123", "6A80"), ("12E4", "6A80"), ("", "6A80"), ("12 4", "6A80"), ("1234", "6985")]
)
def test_a_new_pin_that_the_card_does_not_take_changes_nothing(card: EstonianCard, new: str, status: str) -> None:
    assert send(card, change(0x01, "1234", new)) == status
    assert send(card, verify(0x01, "1234")) == "9000"


def test_a_change_with_a_wrong_old_pin_costs_a_try(card: EstonianCard) -> None:
    assert send(card, change(0x01, "9999", "4321")) == "63C2"
    assert send(card, verify(0x01, "4321")) == "63C1"


@pytest.mark.parametrize(("reference", "new"), [(0x01, "2468"), (0x85, "24680")])
def test_the_puk_opens_a_blocked_pin(card: EstonianCard, reference: int, new: str) -> None:
    application = SIGNATURE if reference == 0x85 else MAIN
    assert send(card, application, *[verify(reference, "99999")] * 3) == "63C0"
    assert send(card, MAIN, verify(0x02, "12345678")) == "9000"
    if reference == 0x85:
        send(card, SIGNATURE)
    assert send(card, unblock(reference, "1")) == "6A80"
    assert send(card, f"002C02{reference:02X}04" + "31" * 4) == "6700"
    assert send(card, unblock(reference, new)) == "9000"
    assert send(card, verify(reference, new)) == "9000"


@pytest.mark.parametrize("pins", [Pins(pin1=b"123"), Pins(pin2=b"1234"), Pins(puk=b"1234567"), Pins(pin1=b"1" * 13)])
def test_a_card_is_not_made_with_pins_that_it_would_refuse(pins: Pins) -> None:
    with pytest.raises(ValueError, match="digits"):
        EstonianCard(KADRI, KEYS, pins=pins)


def test_pins_do_not_show() -> None:
    assert repr(Pins(pin1=b"7391")) == "Pins()"
