# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The receipt that people take home: genuine or refused, and silent about people."""

import base64

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.errors import ReceiptRefusedError
from townhall_kiosk.receipt import PREFIX, ReceiptFacts, SignedReceipt, sign_receipt, verify_receipt

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
FACTS = ReceiptFacts(
    number="4F2K-9QXT-07MB",
    service="Change of address",
    place="Tamme Library",
    date="2026-11-22T09:30+02:00",
    kiosk="kiosk-1",
    envelope="ab" * 32,
    checkpoint="kiosk-1/log\n3\nq83vEjRWeJA=\n\n— kiosk-1 AAAA\n",
)
TEXT = sign_receipt(FACTS, KEY).to_text()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def packed(body: bytes, signature: bytes) -> str:
    encoded = base64.b32encode(len(body).to_bytes(2, "big") + body + signature).decode().rstrip("=")
    return PREFIX + encoded


# Hostile texts first


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_one_changed_character_is_refused(position: int, character: str) -> None:
    changed = TEXT[:position] + character + TEXT[position + 1 :]
    if changed.strip() == TEXT:
        return
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(changed, KEY.public_der)


def test_the_bits_to_spare_of_the_last_letter_make_no_second_text() -> None:
    for last in set(ALPHABET) - {TEXT[-1]}:
        with pytest.raises(ReceiptRefusedError):
            verify_receipt(TEXT[:-1] + last, KEY.public_der)


@pytest.mark.parametrize(
    "text",
    [
        "",
        PREFIX,
        PREFIX + "A",
        PREFIX + "AAAA",
        PREFIX + "A" * 5000,
        PREFIX + TEXT.removeprefix(PREFIX).lower(),
        TEXT.removeprefix(PREFIX),
        TEXT + "=",
        TEXT + "AAAAAAAA",
        TEXT[:-8],
        TEXT.replace("TOWNHALL", "TOWN-HALL"),
        PREFIX + "ÕÄÖÜ",
        "\0",
    ],
    ids=range(13),
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(text, KEY.public_der)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_in_a_receipt_s_clothes_pass(content: bytes) -> None:
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(PREFIX + base64.b32encode(content).decode().rstrip("="), KEY.public_der)


def test_another_device_s_receipt_is_refused() -> None:
    other = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(sign_receipt(FACTS, other).to_text(), KEY.public_der)


def test_a_signature_made_for_another_purpose_is_refused() -> None:
    body = FACTS.signed_bytes()
    for namespace in (namespaces.ENVELOPE_SIGNATURE, namespaces.CHECKPOINT_SIGNATURE):
        with pytest.raises(ReceiptRefusedError):
            verify_receipt(packed(body, KEY.sign(namespace, body)), KEY.public_der)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 7},
        {"number": None},
        {"surname": "x"},
    ],
)
def test_facts_of_another_shape_are_refused_even_when_signed(change: dict[str, object]) -> None:
    facts = {**msgspec.to_builtins(FACTS), **change}
    body = msgspec.json.encode({name: value for name, value in facts.items() if value is not None}, order="sorted")
    canonical.decode(body)
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(packed(body, KEY.sign(namespaces.PRINTED_RECEIPT, body)), KEY.public_der)


def test_facts_in_another_spelling_are_refused_even_when_signed() -> None:
    body = FACTS.signed_bytes().replace(b'","', b'", "')
    with pytest.raises(ReceiptRefusedError):
        verify_receipt(packed(body, KEY.sign(namespaces.PRINTED_RECEIPT, body)), KEY.public_der)


# Genuine ones


@settings(deadline=None, max_examples=50)
@given(st.builds(ReceiptFacts, *(st.text(max_size=60) for _ in range(7))))
def test_what_was_signed_is_what_is_read(facts: ReceiptFacts) -> None:
    assert verify_receipt(sign_receipt(facts, KEY).to_text(), KEY.public_der) == facts


def test_space_around_the_text_is_forgiven() -> None:
    assert verify_receipt(f"  {TEXT}\n", KEY.public_der) == FACTS


def test_the_text_suits_the_dense_mode_of_qr_codes() -> None:
    assert set(TEXT) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), "ISO/IEC 18004, alphanumeric mode"


def test_a_receipt_has_no_room_for_a_name_or_an_answer() -> None:
    assert set(msgspec.json.decode(FACTS.signed_bytes())) == {
        "number",
        "service",
        "place",
        "date",
        "kiosk",
        "envelope",
        "checkpoint",
    }


def test_a_receipt_travels_between_processes_as_it_is() -> None:
    receipt = sign_receipt(FACTS, KEY)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(receipt), type=SignedReceipt) == receipt
