# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public keys in every form that states use: those that OpenSSL makes, and those that our chips are given."""

import contextlib
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.public_keys import EllipticKey, ResidueKey, RsaKey, parse_public_key
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.simulation.chip_keys import Form, public_key_info, rsa_key_info
from townhall_smartcard.tlv import encode

NAMES = {
    8: "prime192v1",
    9: "brainpoolP192r1",
    10: "secp224r1",
    11: "brainpoolP224r1",
    12: "prime256v1",
    13: "brainpoolP256r1",
    14: "brainpoolP320r1",
    15: "secp384r1",
    16: "brainpoolP384r1",
    17: "brainpoolP512r1",
    18: "secp521r1",
}


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["named_curve", "explicit"])
@pytest.mark.parametrize("number", NAMES)
def test_keys_that_openssl_makes_are_read(number: int, form: str) -> None:
    options = ("-pkeyopt", f"ec_paramgen_curve:{NAMES[number]}", "-pkeyopt", f"ec_param_enc:{form}")
    private = openssl("genpkey", "-algorithm", "EC", *options, "-outform", "DER")
    info = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", given=private)
    key = parse_public_key(info)
    assert isinstance(key, EllipticKey)
    assert key.curve is CURVES[number]
    assert info.endswith(key.curve.encode(key.point))


@pytest.mark.parametrize(
    "form", [Form.EXPLICIT, Form.COMPRESSED_GENERATOR, Form.STANDARDISED], ids=lambda form: form.name
)
@pytest.mark.parametrize("number", CURVES)
def test_points_are_read_in_every_form(number: int, form: Form) -> None:
    key = parse_public_key(public_key_info(CURVES[number], 7, form, number))
    assert key == EllipticKey(CURVES[number], CURVES[number].multiple_of_generator(7))


@pytest.mark.parametrize("form", [Form.EXPLICIT, Form.X942, Form.STANDARDISED], ids=lambda form: form.name)
@pytest.mark.parametrize("number", DH_GROUPS)
def test_residues_are_read_in_every_form_and_a_known_groups_order_is_known(number: int, form: Form) -> None:
    group = DH_GROUPS[number]
    key = parse_public_key(public_key_info(group, 7, form, number))
    assert key == ResidueKey(group, group.multiple_of_generator(7))


def test_a_group_of_its_own_is_read_with_its_order_or_without() -> None:
    base = DH_GROUPS[2]
    own = Residues(base.prime, pow(base.generator, 5, base.prime), base.order)
    key = parse_public_key(public_key_info(own, 7, Form.X942))
    assert isinstance(key, ResidueKey)
    assert key.group == own
    key = parse_public_key(public_key_info(own, 7, Form.EXPLICIT))
    assert isinstance(key, ResidueKey)
    assert key.group.order == own.prime - 1


@pytest.mark.parametrize("bits", [1024, 2048])
def test_rsa_keys_are_read(bits: int) -> None:
    public = rsa.generate_private_key(65537, bits).public_key()
    numbers = public.public_numbers()
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert info == rsa_key_info(numbers.n, numbers.e)
    assert parse_public_key(info) == RsaKey(numbers.n, numbers.e)


def bent(number: int, find: bytes, put: bytes) -> bytes:
    info = public_key_info(CURVES[number], 7)
    assert info.count(find) >= 1
    return info.replace(find, put, 1)


def test_a_curve_that_nobody_standardised_is_not_served() -> None:
    curve = CURVES[12]
    b = curve.standard.b.to_bytes(32, "big")
    for info in (
        bent(12, b, b[:-1] + bytes((b[-1] ^ 1,))),
        bent(12, curve.encode(curve.generator), curve.encode(curve.multiple_of_generator(2))),
        public_key_info(curve, 7, Form.STANDARDISED, 19),
        public_key_info(curve, 7, Form.STANDARDISED, 3),
        rsa_key_info((1 << 1022) + 1, 65537),
        rsa_key_info((1 << 8192) + 1, 65537),
        encode(0x30, encode(0x30, bytes.fromhex("06032B6570")) + encode(0x03, bytes(33))),  # Ed25519
    ):
        with pytest.raises(CardUnsupportedError):
            parse_public_key(info)


def test_a_point_beside_the_curve_is_no_key() -> None:
    info = bytearray(public_key_info(CURVES[13], 7))
    info[-1] ^= 1
    with pytest.raises(CardUnreadableError):
        parse_public_key(bytes(info))


@pytest.mark.parametrize(
    ("modulus", "exponent"),
    [((1 << 1024) + 1, 1), ((1 << 1024) + 1, (1 << 1024) + 1), ((1 << 1024) + 1, 2)],
    ids=["exponent-1", "exponent-as-long", "even-exponent"],
)
def test_numbers_that_are_no_rsa_key_are_refused(modulus: int, exponent: int) -> None:
    with pytest.raises((CardUnreadableError, CardUnsupportedError)):
        parse_public_key(rsa_key_info(modulus, exponent))


def test_an_order_that_is_none_is_refused() -> None:
    group = DH_GROUPS[0]
    for wrong in (group.order + 2, 2, group.prime):
        with pytest.raises(CardUnreadableError):
            parse_public_key(public_key_info(Residues(group.prime, 3, wrong), 7, Form.X942))


def test_a_generator_of_another_order_than_it_says_is_refused() -> None:
    group = DH_GROUPS[0]
    own = Residues(group.prime, pow(group.generator, 5, group.prime), group.order)
    other = group.prime - own.generator  # of twice the order
    info = public_key_info(own, 7, Form.X942)
    assert isinstance(parse_public_key(info), ResidueKey)
    old, new = (each.to_bytes(128, "big") for each in (own.generator, other))
    assert info.count(old) == 1
    with pytest.raises(CardUnreadableError):
        parse_public_key(info.replace(old, new))


@given(st.binary(max_size=120))
def test_any_bytes_are_a_key_or_refused(untrusted: bytes) -> None:
    with contextlib.suppress(CardUnreadableError, CardUnsupportedError):
        parse_public_key(untrusted)


@given(data=st.data())
def test_any_changed_byte_is_refused_or_makes_another_key(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(Form))
    groups: list[Curve | Residues] = [CURVES[12], DH_GROUPS[0]]
    group = data.draw(st.sampled_from(groups))
    info = bytearray(public_key_info(group, 7, form, 12 if group is CURVES[12] else 0))
    info[data.draw(st.integers(0, len(info) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(CardUnreadableError, CardUnsupportedError):
        assert isinstance(parse_public_key(bytes(info)), EllipticKey | ResidueKey | RsaKey)
