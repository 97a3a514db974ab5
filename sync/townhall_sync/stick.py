# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What travels by USB stick, and where it lies there: the same envelopes and receipts as over HTTP, in files.

::

    townhall/consignments/    what a kiosk sends, signed by its device: ids and hashes of envelopes
    townhall/envelopes/ab/    the envelopes, byte for byte as a PUT carries them
    townhall/questions/       a kiosk asks for a fresh checkpoint of the centre's log, and for proofs
    townhall/replies/ab/      the centre's word on each envelope: PutReply, or a signed refusal
    townhall/answers/         checkpoint and proofs, for one question each
    townhall/logs/            the public logs of ballot boxes, which each kiosk verifies by itself

Every name is the hash of what the file is about, in lower-case hex, so files of many kiosks lie side by side, writing
the same twice is writing once, and FAT's short, caseless, colonless names are enough. ``ab`` are the first two digits:
a FAT32 directory holds some 9,000 such names.
"""

import hashlib
from enum import Enum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto import canonical
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.envelope import MAX_ENVELOPE_BYTES
from townhall_crypto.errors import MalformedError, SignatureRefusedError
from townhall_crypto.namespaces import STICK_CONSIGNMENT
from townhall_sync import namespaces
from townhall_sync.ballot_log import MAX_PART_BYTES
from townhall_sync.errors import MessageMalformedError, ReceiptRefusal, ReceiptRefusedError, RequestSignatureError
from townhall_sync.receipt import CentreKeys
from townhall_sync.wire import (
    MAX_MESSAGE_BYTES,
    Base64,
    CheckpointReply,
    ConsistencyReply,
    Count,
    Hash,
    Identifier,
    Nonce,
    Restorations,
    decode_base64,
    encode_base64,
)

ROOT: Final = "townhall"
BATCH: Final = 128
"""Envelopes in one consignment: what is lost of an export that is cut off, at most."""
MAX_SIZES: Final = 2_000
"""Proofs that one question asks for, at most: the oldest first, the others another time."""
MAX_ANSWER_BYTES: Final = 12 * 1024 * 1024


class Folder(Enum):
    """A folder of the stick, with the length that no file of it exceeds."""

    CONSIGNMENTS = ("consignments", MAX_MESSAGE_BYTES)
    ENVELOPES = ("envelopes", MAX_ENVELOPE_BYTES)
    QUESTIONS = ("questions", MAX_MESSAGE_BYTES)
    REPLIES = ("replies", MAX_MESSAGE_BYTES)
    ANSWERS = ("answers", MAX_ANSWER_BYTES)
    BALLOT_LOGS = ("logs", MAX_PART_BYTES)

    def __init__(self, folder: str, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.is_sharded = folder in {"envelopes", "replies"}


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message that travels by stick."""


class Item(_Message, frozen=True):
    """One envelope of a consignment: its id, and the SHA-256 of its file."""

    id: Hash
    sha256: Hash


class ConsignmentBody(_Message, frozen=True):
    """What a kiosk sends: the centre takes these files, with these bytes, as if this kiosk had PUT them."""

    kiosk: Identifier
    journal_id: Identifier
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=BATCH)]

    def canonical(self) -> bytes:
        """Return what the device signs, under its namespace."""
        return canonical.encode(msgspec.to_builtins(self))

    def name(self) -> str:
        """Return the name of its file."""
        return hashlib.sha256(STICK_CONSIGNMENT + self.canonical()).hexdigest()


class Consignment(_Message, frozen=True):
    """A body with the device's signature (ECDSA P-256, DER, base64)."""

    body: ConsignmentBody
    signature: Base64


class Question(_Message, frozen=True):
    """A kiosk asks for a fresh checkpoint, and for the proofs that it continues the log's earlier ``sizes``."""

    nonce: Nonce
    sizes: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MAX_SIZES)]

    def name(self) -> str:
        """Return the name of its file, and of its answer's."""
        return hashlib.sha256(self.nonce.encode()).hexdigest()


class Answer(_Message, frozen=True):
    """The centre's answer; a size that its log never had, or that it does not continue, has no proof."""

    checkpoint: CheckpointReply
    proofs: Annotated[tuple[ConsistencyReply, ...], msgspec.Meta(max_length=MAX_SIZES)]
    restorations: Restorations

    def question(self) -> str:
        """Return the name of the question."""
        return hashlib.sha256(self.checkpoint.nonce.encode()).hexdigest()


class RefusalBody(_Message, frozen=True):
    """What the centre did not take: over HTTP it would have answered with this status and code."""

    id: Hash
    kiosk: Identifier
    status: Annotated[int, msgspec.Meta(ge=400, le=499)]
    code: Annotated[str, msgspec.Meta(pattern="^TH-[A-Z]{4}-[0-9]{3}$(?!\n)")]

    def signed_bytes(self) -> bytes:
        """Return what the receipt key signs."""
        return namespaces.STICK_REFUSAL + canonical.encode(msgspec.to_builtins(self))


class SignedRefusal(_Message, frozen=True):
    """A refusal with the receipt key's signature: a stick has no TLS, and a forged one would close a kiosk."""

    body: RefusalBody
    signature: Base64


def sign_consignment(body: ConsignmentBody, key: DeviceKey) -> Consignment:
    """Return ``body`` signed by the kiosk's device."""
    return Consignment(body=body, signature=encode_base64(key.sign(STICK_CONSIGNMENT, body.canonical())))


def verify_consignment(untrusted: Consignment, public_der: bytes) -> ConsignmentBody:
    """Return what the owner of the device key sends.

    Raises:
        RequestSignatureError: another key signed it, or other bytes.
    """
    try:
        signature = decode_base64(untrusted.signature)
        verify_device_signature(public_der, STICK_CONSIGNMENT, untrusted.body.canonical(), signature)
    except (MessageMalformedError, MalformedError, SignatureRefusedError) as exc:
        raise RequestSignatureError("a consignment that this device did not sign") from exc
    return untrusted.body


def sign_refusal(body: RefusalBody, key: Ed25519PrivateKey) -> SignedRefusal:
    """Return ``body`` signed by the centre's receipt key."""
    return SignedRefusal(body=body, signature=encode_base64(key.sign(body.signed_bytes())))


def verify_refusal(untrusted: SignedRefusal, envelope_id: str, kiosk: str, keys: CentreKeys) -> RefusalBody:
    """Return what the centre says of this envelope of this kiosk.

    Raises:
        ReceiptRefusedError: forged, or about another envelope or kiosk.
    """
    try:
        keys.receipt_key.verify(decode_base64(untrusted.signature), untrusted.body.signed_bytes())
    except (InvalidSignature, MessageMalformedError) as exc:
        raise ReceiptRefusedError(ReceiptRefusal.FORGED) from exc
    if (untrusted.body.id, untrusted.body.kiosk) != (envelope_id, kiosk):
        raise ReceiptRefusedError(ReceiptRefusal.OTHERS)
    return untrusted.body
