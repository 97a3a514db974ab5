# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Programs that we did not write open our wraps, and we open theirs.

The classic suite is judged by pyhpke; X-Wing, which pyhpke lacks, is derived here from hashlib, ML-KEM-768 and X25519
after RFC 9180 (key schedule) and the X-Wing draft (combiner, KEM id 0x647a). Nothing of ``townhall_crypto`` takes part
in the derivations: frame, header and keys are read by hand from the format's page.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from townhall_crypto.sealed import Suite, generate_recipient_key, open_sealed, seal

PAYLOAD = b"read by a program that is not ours"
WRAP_INFO = b"townhall:sealed-wrap:v1\x00"
KEYS_INFO = b"townhall:sealed-keys:v1\x00"
CLASSIC = frozenset({Suite.CLASSIC})


@dataclass(frozen=True)
class Frame:
    header_bytes: bytes
    encapsulated: bytes
    wrapped: bytes
    body: bytes

    @property
    def salt(self) -> bytes:
        return bytes.fromhex(json.loads(self.header_bytes)["salt"])


def frame_of(sealed: bytes, encapsulated_bytes: int) -> Frame:
    magic = b"townhall-sealed-payload/v1\n"
    assert sealed.startswith(magic)
    start = len(magic) + 2
    header_end = start + int.from_bytes(sealed[len(magic) : start], "big")
    wrap_at = header_end + encapsulated_bytes
    body_at = wrap_at + 48
    return Frame(sealed[start:header_end], sealed[header_end:wrap_at], sealed[wrap_at:body_at], sealed[body_at:])


def hkdf_sha256(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    key = hmac.digest(salt, secret, "sha256")
    output = block = b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        output += block
    return output[:length]


def opened(frame: Frame, secret: bytes) -> bytes:
    keys = hkdf_sha256(frame.salt, secret, KEYS_INFO, 64)
    assert keys[32:].hex() == json.loads(frame.header_bytes)["commitment"]
    padded = AESGCM(keys[:32]).decrypt(bytes(12), frame.body, frame.header_bytes)
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


# --- classic suite, judged by pyhpke ---------------------------------------------------------------------------------


def pyhpke_suite() -> CipherSuite:
    return CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)


def test_pyhpke_opens_what_we_seal_with_the_classic_suite() -> None:
    key = generate_recipient_key(Suite.CLASSIC)
    sealed = seal(PAYLOAD, kind="transaction", recipients=[key.public], allow=CLASSIC)
    frame = frame_of(sealed, 32)
    private = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(key.to_bytes()))
    context = pyhpke_suite().create_recipient_context(frame.encapsulated, private, info=WRAP_INFO + frame.header_bytes)
    assert opened(frame, context.open(frame.wrapped)) == PAYLOAD


def test_we_open_what_pyhpke_wraps() -> None:
    key = generate_recipient_key(Suite.CLASSIC)
    secret = bytes(range(32))
    ours = seal(
        PAYLOAD, kind="transaction", recipients=[key.public], allow=CLASSIC, randomness=lambda size: secret[:size]
    )
    frame = frame_of(ours, 32)
    public = KEMKey.from_pyca_cryptography_key(X25519PublicKey.from_public_bytes(key.public.public))
    encapsulated, context = pyhpke_suite().create_sender_context(public, info=WRAP_INFO + frame.header_bytes)
    theirs = ours[: -len(frame.body) - 80] + encapsulated + context.seal(secret) + frame.body
    assert theirs != ours
    assert open_sealed(theirs, key, allow=CLASSIC).payload == PAYLOAD


# --- hybrid suite, derived by hand -----------------------------------------------------------------------------------

X_WING_LABEL = bytes.fromhex("5c2e2f2f5e5c")  # a picture of an X-wing: \./ over /^\
X_WING_SUITE_ID = b"HPKE" + b"\x64\x7a" + b"\x00\x01" + b"\x00\x02"  # KEM, HKDF-SHA256, AES-256-GCM


def combined(mlkem_secret: bytes, x25519_secret: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return hashlib.sha3_256(mlkem_secret + x25519_secret + ephemeral + public + X_WING_LABEL).digest()


def labeled_extract(salt: bytes, label: bytes, keying: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + X_WING_SUITE_ID + label + keying, "sha256")


def labeled_expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + X_WING_SUITE_ID + label + info
    return hmac.digest(key, labeled + b"\x01", "sha256")[:length]


def key_schedule(shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return key and base nonce of base mode (RFC 9180 section 5.1)."""
    context = b"\x00" + labeled_extract(b"", b"psk_id_hash", b"") + labeled_extract(b"", b"info_hash", info)
    secret = labeled_extract(shared_secret, b"secret", b"")
    return labeled_expand(secret, b"key", context, 32), labeled_expand(secret, b"base_nonce", context, 12)


def decapsulated(private: bytes, encapsulated: bytes) -> bytes:
    x25519 = X25519PrivateKey.from_private_bytes(private[64:])
    mlkem_secret = MLKEM768PrivateKey.from_seed_bytes(private[:64]).decapsulate(encapsulated[:1088])
    ephemeral = encapsulated[1088:]
    x25519_secret = x25519.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    return combined(mlkem_secret, x25519_secret, ephemeral, x25519.public_key().public_bytes_raw())


def encapsulated_to(public: bytes) -> tuple[bytes, bytes]:
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    mlkem_secret, ciphertext = MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    x25519_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public[1184:]))
    shared = combined(mlkem_secret, x25519_secret, ephemeral_public, public[1184:])
    return shared, ciphertext + ephemeral_public


@pytest.mark.parametrize("recipient", [0, 1])
def test_x_wing_by_hand_opens_what_we_seal(recipient: int) -> None:
    keys = [generate_recipient_key(), generate_recipient_key()]
    sealed = seal(PAYLOAD, kind="transaction", recipients=[key.public for key in keys])
    first = frame_of(sealed, 1120)
    wraps = [first.encapsulated + first.wrapped, first.body[: 1120 + 48]]
    frame = Frame(first.header_bytes, wraps[recipient][:1120], wraps[recipient][1120:], first.body[1120 + 48 :])
    shared = decapsulated(keys[recipient].to_bytes(), frame.encapsulated)
    key, nonce = key_schedule(shared, WRAP_INFO + frame.header_bytes)
    assert opened(frame, AESGCM(key).decrypt(nonce, frame.wrapped, b"")) == PAYLOAD


def test_we_open_what_x_wing_by_hand_wraps() -> None:
    key = generate_recipient_key()
    secret = bytes(range(32))
    ours = seal(PAYLOAD, kind="transaction", recipients=[key.public], randomness=lambda size: secret[:size])
    frame = frame_of(ours, 1120)
    shared, encapsulated = encapsulated_to(key.public.public)
    wrap_key, nonce = key_schedule(shared, WRAP_INFO + frame.header_bytes)
    theirs = ours[: -len(frame.body) - 1168] + encapsulated + AESGCM(wrap_key).encrypt(nonce, secret, b"") + frame.body
    assert theirs != ours
    assert open_sealed(theirs, key).payload == PAYLOAD
