# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The messages of the protocol: strict, limited, and each signature over its own bytes."""

from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

HASH = "ab" * 32
BODY = wire.ReceiptBody(
    id=HASH,
    kiosk="kiosk-1",
    journal_id="journal",
    seq=1,
    status="accepted",
    reason="",
    server_time=1_800_000_000,
    index=0,
    checkpoint="note",
    inclusion_proof=(HASH,),
)
SIGNED = wire.SignedReceipt(body=BODY, signature="AAAA")
EVERY = [
    BODY,
    SIGNED,
    wire.PutReply(receipt=SIGNED, lowest_missing_seq=2),
    wire.CheckpointReply(checkpoint="note", nonce="n", server_time=1, signature="AAAA"),
    wire.ConsistencyReply(first=1, second=2, proof=(HASH,)),
    wire.EnrolmentRequest(kiosk="kiosk-1", public_key="AAAA", proof=HASH),
    wire.EnrolmentState(id=HASH, state="pending"),
    wire.EnrolmentState(
        id=HASH, state="approved", answer=wire.EnrolmentAnswer(kiosk="k", device_certificate="AAAA", root="AAAA")
    ),
    wire.RootDocument(receipt_key="AAAA", log_key="AAAA", log_origin="o", device_ca="AAAA"),
    wire.Problem(code="TH-CENT-001", title="t", status=400),
]


@pytest.mark.parametrize("message", EVERY, ids=lambda message: type(message).__name__)
def test_every_message_travels_unchanged(message: msgspec.Struct) -> None:
    assert wire.read(type(message), wire.to_json(message)) == message


@pytest.mark.parametrize("message", EVERY[:-1], ids=lambda message: type(message).__name__)
def test_an_unknown_field_is_refused(message: msgspec.Struct) -> None:
    with pytest.raises(MessageMalformedError):
        wire.read(type(message), wire.to_json(message)[:-1] + b',"extra":1}')


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", HASH + "\n"),
        ("id", HASH.upper()),
        ("id", HASH[1:]),
        ("kiosk", "kiosk-1\n"),
        ("kiosk", ""),
        ("kiosk", "a b"),
        ("kiosk", "-a"),
        ("kiosk", "k" * 65),
        ("seq", 0),
        ("seq", 2**53),
        ("seq", True),
        ("seq", "1"),
        ("server_time", -1),
        ("status", "lost"),
        ("index", 1.5),
        ("inclusion_proof", [HASH] * 65),
        ("inclusion_proof", ["x"]),
        ("checkpoint", "x" * 5000),
        ("reason", None),
    ],
)
def test_an_impossible_value_is_refused(field: str, value: object) -> None:
    stated = {**msgspec.to_builtins(BODY), field: value}
    with pytest.raises(MessageMalformedError):
        wire.read(wire.ReceiptBody, msgspec.json.encode(stated))


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(untrusted: bytes) -> None:
    for kind in (wire.PutReply, wire.EnrolmentState, wire.Problem):
        with pytest.raises(MessageMalformedError):
            wire.read(kind, untrusted)


@pytest.mark.parametrize("untrusted", [b"[" * 60_000, b'{"a":' * 10_000, b" " * 70_000, b"\xff\xfe{}", b""])
def test_deep_long_and_strangely_encoded_messages_are_refused(untrusted: bytes) -> None:
    with pytest.raises(MessageMalformedError):
        wire.read(wire.PutReply, untrusted)


@pytest.mark.parametrize("untrusted", ["A", "AA", "AA==\n", "AAB=", "====", "AA-_"])
def test_base64_has_one_spelling(untrusted: str) -> None:
    with pytest.raises(MessageMalformedError):
        wire.decode_base64(untrusted)


@given(st.binary(max_size=100))
def test_base64_comes_back(data: bytes) -> None:
    assert wire.decode_base64(wire.encode_base64(data)) == data


def test_a_receipts_signed_bytes_are_its_namespace_and_its_canonical_body() -> None:
    signed = BODY.signed_bytes()
    namespace, _, rest = signed.partition(b"\x00")
    assert namespace == b"townhall:sync-receipt:v1"
    assert canonical.decode(rest) == msgspec.to_builtins(BODY) | {"inclusion_proof": [HASH]}


CHANGES: list[tuple[str, Callable[[wire.ReceiptBody], wire.ReceiptBody]]] = [
    (name, lambda body, name=name, value=value: msgspec.structs.replace(body, **{name: value}))  # type: ignore[misc]  # bound per round
    for name, value in {
        "id": "cd" * 32,
        "kiosk": "kiosk-2",
        "journal_id": "other",
        "seq": 2,
        "status": "quarantined",
        "reason": "x",
        "server_time": 1,
        "index": 1,
        "checkpoint": "other",
        "inclusion_proof": (),
    }.items()
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[name for name, _change in CHANGES])
def test_every_field_of_a_receipt_is_signed(name: str, change: Callable[[wire.ReceiptBody], wire.ReceiptBody]) -> None:
    assert name in wire.ReceiptBody.__struct_fields__
    assert change(BODY).signed_bytes() != BODY.signed_bytes()
    assert {each for each, _change in CHANGES} == set(wire.ReceiptBody.__struct_fields__)


def test_a_fresh_checkpoint_is_signed_with_nonce_and_time() -> None:
    key = Ed25519PrivateKey.generate()
    reply = wire.sign_checkpoint_reply("note", "nonce", 5, key)
    key.public_key().verify(wire.decode_base64(reply.signature), reply.signed_bytes())
    for other in ({"nonce": "m"}, {"server_time": 6}, {"checkpoint": "x"}):
        assert msgspec.structs.replace(reply, **other).signed_bytes() != reply.signed_bytes()


def test_root_json_is_canonical() -> None:
    root = wire.RootDocument(receipt_key="AAAA", log_key="BBBB", log_origin="o", device_ca="CCCC")
    assert canonical.decode(root.to_bytes()) == msgspec.to_builtins(root)


def test_an_enrolment_proof_is_of_one_code_and_one_key() -> None:
    proof = wire.enrolment_proof(b"s" * 16, b"key")
    assert wire.is_enrolment_proof(proof, b"s" * 16, b"key")
    assert not wire.is_enrolment_proof(proof, b"t" * 16, b"key")
    assert not wire.is_enrolment_proof(proof, b"s" * 16, b"kez")
    assert not wire.is_enrolment_proof("ü", b"s" * 16, b"key")
    assert wire.enrolment_id(b"key") != wire.enrolment_id(b"kez")
