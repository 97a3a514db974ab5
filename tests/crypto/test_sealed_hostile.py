# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sealed payload in the hands of somebody who wants it to open otherwise, elsewhere or twice."""

import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_crypto import canonical, namespaces, suites
from townhall_crypto.errors import (
    CryptoError,
    MalformedError,
    NotARecipientError,
    RefusedError,
    SealBrokenError,
    SealFault,
    SuiteRefusedError,
)
from townhall_crypto.inner_header import MAGIC, SealedParts, join_sealed, split_sealed
from townhall_crypto.sealed import (
    InnerHeader,
    RecipientPrivateKey,
    Suite,
    generate_recipient_key,
    open_sealed,
    read_inner_header,
    seal,
)
from townhall_crypto.secret import Secret

AGENCY = generate_recipient_key()
AUDITOR = generate_recipient_key()
STRANGER = generate_recipient_key()
PAYLOAD = b"I move to 5 Harbour Street."
SEALED = seal(PAYLOAD, kind="transaction", recipients=[AGENCY.public, AUDITOR.public])
PARTS = split_sealed(SEALED)
HEADER_START = len(MAGIC) + 2
WRAPS_START = HEADER_START + len(PARTS.header_bytes)
AUDITOR_WRAP_START = WRAPS_START + len(PARTS.wraps[0])
BODY_START = AUDITOR_WRAP_START + len(PARTS.wraps[1])


def flipped(data: bytes, offset: int, mask: int = 1) -> bytes:
    changed = bytearray(data)
    changed[offset] ^= mask
    return bytes(changed)


def fault_of(untrusted_sealed: bytes, key: RecipientPrivateKey = AGENCY) -> SealFault:
    with pytest.raises(SealBrokenError) as refusal:
        open_sealed(untrusted_sealed, key)
    return refusal.value.fault


def with_header(**changed: object) -> bytes:
    """Return the sealed payload with other members in its header, its parts fitted to them as far as they go."""
    members = json.loads(PARTS.header_bytes) | changed
    header_bytes = canonical.encode({name: value for name, value in members.items() if value is not None})
    length = len(header_bytes).to_bytes(2, "big")
    return MAGIC + length + header_bytes + SEALED[WRAPS_START:]


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_no_flipped_bit_of_magic_length_or_header_goes_unnoticed(mask: int) -> None:
    for offset in range(WRAPS_START):
        with pytest.raises(RefusedError):
            open_sealed(flipped(SEALED, offset, mask), AGENCY)


def test_every_flipped_byte_of_a_recipients_wrap_is_a_broken_wrap() -> None:
    for offset in range(WRAPS_START, AUDITOR_WRAP_START):
        assert fault_of(flipped(SEALED, offset)) is SealFault.WRAP


def test_a_flipped_byte_in_the_wrap_of_another_is_noticed_by_that_other() -> None:
    changed = flipped(SEALED, AUDITOR_WRAP_START + 5)
    assert open_sealed(changed, AGENCY).payload == PAYLOAD
    assert fault_of(changed, AUDITOR) is SealFault.WRAP


def test_every_flipped_byte_of_body_and_tag_is_a_broken_body() -> None:
    for offset in range(BODY_START, len(SEALED)):
        assert fault_of(flipped(SEALED, offset)) is SealFault.BODY


@settings(max_examples=200)
@given(st.integers(min_value=0, max_value=len(SEALED) - 1))
def test_a_cut_off_payload_is_malformed(length: int) -> None:
    with pytest.raises(MalformedError):
        open_sealed(SEALED[:length], AGENCY)


def test_a_byte_more_is_malformed() -> None:
    for longer in (SEALED + b"\x00", b"\x00" + SEALED, SEALED + SEALED):
        with pytest.raises(MalformedError):
            read_inner_header(longer)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans())
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(data: bytes, has_magic: bool) -> None:  # noqa: FBT001
    with pytest.raises(MalformedError):
        read_inner_header(MAGIC * has_magic + data)


def test_swapped_wraps_open_for_nobody() -> None:
    swapped = join_sealed(replace(PARTS, wraps=PARTS.wraps[::-1]))
    assert fault_of(swapped, AGENCY) is SealFault.WRAP
    assert fault_of(swapped, AUDITOR) is SealFault.WRAP


def test_wraps_and_names_swapped_together_open_for_nobody() -> None:
    header = replace(PARTS.header, recipients=PARTS.header.recipients[::-1])
    swapped = join_sealed(SealedParts(header, header.to_bytes(), PARTS.wraps[::-1], PARTS.body))
    assert fault_of(swapped, AGENCY) is SealFault.WRAP


def test_a_wrap_of_another_payload_for_the_same_recipient_does_not_open() -> None:
    other = split_sealed(seal(PAYLOAD, kind="transaction", recipients=[AGENCY.public, AUDITOR.public]))
    assert fault_of(join_sealed(replace(PARTS, wraps=other.wraps))) is SealFault.WRAP


def test_the_body_of_another_payload_is_a_broken_body() -> None:
    other = split_sealed(seal(PAYLOAD, kind="transaction", recipients=[AGENCY.public, AUDITOR.public]))
    assert fault_of(join_sealed(replace(PARTS, body=other.body))) is SealFault.BODY


def test_a_recipient_added_later_is_not_one() -> None:
    key_ids = (*PARTS.header.recipients, STRANGER.public.key_id)
    header = replace(PARTS.header, recipients=key_ids)
    forged = join_sealed(SealedParts(header, header.to_bytes(), (*PARTS.wraps, PARTS.wraps[0]), PARTS.body))
    assert fault_of(forged, STRANGER) is SealFault.WRAP
    assert fault_of(forged, AGENCY) is SealFault.WRAP


def test_the_key_of_somebody_else_is_told_so_before_anything_is_tried() -> None:
    with pytest.raises(NotARecipientError):
        open_sealed(SEALED, STRANGER)


def test_a_header_that_names_a_stranger_in_a_recipients_place_does_not_open_for_the_stranger() -> None:
    assert fault_of(with_header(recipients=[STRANGER.public.key_id, AUDITOR.public.key_id]), STRANGER) is SealFault.WRAP


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "ballot"},
        {"commitment": "00" * 32},
        {"salt": "00" * 16},
    ],
)
def test_another_well_formed_member_breaks_the_wrap(changed: dict[str, object]) -> None:
    assert fault_of(with_header(**changed)) is SealFault.WRAP


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"suite": 3}, id="unknown suite"),
        pytest.param({"suite": 0}, id="suite zero"),
        pytest.param({"suite": "1"}, id="suite as text"),
        pytest.param({"suite": None}, id="no suite"),
        pytest.param({"version": 2}, id="an unknown member"),
        pytest.param({"kind": ""}, id="no kind"),
        pytest.param({"kind": "Ballot"}, id="a capital in kind"),
        pytest.param({"kind": "a\n"}, id="a newline in kind"),
        pytest.param({"kind": "a" * 65}, id="a long kind"),
        pytest.param({"recipients": []}, id="nobody"),
        pytest.param({"recipients": [AGENCY.public.key_id] * 2}, id="one twice"),
        pytest.param({"recipients": [f"{number:064x}" for number in range(17)]}, id="too many"),
        pytest.param({"recipients": [AGENCY.public.key_id.upper(), AUDITOR.public.key_id]}, id="a key id in capitals"),
        pytest.param({"recipients": [AGENCY.public.key_id]}, id="one wrap more than names"),
        pytest.param({"recipients": AGENCY.public.key_id}, id="a name for a list"),
        pytest.param({"size_class": 4095}, id="no size class"),
        pytest.param({"size_class": 16384}, id="another size class"),
        pytest.param({"size_class": 1 << 40}, id="an endless size class"),
        pytest.param({"commitment": "00" * 31}, id="a short commitment"),
        pytest.param({"commitment": "0G" * 32}, id="a commitment that is no hex"),
        pytest.param({"salt": "00" * 17}, id="a long salt"),
        pytest.param({"suite": 2}, id="wraps of another suite"),
        pytest.param({"kind": "a" * 2040}, id="a header beyond its limit"),
    ],
)
def test_impossible_headers_are_malformed(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        read_inner_header(with_header(**changed))


def test_a_header_in_another_spelling_is_malformed() -> None:
    spaced = PARTS.header_bytes.replace(b",", b", ")
    with pytest.raises(MalformedError):
        read_inner_header(MAGIC + len(spaced).to_bytes(2, "big") + spaced + SEALED[WRAPS_START:])


CLASSIC_KEY = generate_recipient_key(Suite.CLASSIC)


def test_the_classic_suite_is_refused_unless_asked_for_by_name() -> None:
    with pytest.raises(SuiteRefusedError):
        seal(PAYLOAD, kind="transaction", recipients=[CLASSIC_KEY.public])
    allowed = frozenset({Suite.CLASSIC})
    sealed = seal(PAYLOAD, kind="transaction", recipients=[CLASSIC_KEY.public], allow=allowed)
    with pytest.raises(SuiteRefusedError):
        open_sealed(sealed, CLASSIC_KEY)
    assert open_sealed(sealed, CLASSIC_KEY, allow=allowed).payload == PAYLOAD


def test_a_suite_cannot_be_smuggled_in_beside_an_allowed_one() -> None:
    for recipients in ([AGENCY.public, CLASSIC_KEY.public], [CLASSIC_KEY.public, AGENCY.public]):
        with pytest.raises(SuiteRefusedError):
            seal(PAYLOAD, kind="transaction", recipients=recipients, allow=frozenset(Suite))


def test_a_hybrid_key_is_not_used_for_a_header_that_says_classic() -> None:
    header = replace(PARTS.header, suite=Suite.CLASSIC)
    short_wraps = tuple(wrap[: suites.wrap_bytes(Suite.CLASSIC)] for wrap in PARTS.wraps)
    forged = join_sealed(SealedParts(header, header.to_bytes(), short_wraps, PARTS.body))
    with pytest.raises(SuiteRefusedError):
        open_sealed(forged, AGENCY)
    with pytest.raises(SuiteRefusedError):
        open_sealed(forged, AGENCY, allow=frozenset(Suite))


def test_refusals_name_no_payload_and_no_key() -> None:
    for forged in (flipped(SEALED, WRAPS_START), flipped(SEALED, len(SEALED) - 1), SEALED[:-1]):
        with pytest.raises(CryptoError) as refusal:
            open_sealed(forged, AGENCY)
        assert "Harbour" not in repr(refusal.value)
        assert AGENCY.to_bytes().hex() not in repr(refusal.value)


# --- A sealer that follows the format except where it deceives -----------------------------------------------------


def keys_of(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Return content key and commitment, derived by hand (RFC 5869) and not by our code."""
    prk = _hmac(salt, secret)
    first = _hmac(prk, namespaces.SEALED_KEYS + b"\x01")
    second = _hmac(prk, first + namespaces.SEALED_KEYS + b"\x02")
    return first, second


def _hmac(key: bytes, message: bytes) -> bytes:
    padded = key.ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def sealed_by_hand(secrets: dict[RecipientPrivateKey, bytes], header: InnerHeader, body: bytes) -> bytes:
    header_bytes = header.to_bytes()
    info = namespaces.SEALED_WRAP + header_bytes
    wraps = tuple(
        suites.wrap(Suite.HYBRID, Secret(secret), suites.load_public(Suite.HYBRID, key.public.public), info)
        for key, secret in secrets.items()
    )
    return join_sealed(SealedParts(header, header_bytes, wraps, body))


def header_for(*keys: RecipientPrivateKey, commitment: bytes, size_class: int = 4096) -> InnerHeader:
    return InnerHeader(
        Suite.HYBRID, "transaction", tuple(key.public.key_id for key in keys), size_class, commitment, bytes(16)
    )


def sealed_with_padded(padded: bytes) -> bytes:
    secret = bytes(range(32))
    content_key, commitment = keys_of(secret, bytes(16))
    header = header_for(AGENCY, commitment=commitment, size_class=len(padded))
    body = AESGCM(content_key).encrypt(bytes(12), padded, header.to_bytes())
    return sealed_by_hand({AGENCY: secret}, header, body)


def test_the_deceiving_sealer_of_these_tests_can_also_be_honest() -> None:
    padded = (len(PAYLOAD).to_bytes(4, "big") + PAYLOAD).ljust(4096, b"\x00")
    assert open_sealed(sealed_with_padded(padded), AGENCY).payload == PAYLOAD


@pytest.mark.parametrize(
    "padded",
    [
        pytest.param(
            (4).to_bytes(4, "big") + b"text" + b"hidden".ljust(4088, b"\x00"), id="bytes hidden in the padding"
        ),
        pytest.param(
            (4).to_bytes(4, "big") + b"text".ljust(4091, b"\x00") + b"\x01", id="a last byte that is not zero"
        ),
        pytest.param((4093).to_bytes(4, "big").ljust(4096, b"x"), id="a length beyond the end"),
        pytest.param(b"\xff" * 4096, id="an endless length"),
        pytest.param((4092).to_bytes(4, "big") + b"x" * 4092 + bytes(16384 - 4096), id="a larger class than needed"),
    ],
)
def test_padding_that_no_sealer_writes_is_refused(padded: bytes) -> None:
    assert fault_of(sealed_with_padded(padded)) is SealFault.PADDING


def test_a_secret_other_than_the_committed_one_is_refused_before_the_body_is_touched() -> None:
    secret = bytes(range(32))
    content_key, _commitment = keys_of(secret, bytes(16))
    header = header_for(AGENCY, commitment=keys_of(bytes(32), bytes(16))[1])
    padded = (len(PAYLOAD).to_bytes(4, "big") + PAYLOAD).ljust(4096, b"\x00")
    body = AESGCM(content_key).encrypt(bytes(12), padded, header.to_bytes())
    assert fault_of(sealed_by_hand({AGENCY: secret}, header, body)) is SealFault.COMMITMENT


# --- The attack that the commitment is there for: one AES-GCM ciphertext that is authentic under two keys ----------


def gf_multiply(one: int, other: int) -> int:
    """Multiply in GCM's field (NIST SP 800-38D section 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (0xE1 << 120 if other & 1 else 0)
    return product


def gf_inverse(value: int) -> int:
    result, power = 1 << 127, value
    for _ in range(127):  # value ** (2**128 - 2)
        power = gf_multiply(power, power)
        result = gf_multiply(result, power)
    return result


def aes(key: bytes, block: bytes) -> int:
    encryptor = Cipher(AES256(key), ECB()).encryptor()  # noqa: S305 - one block of GCM's inside
    return int.from_bytes(encryptor.update(block), "big")


def ghash(subkey: int, aad: bytes, ciphertext: bytes) -> int:
    lengths = (len(aad) * 8).to_bytes(8, "big") + (len(ciphertext) * 8).to_bytes(8, "big")
    data = aad + bytes(-len(aad) % 16) + ciphertext + bytes(-len(ciphertext) % 16) + lengths
    state = 0
    for start in range(0, len(data), 16):
        state = gf_multiply(state ^ int.from_bytes(data[start : start + 16], "big"), subkey)
    return state


def body_for_two_keys(first_key: bytes, second_key: bytes, padded: bytes, aad: bytes) -> bytes:
    """Return a body that opens under both keys: ``padded`` under the first, its last block excepted."""
    ciphertext = AESGCM(first_key).encrypt(bytes(12), padded, aad)[:-32] + bytes(16)
    subkeys = [aes(key, bytes(16)) for key in (first_key, second_key)]
    masks = [aes(key, bytes(15) + b"\x01") for key in (first_key, second_key)]
    tags = [ghash(subkey, aad, ciphertext) ^ mask for subkey, mask in zip(subkeys, masks, strict=True)]
    squares = [gf_multiply(subkey, subkey) for subkey in subkeys]
    block = gf_multiply(tags[0] ^ tags[1], gf_inverse(squares[0] ^ squares[1]))
    tag = tags[0] ^ gf_multiply(block, squares[0])
    return ciphertext[:-16] + block.to_bytes(16, "big") + tag.to_bytes(16, "big")


def test_one_ciphertext_for_two_keys_deceives_aes_gcm_but_not_the_commitment() -> None:
    secrets = {AGENCY: bytes(32), AUDITOR: bytes([1]) * 32}
    agency_key, commitment = keys_of(secrets[AGENCY], bytes(16))
    auditor_key, _other_commitment = keys_of(secrets[AUDITOR], bytes(16))
    header = header_for(AGENCY, AUDITOR, commitment=commitment)
    padded = (4092).to_bytes(4, "big") + b"What only the agency is meant to read. ".ljust(4092, b".")
    body = body_for_two_keys(agency_key, auditor_key, padded, header.to_bytes())

    read_by_agency = AESGCM(agency_key).decrypt(bytes(12), body, header.to_bytes())
    read_by_auditor = AESGCM(auditor_key).decrypt(bytes(12), body, header.to_bytes())
    assert read_by_agency[:-16] == padded[:-16]
    assert read_by_auditor != read_by_agency, "AES-GCM alone accepts one ciphertext as two messages"

    sealed = sealed_by_hand(secrets, header, body)
    assert open_sealed(sealed, AGENCY).payload == read_by_agency[4:]
    assert fault_of(sealed, AUDITOR) is SealFault.COMMITMENT
