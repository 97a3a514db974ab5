# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What proves that the centre has an envelope, and that it still has it later. Pure rules, no input or output.

1. A receipt counts when its signature is the receipt key's, it names the very envelope, its checkpoint is signed by the
   log key, and its proof leads from the envelope's leaf to that checkpoint (``verify_receipt``).
2. A fresh checkpoint counts when it is signed for the nonce that we just made up (``verify_fresh_checkpoint``).
3. A delivered payload may be freed when a fresh checkpoint, signed at least the policy's days after the receipt, is
   proven to continue the receipt's checkpoint (``prove_kept``): the log still holds the envelope's leaf.
"""

from dataclasses import dataclass
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteVerifier, NoteVerifier, verify_checkpoint
from townhall_crypto.errors import CheckpointRefusedError, MalformedError, ProofRefusedError
from townhall_crypto.merkle import leaf_hash, verify_consistency, verify_inclusion
from townhall_sync.errors import EnrolmentRefusedError, MessageMalformedError, ReceiptRefusal, ReceiptRefusedError
from townhall_sync.wire import (
    CheckpointReply,
    ConsistencyReply,
    RootDocument,
    SignedReceipt,
    central_leaf,
    decode_base64,
    read,
)


@dataclass(frozen=True, slots=True)
class CentreKeys:
    """The keys of the centre: of receipts, of its log, and of the administrators who certify kiosks (P-256, SPKI)."""

    receipt_key: Ed25519PublicKey
    log_key: NoteVerifier
    device_ca: bytes

    @classmethod
    def from_root(cls, root_json: bytes) -> "CentreKeys":
        """Return the keys of a root.json that was checked against the one-time code, or kept since.

        Raises:
            EnrolmentRefusedError: not such a document.
        """
        try:
            root = read(RootDocument, root_json)
            receipt_key = Ed25519PublicKey.from_public_bytes(decode_base64(root.receipt_key))
            log_key = Ed25519NoteVerifier(root.log_origin, decode_base64(root.log_key))
            authority = x509.load_der_x509_certificate(decode_base64(root.device_ca))
            device_ca = authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (MessageMalformedError, MalformedError, ValueError, UnsupportedAlgorithm) as exc:
            raise EnrolmentRefusedError("root.json holds no usable keys") from exc
        return cls(receipt_key, log_key, device_ca)


class Outcome(Enum):
    """What the centre did with an envelope."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class ExpectedReceipt:
    """The envelope that a receipt must be about."""

    envelope_id: str
    kiosk: str
    journal_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A verified receipt; only ``verify_receipt`` makes one. ``signed`` is what travelled, for keeping."""

    envelope_id: str
    seq: int
    outcome: Outcome
    reason: str
    server_time: int
    checkpoint: Checkpoint
    signed: SignedReceipt


@dataclass(frozen=True, slots=True)
class FreshCheckpoint:
    """A verified checkpoint that the centre signed for us just now, at ``server_time`` (unix seconds)."""

    checkpoint: Checkpoint
    server_time: int
    note: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Proof that the centre's log at ``fresh`` still holds the envelope of ``seq``; only ``prove_kept`` makes one."""

    seq: int
    fresh: FreshCheckpoint


def verify_receipt(untrusted: SignedReceipt, expected: ExpectedReceipt, keys: CentreKeys) -> Receipt:
    """Return the receipt, verified in every part.

    Raises:
        ReceiptRefusedError: with the first reason found; nothing may be freed on its account.
    """
    body = untrusted.body
    _check_signature(untrusted.signature, body.signed_bytes(), keys)
    if (body.id, body.kiosk, body.journal_id, body.seq) != (
        expected.envelope_id,
        expected.kiosk,
        expected.journal_id,
        expected.seq,
    ):
        raise ReceiptRefusedError(ReceiptRefusal.OTHERS)
    checkpoint = _checkpoint(body.checkpoint, keys)
    proof = [bytes.fromhex(node) for node in body.inclusion_proof]
    try:
        verify_inclusion(leaf_hash(central_leaf(body.id)), body.index, checkpoint.size, proof, checkpoint.root)
    except ProofRefusedError as exc:
        raise ReceiptRefusedError(ReceiptRefusal.NOT_LOGGED) from exc
    return Receipt(body.id, body.seq, Outcome(body.status), body.reason, body.server_time, checkpoint, signed=untrusted)


def verify_fresh_checkpoint(untrusted: CheckpointReply, nonce: str, keys: CentreKeys) -> FreshCheckpoint:
    """Return the centre's checkpoint of this moment, asked for with ``nonce``.

    Raises:
        ReceiptRefusedError: forged, answered to another question, or not of the centre's log.
    """
    _check_signature(untrusted.signature, untrusted.signed_bytes(), keys)
    if untrusted.nonce != nonce:
        raise ReceiptRefusedError(ReceiptRefusal.OTHERS)
    return FreshCheckpoint(_checkpoint(untrusted.checkpoint, keys), untrusted.server_time, untrusted.checkpoint)


def check_not_shrunken(earlier: Checkpoint, later: Checkpoint) -> Checkpoint:
    """Return ``later``, which has at least as many leaves as ``earlier``; there is no proof to ask for otherwise.

    Raises:
        ReceiptRefusedError: the log became shorter.
    """
    if later.size < earlier.size:
        raise ReceiptRefusedError(ReceiptRefusal.NOT_CONTINUED)
    return later


def check_continues(earlier: Checkpoint, later: Checkpoint, untrusted: ConsistencyReply) -> Checkpoint:
    """Return ``later``, proven to continue ``earlier``.

    Raises:
        ReceiptRefusedError: the proof is of other sizes, or does not show it.
    """
    if (untrusted.first, untrusted.second) != (earlier.size, later.size):
        raise ReceiptRefusedError(ReceiptRefusal.OTHERS)
    proof = [bytes.fromhex(node) for node in untrusted.proof]
    try:
        verify_consistency(earlier.size, later.size, earlier.root, later.root, proof)
    except ProofRefusedError as exc:
        raise ReceiptRefusedError(ReceiptRefusal.NOT_CONTINUED) from exc
    return later


def prove_kept(seq: int, received: Checkpoint, fresh: FreshCheckpoint, untrusted: ConsistencyReply) -> Kept:
    """Return the proof that the envelope of ``seq``, received under ``received``, is still in the log at ``fresh``.

    Raises:
        ReceiptRefusedError: the proof does not show it.
    """
    check_continues(received, fresh.checkpoint, untrusted)
    return Kept(seq, fresh)


def _check_signature(untrusted_signature: str, message: bytes, keys: CentreKeys) -> None:
    try:
        keys.receipt_key.verify(decode_base64(untrusted_signature), message)
    except (InvalidSignature, MessageMalformedError) as exc:
        raise ReceiptRefusedError(ReceiptRefusal.FORGED) from exc


def _checkpoint(untrusted_note: str, keys: CentreKeys) -> Checkpoint:
    try:
        return verify_checkpoint(untrusted_note, keys.log_key)
    except CheckpointRefusedError as exc:
        raise ReceiptRefusedError(ReceiptRefusal.CHECKPOINT) from exc
