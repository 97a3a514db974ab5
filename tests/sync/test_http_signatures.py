# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Request signatures against RFC 9421 appendix B, against an outside library, and against forgers."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.errors import RequestSignatureError
from townhall_sync.http_signatures import (
    SignableRequest,
    _components,
    content_digest,
    read_key_id,
    sign_request,
    signature_base,
    verify_p256,
    verify_request,
)

PUT = SignableRequest("PUT", "centre.example:8443", "/v1/envelopes/" + "ab" * 32, "", b"an envelope")
GET = SignableRequest("GET", "centre.example", "/v1/inbox/k", "after=3&x=%20", b"")


def public_numbers_der(x: str, y: str) -> bytes:
    numbers = ec.EllipticCurvePublicNumbers(_int(x), _int(y), ec.SECP256R1())
    return numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _int(base64url: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(base64url + "="), "big")


# RFC 9421 B.1.3, public half of test-key-ecc-p256.
ECC_P256 = public_numbers_der(
    "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0"
)


def test_rfc_9421_b_2_4_ecdsa_p256() -> None:
    digest = "mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ=="
    base = signature_base(
        [
            ("@status", "200"),
            ("content-type", "application/json"),
            ("content-digest", f"sha-512=:{digest}:"),
            ("content-length", "23"),
        ],
        '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    )
    signature = base64.b64decode(
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="
    )
    verify_p256(ECC_P256, signature, base)
    with pytest.raises(RequestSignatureError):
        verify_p256(ECC_P256, signature, base.replace(b"23", b"24"))


def test_rfc_9421_b_2_5_hmac_over_our_base() -> None:
    base = signature_base(
        [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
        ],
        '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    )
    secret = base64.b64decode(
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    )
    made = base64.b64encode(hmac.new(secret, base, hashlib.sha256).digest())
    assert made == b"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_rfc_9421_b_2_6_ed25519_over_our_base() -> None:
    base = signature_base(
        [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@method", "POST"),
            ("@path", "/foo"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
            ("content-length", "18"),
        ],
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"',
    )
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
    key.verify(
        base64.b64decode("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="),
        base,
    )


def headers_of(request: SignableRequest, key: FileDeviceKey) -> dict[str, str]:
    signed = sign_request(request, key, key_id="kiosk-1", created=1_800_000_000, nonce="abc")
    return {name.lower(): value for name, value in signed.items()}


@pytest.mark.parametrize("request_", [PUT, GET], ids=["PUT", "GET"])
def test_a_signed_request_verifies_and_says_whose_it_is(key: FileDeviceKey, request_: SignableRequest) -> None:
    headers = headers_of(request_, key)
    verified = verify_request(request_, headers, key.public_der)
    assert (verified.key_id, verified.created, verified.nonce) == ("kiosk-1", 1_800_000_000, "abc")
    assert read_key_id(headers) == "kiosk-1"


@pytest.mark.parametrize(
    "changed",
    [
        replace(PUT, method="POST"),
        replace(PUT, authority="other.example"),
        replace(PUT, path="/v1/envelopes/" + "cd" * 32),
        replace(PUT, query="x=1"),
        replace(PUT, body=b"another envelope"),
    ],
    ids=["method", "authority", "path", "query", "body"],
)
def test_a_signature_is_of_this_request_alone(key: FileDeviceKey, changed: SignableRequest) -> None:
    with pytest.raises(RequestSignatureError):
        verify_request(changed, headers_of(PUT, key), key.public_der)


def test_a_query_that_was_dropped_is_noticed(key: FileDeviceKey) -> None:
    with pytest.raises(RequestSignatureError):
        verify_request(replace(GET, query=""), headers_of(GET, key), key.public_der)


def test_another_kiosks_key_does_not_verify(key: FileDeviceKey) -> None:
    other = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(RequestSignatureError):
        verify_request(PUT, headers_of(PUT, key), other.public_der)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("signature-input", "sig1=", "sig2="),
        ("signature-input", '"@method" ', ""),
        ("signature-input", ' "content-digest"', ""),
        ("signature-input", 'alg="ecdsa-p256-sha256"', 'alg="hmac-sha256"'),
        ("signature-input", ";created=1800000000", ""),
        ("signature-input", "created=1800000000", "created=1800000001"),
        ("signature-input", 'nonce="abc"', 'nonce="abd"'),
        ("signature-input", 'keyid="kiosk-1"', 'keyid="kiosk-2"'),
        ("signature-input", 'keyid="kiosk-1"', 'keyid="kiosk-1"x'),
        ("signature", "sig1=:", "sig1=:A"),
        ("signature", ":", ""),
        ("content-digest", "sha-256", "sha-512"),
    ],
)
def test_any_change_of_the_fields_is_refused(key: FileDeviceKey, name: str, old: str, new: str) -> None:
    headers = headers_of(PUT, key)
    assert old in headers[name]
    headers[name] = headers[name].replace(old, new)
    with pytest.raises(RequestSignatureError):
        verify_request(PUT, headers, key.public_der)


@pytest.mark.parametrize("missing", ["signature", "signature-input", "content-digest"])
def test_a_missing_field_is_refused(key: FileDeviceKey, missing: str) -> None:
    headers = headers_of(PUT, key)
    del headers[missing]
    with pytest.raises(RequestSignatureError):
        verify_request(PUT, headers, key.public_der)


@pytest.mark.parametrize("created", [0, 1, 999_999_999_999_999])
def test_no_request_is_refused_for_its_clock(key: FileDeviceKey, created: int) -> None:
    signed = sign_request(PUT, key, key_id="kiosk-1", created=created, nonce="abc")
    headers = {name.lower(): value for name, value in signed.items()}
    assert verify_request(PUT, headers, key.public_der).created == created


@pytest.mark.parametrize(
    ("key_id", "nonce", "created"), [('a"', "n", 1), ("a", "n n", 1), ("a", "", 1), ("", "n", 1), ("a", "n", -1)]
)
def test_a_key_id_or_nonce_that_would_break_out_of_its_field_is_never_signed(
    key: FileDeviceKey, key_id: str, nonce: str, created: int
) -> None:
    with pytest.raises(ValueError, match="no room"):
        sign_request(PUT, key, key_id=key_id, created=created, nonce=nonce)


def test_a_key_that_is_no_p256_key_is_refused(key: FileDeviceKey) -> None:
    strange = rsa.generate_private_key(65537, 2048).public_key()
    der = strange.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for untrusted in (der, b"", b"\x30\x00"):
        with pytest.raises(RequestSignatureError):
            verify_request(PUT, headers_of(PUT, key), untrusted)


@given(st.text(max_size=300), st.text(max_size=120), st.text(max_size=60))
def test_nothing_but_a_refusal_comes_of_garbage(signature_input: str, signature: str, digest: str) -> None:
    headers = {"signature-input": signature_input, "signature": signature, "content-digest": digest}
    with pytest.raises(RequestSignatureError):
        verify_request(PUT, headers, ECC_P256)


def test_the_digest_of_nothing_is_rfc_9530s() -> None:
    assert content_digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


@dataclass
class Message:
    """What the outside library takes for a request."""

    method: str
    url: str
    headers: dict[str, str]


class OneKey(HTTPSignatureKeyResolver):
    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self.private_key = private_key

    def resolve_public_key(self, key_id: str) -> ec.EllipticCurvePublicKey:
        assert key_id == "kiosk-1"
        return self.private_key.public_key()

    def resolve_private_key(self, key_id: str) -> ec.EllipticCurvePrivateKey:
        assert key_id == "kiosk-1"
        return self.private_key


def outside(request: SignableRequest) -> Message:
    query = f"?{request.query}" if request.query else ""
    return Message(request.method, f"https://{request.authority}{request.path}{query}", {})


@pytest.mark.parametrize("request_", [PUT, GET], ids=["PUT", "GET"])
def test_an_outside_library_accepts_our_signatures(key: FileDeviceKey, request_: SignableRequest) -> None:
    message = outside(request_)
    message.headers.update(sign_request(request_, key, key_id="kiosk-1", created=int(time.time()), nonce="abc"))
    verifier = HTTPMessageVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=OneKey(key._private_key))
    results = verifier.verify(message, body=request_.body)
    assert '"content-digest"' in results[0].covered_components
    message.url += "0"
    with pytest.raises(InvalidSignature):
        verifier.verify(message)


@pytest.mark.parametrize("request_", [PUT, GET], ids=["PUT", "GET"])
def test_an_outside_librarys_signature_is_over_the_base_that_we_build(
    key: FileDeviceKey, request_: SignableRequest
) -> None:
    message = outside(request_)
    signer = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256, key_resolver=OneKey(key._private_key))
    components = _components(request_, content_digest(request_.body))
    names = [name for name, _value in components]
    signer.sign(message, key_id="kiosk-1", label="sig1", covered_component_ids=names, body=request_.body)
    assert message.headers["Content-Digest"] == content_digest(request_.body)
    parameters = message.headers["Signature-Input"].removeprefix("sig1=")
    signature = base64.b64decode(message.headers["Signature"].removeprefix("sig1=:").removesuffix(":"))
    verify_p256(key.public_der, signature, signature_base(components, parameters))
