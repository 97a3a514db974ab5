# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Active Authentication: signatures by RSA and ECDSA, judged against the textbook and OpenSSL."""

import hashlib
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_smartcard.emrtd.active_authentication import HASH_OF_TRAILER, challenge, is_signed, signature_bytes
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.public_keys import EllipticKey, ResidueKey, RsaKey
from townhall_smartcard.emrtd.security_infos import ActiveAuthenticationInfo
from townhall_smartcard.simulation.chip_keys import EcdsaSigner, RsaSigner

NONCE = bytes.fromhex("F173589974BF40C6")
OTHER_NONCE = bytes.fromhex("F173589974BF40C7")
HASHES = tuple(HASH_OF_TRAILER.values())
PLAIN = "04007F0007010104010"  # BSI TR-03111, the last digit names the hash
ECDSA_HASHES = {"sha1": 1, "sha224": 2, "sha256": 3, "sha384": 4, "sha512": 5}


@cache
def rsa_key(bits: int) -> tuple[RsaKey, int]:
    numbers = rsa.generate_private_key(65537, bits).private_numbers()
    return RsaKey(numbers.public_numbers.n, numbers.public_numbers.e), numbers.d


def rsa_signer(bits: int, name: str, randomness: Randomness, **how: bool) -> tuple[RsaKey, RsaSigner]:
    key, private = rsa_key(bits)
    return key, RsaSigner(key.modulus, private, name, randomness, **how)


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("bits", [1024, 1536, 2048])
@pytest.mark.parametrize("is_lesser", [False, True], ids=["b6", "b4"])
def test_signatures_with_message_recovery_are_taken(
    randomness: Randomness, name: str, bits: int, *, is_lesser: bool
) -> None:
    key, signer = rsa_signer(bits, name, randomness, is_lesser=is_lesser)
    for _ in range(4):  # half of them are the greater of two
        signature = signer.sign(NONCE)
        assert len(signature) == signature_bytes(key) == bits // 8
        assert is_signed(key, (), NONCE, signature)
        assert not is_signed(key, (), OTHER_NONCE, signature)


def test_sha_1_has_two_trailers(randomness: Randomness) -> None:
    key, signer = rsa_signer(1024, "sha1", randomness, has_short_trailer=False)
    assert is_signed(key, (), NONCE, signer.sign(NONCE))


def opened(signature: bytes, key: RsaKey) -> bytes:
    number = pow(int.from_bytes(signature, "big"), key.exponent, key.modulus)
    return number.to_bytes(len(signature), "big")


def closed(block: bytes, bits: int) -> bytes:
    key, private = rsa_key(bits)
    return pow(int.from_bytes(block, "big"), private, key.modulus).to_bytes(bits // 8, "big")


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 0x4A), (0, 0x6B), (0, 0x2A), (1, 0x00), (-1, 0xBB), (-1, 0xDC), (-2, 0x31), (-2, 0x00), (-10, 0x00)],
)
def test_a_block_of_another_form_is_refused(randomness: Randomness, place: int, value: int) -> None:
    key, signer = rsa_signer(1024, "sha256", randomness)
    block = bytearray(opened(signer.sign(NONCE), key))
    assert (block[0], block[-1], block[-2]) == (0x6A, 0xCC, 0x34)
    changed = bytearray(block)
    changed[place] = value
    assert changed != block
    assert is_signed(key, (), NONCE, closed(bytes(block), 1024))
    assert not is_signed(key, (), NONCE, closed(bytes(changed), 1024))


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_any_changed_bit_is_refused(data: st.DataObject) -> None:
    key, private = rsa_key(1024)
    signature = bytearray(RsaSigner(key.modulus, private, "sha1", lambda count: b"\x5a" * count).sign(NONCE))
    signature[data.draw(st.integers(0, 127))] ^= 1 << data.draw(st.integers(0, 7))
    assert not is_signed(key, (), NONCE, bytes(signature))


def test_numbers_beyond_the_modulus_and_of_another_length_are_refused(randomness: Randomness) -> None:
    key, signer = rsa_signer(1024, "sha1", randomness)
    signature = signer.sign(NONCE)
    beyond = int.from_bytes(signature, "big") + key.modulus
    for untrusted in (b"", signature[:-1], signature + b"\0", b"\xff" * 128, b"\0" * 128, beyond.to_bytes(129, "big")):
        assert not is_signed(key, (), NONCE, untrusted)


def test_a_number_that_is_the_signature_modulo_the_modulus_is_none(randomness: Randomness) -> None:
    keys = (rsa.generate_private_key(65537, 1024).private_numbers() for _ in range(100))  # noqa: S505  # as chips have
    numbers = next(each for each in keys if each.public_numbers.n >> 1020 < 12)
    key = RsaKey(numbers.public_numbers.n, 65537)
    signer = RsaSigner(key.modulus, numbers.d, "sha256", randomness)
    signatures = (int.from_bytes(signer.sign(NONCE), "big") for _ in range(200))
    signature = next(each for each in signatures if (each + key.modulus).bit_length() <= 1024)
    assert is_signed(key, (), NONCE, signature.to_bytes(128, "big"))
    assert not is_signed(key, (), NONCE, (signature + key.modulus).to_bytes(128, "big"))


def ecdsa(number: int, name: str, randomness: Randomness) -> tuple[EllipticKey, EcdsaSigner]:
    curve = CURVES[number]
    return EllipticKey(curve, curve.multiple_of_generator(99)), EcdsaSigner(curve, 99, name, randomness)


def named(name: str) -> tuple[ActiveAuthenticationInfo]:
    return (ActiveAuthenticationInfo(bytes.fromhex(f"{PLAIN}{ECDSA_HASHES[name]}")),)


@pytest.mark.parametrize("name", ECDSA_HASHES)
@pytest.mark.parametrize("number", CURVES)
def test_plain_signatures_are_taken_on_every_curve(randomness: Randomness, number: int, name: str) -> None:
    key, signer = ecdsa(number, name, randomness)
    signature = signer.sign(NONCE)
    assert len(signature) == signature_bytes(key)
    assert is_signed(key, named(name), NONCE, signature)
    assert not is_signed(key, named(name), OTHER_NONCE, signature)
    other = next(each for each in ECDSA_HASHES if each != name)
    assert not is_signed(key, named(other), NONCE, signature), "the hash is the one that the state signed"


@pytest.mark.parametrize("number", CURVES)
def test_without_a_name_each_hash_that_goes_with_the_key_is_tried(randomness: Randomness, number: int) -> None:
    for name in ECDSA_HASHES:
        key, signer = ecdsa(number, name, randomness)
        fits = 8 * hashlib.new(name).digest_size <= (key.curve.order.bit_length() + 7 & ~7)
        assert is_signed(key, (), NONCE, signer.sign(NONCE)) is fits


@pytest.mark.parametrize("number", [each for each in CURVES if CURVES[each].standard.named is not None])
def test_signatures_that_openssl_makes_are_taken(number: int) -> None:
    curve = CURVES[number]
    assert curve.standard.named is not None
    private = ec.generate_private_key(curve.standard.named)
    point = private.public_key().public_numbers()
    r, s = decode_dss_signature(private.sign(NONCE, ec.ECDSA(hashes.SHA256())))
    length = (curve.order.bit_length() + 7) // 8
    key = EllipticKey(
        curve,
        curve.decode(b"\x04" + b"".join(each.to_bytes(curve.coordinate_bytes, "big") for each in (point.x, point.y))),
    )
    assert is_signed(key, named("sha256"), NONCE, r.to_bytes(length, "big") + s.to_bytes(length, "big"))


@pytest.mark.parametrize("number", [9, 12])
def test_numbers_that_are_no_signature_are_refused(randomness: Randomness, number: int) -> None:
    key, signer = ecdsa(number, "sha256", randomness)
    signature, length = signer.sign(NONCE), signature_bytes(key) // 2
    order = key.curve.order.to_bytes(length, "big")
    for untrusted in (
        b"",
        bytes(2 * length),
        bytes(length) + signature[length:],
        signature[:length] + bytes(length),
        order + signature[length:],
        signature[:length] + order,
        signature[:-1],
        signature[length:] + signature[:length],
    ):
        assert not is_signed(key, named("sha256"), NONCE, untrusted)


@pytest.mark.parametrize("number", [9, 12, 16])
def test_a_signature_in_the_form_of_certificates_is_taken_too(randomness: Randomness, number: int) -> None:
    key, signer = ecdsa(number, "sha256", randomness)
    signature, half = signer.sign(NONCE), signature_bytes(key) // 2
    r, s = (int.from_bytes(each, "big") for each in (signature[:half], signature[half:]))
    assert is_signed(key, named("sha256"), NONCE, encode_dss_signature(r, s))
    assert not is_signed(key, named("sha256"), NONCE, encode_dss_signature(s, r))
    assert not is_signed(key, named("sha256"), NONCE, encode_dss_signature(r, s) + b"\0")
    assert not is_signed(key, named("sha256"), OTHER_NONCE, encode_dss_signature(r, s))


def test_an_algorithm_that_nobody_knows_proves_nothing(randomness: Randomness) -> None:
    key, signer = ecdsa(12, "sha256", randomness)
    unknown = (ActiveAuthenticationInfo(bytes.fromhex(f"{PLAIN}7")),)
    assert not is_signed(key, unknown, NONCE, signer.sign(NONCE))


def test_a_key_that_cannot_sign_signs_nothing() -> None:
    key = ResidueKey(DH_GROUPS[0], DH_GROUPS[0].multiple_of_generator(7))
    assert not is_signed(key, (), NONCE, b"")


def test_the_number_is_sent_as_it_is() -> None:
    assert challenge(NONCE, 256).encode().hex() == f"0088000008{NONCE.hex()}00"
