# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The vectors of docs/formats are what this code reads and, as far as randomness allows, writes."""

import base64
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_crypto import namespaces
from townhall_crypto.checkpoint import (
    Checkpoint,
    DeviceNoteVerifier,
    Ed25519NoteSigner,
    sign_checkpoint,
    verify_checkpoint,
)
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, Envelope, OuterHeader, sealed_sha256, verify_envelope
from townhall_crypto.errors import RefusedError
from townhall_crypto.inner_header import split_sealed
from townhall_crypto.merkle import MerkleTree, leaf_hash, verify_consistency, verify_inclusion
from townhall_crypto.sealed import RecipientPrivateKey, RecipientPublicKey, Suite, open_sealed, seal

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors"


class Recipient(msgspec.Struct):
    private: str
    public: str
    key_id: str


class SealedVector(msgspec.Struct):
    name: str
    suite: int
    kind: str
    payload: str
    recipients: list[Recipient]
    secret: str
    salt: str
    header: str
    sealed_sha256: str
    sealed: str


class Change(msgspec.Struct):
    name: str
    offset: int
    xor: str
    code: str

    def applied(self, data: bytes) -> bytes:
        changed = bytearray(data)
        changed[self.offset] ^= int(self.xor, 16)
        return bytes(changed)


class SealedVectors(msgspec.Struct):
    opens: list[SealedVector]
    refused: list[Change]


class EnvelopeVector(msgspec.Struct):
    header: str
    envelope_id: str
    signature: str
    envelope: str


class EnvelopeVectors(msgspec.Struct):
    device_private: str
    device_public_der: str
    verifies: list[EnvelopeVector]
    refused: list[Change]


class Inclusion(msgspec.Struct):
    index: int
    size: int
    proof: list[str]


class Consistency(msgspec.Struct):
    first: int
    second: int
    proof: list[str]


class CentreVector(msgspec.Struct):
    private: str
    vkey: str
    note: str


class KioskVector(msgspec.Struct):
    device_private: str
    device_public_der: str
    key_id: str
    note: str


class LogVectors(msgspec.Struct):
    envelope_ids: list[str]
    leaf_hashes: list[str]
    roots: list[str]
    inclusion: Inclusion
    consistency: Consistency
    centre: CentreVector
    kiosk: KioskVector


Vectors = TypeVar("Vectors", SealedVectors, EnvelopeVectors, LogVectors)


def read(name: str, kind: type[Vectors]) -> Vectors:
    return msgspec.json.decode((FOLDER / name).read_bytes(), type=kind)


SEALED = read("sealed-payload.json", SealedVectors)
ENVELOPES = read("envelope.json", EnvelopeVectors)
LOG = read("log.json", LogVectors)


def unhexed(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def device_private(hexadecimal: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(hexadecimal, 16), ec.SECP256R1())


@pytest.mark.parametrize("change", SEALED.refused, ids=lambda change: change.name)
def test_a_changed_sealed_payload_is_refused_with_the_published_code(change: Change) -> None:
    vector = SEALED.opens[0]
    key = RecipientPrivateKey.from_bytes(bytes.fromhex(vector.recipients[0].private))
    with pytest.raises(RefusedError) as refusal:
        open_sealed(change.applied(base64.b64decode(vector.sealed)), key)
    assert refusal.value.code == change.code


@pytest.mark.parametrize("vector", SEALED.opens, ids=lambda vector: vector.name)
def test_every_recipient_opens_the_published_sealed_payload(vector: SealedVector) -> None:
    suite = Suite(vector.suite)
    for recipient in vector.recipients:
        key = RecipientPrivateKey.from_bytes(bytes.fromhex(recipient.private), suite)
        assert (key.public.public.hex(), key.public.key_id) == (recipient.public, recipient.key_id)
        opened = open_sealed(base64.b64decode(vector.sealed), key, allow=frozenset({suite}))
        assert opened.payload.hex() == vector.payload
        assert opened.header.to_bytes().decode() == vector.header


@pytest.mark.parametrize("vector", SEALED.opens, ids=lambda vector: vector.name)
def test_all_but_the_wraps_is_written_as_published(vector: SealedVector) -> None:
    suite = Suite(vector.suite)
    drawn = iter((bytes.fromhex(vector.secret), bytes.fromhex(vector.salt)))
    recipients = [RecipientPublicKey.from_bytes(bytes.fromhex(each.public), suite) for each in vector.recipients]
    ours = seal(
        bytes.fromhex(vector.payload),
        kind=vector.kind,
        recipients=recipients,
        allow=frozenset({suite}),
        randomness=lambda _size: next(drawn),
    )
    published = base64.b64decode(vector.sealed)
    assert sealed_sha256(published) == vector.sealed_sha256
    assert len(ours) == len(published)
    our_parts, published_parts = split_sealed(ours), split_sealed(published)
    assert our_parts.header_bytes == published_parts.header_bytes == vector.header.encode()
    assert our_parts.body == published_parts.body


@pytest.mark.parametrize("vector", ENVELOPES.verifies)
def test_the_published_envelopes_verify_and_are_written_as_published(vector: EnvelopeVector) -> None:
    published = base64.b64decode(vector.envelope)
    verified = verify_envelope(published, bytes.fromhex(ENVELOPES.device_public_der))
    assert verified.header.envelope_id == vector.envelope_id
    assert verified.header.signed_bytes() == vector.header.encode()
    signature = device_private(ENVELOPES.device_private).sign(
        namespaces.ENVELOPE_SIGNATURE + vector.header.encode(), ec.ECDSA(SHA256(), deterministic_signing=True)
    )
    assert signature.hex() == vector.signature
    header = OuterHeader.from_bytes(vector.header.encode())
    assert Envelope(header, signature, verified.sealed).to_bytes() == published


def test_the_published_envelopes_are_a_chain_around_the_published_payloads() -> None:
    envelopes = [Envelope.from_bytes(base64.b64decode(vector.envelope)) for vector in ENVELOPES.verifies]
    assert [each.header.seq for each in envelopes] == [1, 2]
    assert [each.header.prev_hash for each in envelopes] == [NO_PREVIOUS, envelopes[0].header.envelope_id]
    assert [each.sealed for each in envelopes] == [base64.b64decode(vector.sealed) for vector in SEALED.opens[:2]]


@pytest.mark.parametrize("change", ENVELOPES.refused, ids=lambda change: change.name)
def test_a_changed_envelope_is_refused_with_the_published_code(change: Change) -> None:
    changed = change.applied(base64.b64decode(ENVELOPES.verifies[0].envelope))
    with pytest.raises(RefusedError) as refusal:
        verify_envelope(changed, bytes.fromhex(ENVELOPES.device_public_der))
    assert refusal.value.code == change.code


def test_the_published_log_grows_and_proves_as_published() -> None:
    leaves = [leaf_hash(namespaces.CENTRAL_LOG_LEAF + each) for each in unhexed(LOG.envelope_ids)]
    tree = MerkleTree.from_leaf_hashes(leaves)
    roots = [tree.root(size) for size in range(tree.size + 1)]
    assert leaves == unhexed(LOG.leaf_hashes)
    assert roots == unhexed(LOG.roots)
    included, consistent = LOG.inclusion, LOG.consistency
    assert list(tree.inclusion_proof(included.index, included.size)) == unhexed(included.proof)
    assert list(tree.consistency_proof(consistent.first, consistent.second)) == unhexed(consistent.proof)
    verify_inclusion(
        leaves[included.index], included.index, included.size, unhexed(included.proof), roots[included.size]
    )
    verify_consistency(
        consistent.first,
        consistent.second,
        roots[consistent.first],
        roots[consistent.second],
        unhexed(consistent.proof),
    )


def test_the_centres_published_note_is_written_and_read_as_published() -> None:
    name = LOG.centre.vkey.partition("+")[0]
    signer = Ed25519NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(LOG.centre.private)))
    assert signer.verifier.vkey == LOG.centre.vkey
    checkpoint = verify_checkpoint(LOG.centre.note, signer.verifier)
    assert checkpoint == Checkpoint(name, 7, bytes.fromhex(LOG.roots[7]))
    assert sign_checkpoint(checkpoint, signer) == LOG.centre.note


def test_the_kiosks_published_note_is_read_as_published_and_its_signature_reproduced() -> None:
    verifier = DeviceNoteVerifier("log.townhall.example/kiosk-7", bytes.fromhex(LOG.kiosk.device_public_der))
    assert verifier.key_id.hex() == LOG.kiosk.key_id
    checkpoint = verify_checkpoint(LOG.kiosk.note, verifier)
    key = device_private(LOG.kiosk.device_private)
    assert FileDeviceKey(key).public_der.hex() == LOG.kiosk.device_public_der
    signature = key.sign(
        namespaces.CHECKPOINT_SIGNATURE + checkpoint.signed_bytes(), ec.ECDSA(SHA256(), deterministic_signing=True)
    )
    assert base64.b64encode(verifier.key_id + signature).decode() == LOG.kiosk.note.split()[-1]
