# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys as states write them: OpenSSL makes them in every spelling and signs; forged curves sign nothing."""

from pathlib import Path

import pytest
from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.keys import ECDomainParameters, PublicKeyInfo
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from tests.crypto.openssl import openssl

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.plain_ecdsa import is_ecdsa_signature, multiple
from townhall_crypto.prime_curves import CURVES, curve_of
from townhall_crypto.signature_key import CurveKey, describe, read_key, verify_signature
from townhall_crypto.state_errors import KeyRefusal, KeyRefusedError
from townhall_smartcard.simulation.state_keys import CurveStateKey, RsaStateKey, Spelling

MESSAGE = b"what a state signs"
CURVE_NAMES = sorted(CURVES)


def openssl_name(curve: str) -> str:
    return {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}.get(curve, curve.replace("poolp", "poolP"))


def ecdsa(digest: str) -> SignedDigestAlgorithm:
    return SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})


def refusal(info: PublicKeyInfo) -> KeyRefusal:
    with pytest.raises(KeyRefusedError) as refused:
        read_key(info)
    return refused.value.reason


@pytest.mark.parametrize("form", ["uncompressed", "compressed", "hybrid"])
@pytest.mark.parametrize("spelling", ["named_curve", "explicit"])
@pytest.mark.parametrize("curve", CURVE_NAMES)
def test_openssl_s_keys_and_signatures_are_read(curve: str, spelling: str, form: str, tmp_path: Path) -> None:
    key, message = tmp_path / "key.pem", tmp_path / "message"
    message.write_bytes(MESSAGE)
    odd = ("-param_enc", spelling, "-conv_form", form)
    openssl("ecparam", "-name", openssl_name(curve), "-genkey", "-noout", *odd, "-out", key)
    public = PublicKeyInfo.load(openssl("ec", "-in", key, "-pubout", "-outform", "DER", *odd))
    signature = openssl("dgst", "-sha512", "-sign", key, message)
    read = read_key(public)
    verify_signature(read, ecdsa("sha512"), signature, MESSAGE)
    assert describe(read) == curve
    with pytest.raises(SignatureRefusedError):
        verify_signature(read, ecdsa("sha512"), signature, MESSAGE + b".")


@pytest.mark.parametrize("curve", CURVE_NAMES)
def test_the_table_has_openssl_s_numbers(curve: str) -> None:
    spelt = ("-name", openssl_name(curve), "-param_enc", "explicit", "-outform", "DER")
    assert curve_of(ECDomainParameters.load(openssl("ecparam", *spelt))) is CURVES[curve]


@pytest.mark.parametrize("curve", CURVE_NAMES)
def test_a_curve_with_a_generator_of_its_own_is_refused(curve: str) -> None:
    assert refusal(CurveStateKey(curve, Spelling.FORGED).public) is KeyRefusal.CURVE_FORGED


@pytest.mark.parametrize("field", ["a", "b", "order", "cofactor"])
def test_a_curve_with_one_other_number_is_refused(field: str) -> None:
    public = CurveStateKey("brainpoolp256r1", Spelling.EXPLICIT).public
    numbers = public["algorithm"]["parameters"].chosen
    if field in {"a", "b"}:
        value = int.from_bytes(numbers["curve"][field].native, "big")
        numbers["curve"][field] = (value ^ 1).to_bytes(32, "big")
    else:
        numbers[field] = numbers[field].native + 1
    assert refusal(PublicKeyInfo.load(public.dump(force=True))) is KeyRefusal.CURVE_FORGED


def test_a_curve_that_no_state_uses_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    openssl("ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", key)
    public = PublicKeyInfo.load(openssl("ec", "-in", key, "-pubout", "-outform", "DER"))
    assert refusal(public) is KeyRefusal.CURVE_UNKNOWN


@pytest.mark.parametrize("curve", ["secp256r1", "brainpoolp320r1"])
def test_a_point_beside_the_curve_is_refused(curve: str) -> None:
    public = CurveStateKey(curve).public
    point = bytearray(bytes(public["public_key"]))
    point[-1] ^= 1
    public["public_key"] = bytes(point)
    assert refusal(PublicKeyInfo.load(public.dump(force=True))) is KeyRefusal.POINT


def test_a_short_rsa_key_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    openssl("genrsa", "-out", key, "768")
    public = openssl("rsa", "-in", key, "-pubout", "-outform", "DER")
    assert refusal(PublicKeyInfo.load(public)) is KeyRefusal.WEAK


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    assert refusal(PublicKeyInfo.load(public)) is KeyRefusal.KIND


@pytest.mark.parametrize("is_pss", [False, True])
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha384", "sha512"])
def test_rsa_signatures_of_both_kinds_are_checked(digest: str, *, is_pss: bool) -> None:
    key = RsaStateKey(is_pss=is_pss, digest=digest)
    signature = key.sign(MESSAGE)
    verify_signature(read_key(key.public), key.algorithm, signature, MESSAGE)
    with pytest.raises(SignatureRefusedError):
        verify_signature(read_key(key.public), key.algorithm, signature, b"something else")


def test_a_signature_of_one_kind_is_none_of_another() -> None:
    pss = RsaStateKey(is_pss=True)
    with pytest.raises(SignatureRefusedError):
        verify_signature(
            read_key(pss.public), SignedDigestAlgorithm({"algorithm": "sha256_rsa"}), pss.sign(MESSAGE), MESSAGE
        )
    with pytest.raises(SignatureRefusedError):
        verify_signature(read_key(pss.public), ecdsa("sha256"), pss.sign(MESSAGE), MESSAGE)


def test_md5_is_not_believed() -> None:
    key = RsaStateKey()
    with pytest.raises(SignatureRefusedError):
        verify_signature(read_key(key.public), SignedDigestAlgorithm({"algorithm": "md5_rsa"}), b"", MESSAGE)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_key(junk: bytes) -> None:
    for info in (junk, CurveStateKey("secp192r1").public.dump()[: len(junk)] + junk):
        try:
            read_key(PublicKeyInfo.load(info))
        except (KeyRefusedError, ValueError):
            continue


@given(st.integers(1, CURVES["secp256r1"].order - 1), st.binary(min_size=48, max_size=48), st.booleans())
def test_our_own_ecdsa_says_what_openssl_says(scalar: int, digest: bytes, is_spoilt: bool) -> None:  # noqa: FBT001
    curve = CURVES["secp256r1"]
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384()))))
    if is_spoilt:
        r = r % curve.order + 1 if r + 1 < curve.order else 1
    point = multiple(curve, scalar, (curve.x, curve.y))
    numbers = key.public_key().public_numbers()
    assert point == (numbers.x, numbers.y)
    try:
        key.public_key().verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA384())))
        is_good = True
    except InvalidSignature:
        is_good = False
    assert is_good is not is_spoilt
    assert is_ecdsa_signature(curve, point, digest, (r, s)) is is_good


@pytest.mark.parametrize("signature", [(0, 1), (1, 0), (0, 0), (-1, 1), (CURVES["brainpoolp320r1"].order, 1)])
def test_numbers_out_of_range_are_no_signature(signature: tuple[int, int]) -> None:
    key = read_key(CurveStateKey("brainpoolp320r1").public)
    assert isinstance(key, CurveKey)
    assert not is_ecdsa_signature(key.curve, (key.x, key.y), bytes(32), signature)
