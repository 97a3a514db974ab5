# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Envelopes: every byte counts, the header is the name, the chain has a beginning."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_crypto import canonical, envelope, namespaces
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import (
    NO_PREVIOUS,
    Created,
    Envelope,
    OuterHeader,
    sealed_sha256,
    sign_envelope,
    verify_envelope,
)
from townhall_crypto.errors import MalformedError, ProgrammingError, RefusedError, SignatureRefusedError
from townhall_crypto.inner_header import MAX_SEALED_BYTES

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
SEALED = b"townhall-sealed-payload/v1\n" + bytes(range(256)) + b"\n\n"
HEADER = OuterHeader(
    kiosk="kiosk-7",
    journal_id="4f1c2a",
    boot="5f0c9a52-8f3a-4c61-9a0e-6f0a3f6f6a11",
    seq=2,
    prev_hash="ab" * 32,
    created=Created(wall=1_790_000_000, monotonic_ns=10**17, last_server_time=1_789_990_000),
    sealed_sha256=sealed_sha256(SEALED),
)
ENVELOPE = sign_envelope(HEADER, SEALED, KEY)
BYTES = ENVELOPE.to_bytes()
SIGNATURE_START = BYTES.index(b"\n", len(envelope.MAGIC)) + 1

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
seconds = st.integers(min_value=0, max_value=2**53 - 1)
headers = st.builds(
    OuterHeader,
    kiosk=names,
    journal_id=names,
    boot=names,
    seq=st.integers(min_value=2, max_value=2**53 - 1),
    prev_hash=hashes.filter(lambda value: value != NO_PREVIOUS),
    created=st.builds(Created, seconds, st.integers(min_value=0, max_value=2**63 - 1), seconds),
    sealed_sha256=hashes,
)


def with_header(**changed: object) -> bytes:
    """Return an envelope whose header has other members, signed over the bytes that it then has."""
    members = json.loads(HEADER.signed_bytes()) | changed
    header_bytes = canonical.encode({name: value for name, value in members.items() if value is not None})
    signature = KEY.sign(namespaces.ENVELOPE_SIGNATURE, header_bytes)
    return b"\n".join((envelope.MAGIC[:-1], header_bytes, base64.b64encode(signature), SEALED))


def created_with(**changed: object) -> dict[str, object]:
    created: dict[str, object] = json.loads(HEADER.signed_bytes())["created"]
    return created | changed


def test_no_flipped_bit_goes_unnoticed() -> None:
    for offset in range(len(BYTES)):
        for mask in (0x01, 0x20):
            changed = bytearray(BYTES)
            changed[offset] ^= mask
            with pytest.raises(RefusedError):
                verify_envelope(bytes(changed), KEY.public_der)


def test_no_cut_and_no_addition_goes_unnoticed() -> None:
    for length in range(len(BYTES)):
        with pytest.raises(RefusedError):
            verify_envelope(BYTES[:length], KEY.public_der)
    for longer in (BYTES + b"\n", b"\n" + BYTES, BYTES + BYTES):
        with pytest.raises(RefusedError):
            verify_envelope(longer, KEY.public_der)


def test_another_devices_key_is_refused() -> None:
    with pytest.raises(SignatureRefusedError):
        verify_envelope(BYTES, OTHER_KEY.public_der)


def test_a_header_of_one_envelope_does_not_carry_the_payload_of_another() -> None:
    mixed = replace(ENVELOPE, sealed=SEALED + b"!").to_bytes()
    assert Envelope.from_bytes(mixed).sealed == SEALED + b"!"
    with pytest.raises(SignatureRefusedError):
        verify_envelope(mixed, KEY.public_der)


def test_a_signature_made_for_another_purpose_is_refused() -> None:
    signature = KEY.sign(namespaces.PRINTED_RECEIPT, HEADER.signed_bytes())
    with pytest.raises(SignatureRefusedError):
        verify_envelope(replace(ENVELOPE, signature=signature).to_bytes(), KEY.public_der)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"version": 2}, id="unknown version"),
        pytest.param({"version": "1"}, id="version as text"),
        pytest.param({"extra": 1}, id="an unknown member"),
        pytest.param({"boot": None}, id="a missing member"),
        pytest.param({"kiosk": ""}, id="no kiosk"),
        pytest.param({"kiosk": "a b"}, id="a space"),
        pytest.param({"kiosk": "../kiosk"}, id="a path"),
        pytest.param({"journal_id": "j\u00f6"}, id="beyond ASCII"),
        pytest.param({"boot": "b" * 65}, id="a long name"),
        pytest.param({"seq": 0}, id="seq zero"),
        pytest.param({"seq": -1}, id="a negative seq"),
        pytest.param({"seq": 1}, id="a first that has a previous one"),
        pytest.param({"prev_hash": NO_PREVIOUS}, id="a second that has none"),
        pytest.param({"prev_hash": "AB" * 32}, id="a hash in capitals"),
        pytest.param({"prev_hash": "ab" * 31}, id="a short hash"),
        pytest.param({"sealed_sha256": "ab" * 33}, id="a long hash"),
        pytest.param({"created": 1}, id="a number for created"),
        pytest.param({"created": created_with(wall=-1)}, id="before 1970"),
        pytest.param({"created": created_with(wall="1")}, id="wall as text"),
        pytest.param({"created": created_with(monotonic_ns=1)}, id="nanoseconds as a number"),
        pytest.param({"created": created_with(monotonic_ns="01")}, id="a leading zero"),
        pytest.param({"created": created_with(monotonic_ns="-1")}, id="a minus"),
        pytest.param({"created": created_with(monotonic_ns="\u0661")}, id="an Arabic digit"),
        pytest.param({"created": created_with(monotonic_ns=str(2**63))}, id="nanoseconds beyond 2**63"),
        pytest.param({"created": created_with(zone="EET")}, id="an unknown member of created"),
    ],
)
def test_impossible_headers_are_malformed_even_if_signed(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        verify_envelope(with_header(**changed), KEY.public_der)


def test_the_forger_of_these_tests_can_also_be_honest() -> None:
    assert verify_envelope(with_header(), KEY.public_der).header == HEADER


def lines(header: bytes = HEADER.signed_bytes(), signature: bytes = base64.b64encode(ENVELOPE.signature)) -> bytes:
    return b"\n".join((envelope.MAGIC[:-1], header, signature, SEALED))


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lines(header=HEADER.signed_bytes().replace(b",", b", ")), id="a header in another spelling"),
        pytest.param(lines(header=b""), id="no header"),
        pytest.param(lines(header=b'{"a":"' + b"a" * 2000 + b'"}'), id="a long header"),
        pytest.param(lines(signature=b""), id="no signature"),
        pytest.param(lines(signature=b"!!!!"), id="a signature that is no base64"),
        pytest.param(
            lines(signature=base64.b64encode(ENVELOPE.signature).rstrip(b"=") + b"\r"), id="a carriage return"
        ),
        pytest.param(lines(signature=base64.b64encode(bytes(200))), id="a long signature"),
        pytest.param(lines(signature=b"QUJD\xc3\xa9"), id="a signature beyond ASCII"),
        pytest.param(BYTES.replace(b"/v1\n", b"/v1\r\n", 1), id="another newline"),
        pytest.param(BYTES.replace(b"/v1\n", b"/v2\n", 1), id="another version"),
        pytest.param(envelope.MAGIC, id="only the first line"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_other_framings_are_refused(forged: bytes) -> None:
    with pytest.raises(RefusedError):
        verify_envelope(forged, KEY.public_der)


def test_base64_has_one_spelling() -> None:
    padded = base64.b64encode(ENVELOPE.signature + b"x" * ((1 - len(ENVELOPE.signature)) % 3))
    assert padded.endswith(b"==")
    loose = padded[:-3] + bytes([padded[-3] + 1]) + b"=="
    assert base64.b64decode(loose) == base64.b64decode(padded)
    with pytest.raises(MalformedError):
        Envelope.from_bytes(lines(signature=loose))


def test_an_oversize_envelope_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedError):
        Envelope.from_bytes(BYTES + bytes(envelope.MAX_ENVELOPE_BYTES))


@settings(max_examples=300)
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_are_malformed(data: bytes, has_magic: bool) -> None:  # noqa: FBT001
    with pytest.raises(MalformedError):
        Envelope.from_bytes(envelope.MAGIC * has_magic + data)


def test_a_verified_envelope_is_the_signed_one_byte_by_byte() -> None:
    verified = verify_envelope(BYTES, KEY.public_der)
    assert verified == ENVELOPE
    assert verified.to_bytes() == BYTES


@given(headers)
def test_a_header_survives_its_canonical_form(header: OuterHeader) -> None:
    assert OuterHeader.from_bytes(header.signed_bytes()) == header


@given(headers, headers)
def test_different_headers_have_different_ids(one: OuterHeader, other: OuterHeader) -> None:
    assert (one.envelope_id == other.envelope_id) is (one == other)


def test_the_id_is_a_hash_of_namespace_and_header() -> None:
    expected = hashlib.sha256(b"townhall:envelope-id:v1\x00" + HEADER.signed_bytes()).hexdigest()
    assert HEADER.envelope_id == expected
    assert HEADER.envelope_id != hashlib.sha256(HEADER.signed_bytes()).hexdigest()


def test_two_signatures_of_one_header_make_one_id() -> None:
    again = sign_envelope(HEADER, SEALED, KEY)
    assert again.to_bytes() != BYTES
    assert verify_envelope(again.to_bytes(), KEY.public_der).header.envelope_id == HEADER.envelope_id


def test_the_first_lines_are_readable() -> None:
    magic, header, signature, *_sealed = BYTES.split(b"\n")
    assert magic == b"townhall-envelope/v1"
    assert json.loads(header)["kiosk"] == "kiosk-7"
    assert base64.b64decode(signature) == ENVELOPE.signature


def test_a_kiosk_may_run_for_more_than_a_hundred_days() -> None:
    created = replace(HEADER.created, monotonic_ns=400 * 24 * 3600 * 10**9)
    assert OuterHeader.from_bytes(replace(HEADER, created=created).signed_bytes()).created == created


def test_the_first_of_a_journal_has_no_previous_one() -> None:
    first = replace(HEADER, seq=1, prev_hash=NO_PREVIOUS)
    assert OuterHeader.from_bytes(first.signed_bytes()) == first


def test_the_longest_header_and_the_largest_payload_fit_their_limits() -> None:
    longest = OuterHeader(
        "k" * 64, "j" * 64, "b" * 64, 2**53 - 1, "f" * 64, Created(2**53 - 1, 2**63 - 1, 2**53 - 1), "f" * 64
    )
    sealed = bytes(MAX_SEALED_BYTES)
    largest = sign_envelope(replace(longest, sealed_sha256=sealed_sha256(sealed)), sealed, KEY).to_bytes()
    assert verify_envelope(largest, KEY.public_der).sealed == sealed


def test_a_header_is_not_signed_for_another_payload() -> None:
    with pytest.raises(ProgrammingError):
        sign_envelope(HEADER, SEALED + b"!", KEY)


def test_an_endless_payload_is_not_signed() -> None:
    sealed = bytes(MAX_SEALED_BYTES + 1)
    with pytest.raises(ProgrammingError):
        sign_envelope(replace(HEADER, sealed_sha256=sealed_sha256(sealed)), sealed, KEY)


def test_the_payload_does_not_flood_a_log() -> None:
    assert len(repr(ENVELOPE)) < 1000
