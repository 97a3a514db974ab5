# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The messages between kiosks and the centre: JSON, strict, of limited size (docs/formats/wire.md).

Unknown fields are refused, because a field that one side does not check is a field that an attacker may fill; the
protocol changes by its version in the path. ``read`` parses; nothing here is trusted before its signature verifies.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_crypto import canonical
from townhall_crypto import namespaces as crypto_namespaces
from townhall_sync import namespaces
from townhall_sync.errors import MessageMalformedError
from townhall_sync.one_time_code import OneTimeCode

__all__ = [
    "MAX_MESSAGE_BYTES",
    "CheckpointReply",
    "ConsistencyReply",
    "EnrolmentAnswer",
    "EnrolmentRequest",
    "EnrolmentState",
    "OneTimeCode",
    "Problem",
    "PutReply",
    "ReceiptBody",
    "RestorationBody",
    "Restorations",
    "RootDocument",
    "SignedReceipt",
    "SignedRestoration",
    "central_leaf",
    "enrolment_id",
    "enrolment_proof",
    "is_enrolment_proof",
    "read",
    "sign_checkpoint_reply",
    "sign_receipt",
    "sign_restoration",
    "to_json",
]

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""No JSON message of the protocol is longer; readers stop there."""

ENVELOPE_MEDIA_TYPE: Final = "application/vnd.townhall.envelope"
CATALOGUE_MEDIA_TYPE: Final = "application/vnd.townhall.catalogue"
# $ also matches before a last line feed, which the lookahead refuses; \Z is unknown to JSON Schema.
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$(?!\n)")]
Identifier = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$(?!\n)")]
Nonce = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$(?!\n)")]
Base64 = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]*={0,2}$(?!\n)", max_length=32 * 1024)]
NoteText = Annotated[str, msgspec.Meta(max_length=4096)]
# 2**53 - 1: the largest integer that every JSON reader keeps exactly (RFC 8785 §3.2.2.3).
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Proof = Annotated[tuple[Hash, ...], msgspec.Meta(max_length=64)]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message of the protocol."""


class ReceiptBody(_Message, frozen=True):
    """What the centre states of one envelope.

    ``index`` is the envelope's place in the centre's log; ``inclusion_proof`` leads from its leaf (``central_leaf``) to
    the root of ``checkpoint``, a signed note of that log. ``server_time`` is in unix seconds. A *quarantined* envelope
    is stored and fills its seq, but the agency cannot use it; ``reason`` is a stable code, empty when accepted.
    """

    id: Hash
    kiosk: Identifier
    journal_id: Identifier
    seq: Sequence
    status: Literal["accepted", "quarantined"]
    reason: Annotated[str, msgspec.Meta(max_length=64)]
    server_time: Count
    index: Count
    checkpoint: NoteText
    inclusion_proof: Proof

    def signed_bytes(self) -> bytes:
        """Return what the receipt key signs."""
        return crypto_namespaces.SYNC_RECEIPT + _canonical(self)


class SignedReceipt(_Message, frozen=True):
    """A receipt with the centre's Ed25519 signature (base64) over ``body.signed_bytes()``."""

    body: ReceiptBody
    signature: Base64


class PutReply(_Message, frozen=True):
    """The answer to a stored envelope: its receipt, and the lowest seq of its journal that the centre has not got."""

    receipt: SignedReceipt
    lowest_missing_seq: Sequence


class CheckpointReply(_Message, frozen=True):
    """The centre's newest checkpoint, made for one question: ``nonce`` is the asker's, so an old answer is noticed."""

    checkpoint: NoteText
    nonce: Nonce
    server_time: Count
    signature: Base64

    def signed_bytes(self) -> bytes:
        """Return what the receipt key signs: everything but the signature."""
        stated: dict[str, str | int] = {
            "checkpoint": self.checkpoint,
            "nonce": self.nonce,
            "server_time": self.server_time,
        }
        return namespaces.FRESH_CHECKPOINT + canonical.encode(stated)


class ConsistencyReply(_Message, frozen=True):
    """An RFC 6962 consistency proof between two sizes of the centre's log."""

    first: Count
    second: Count
    proof: Proof


class RestorationBody(_Message, frozen=True):
    """The statement that the log was put back to a backup of ``size`` leaves with this ``root``, at ``restored_at``.

    What the log held beyond is gone: whoever has it sends it again. ``restored_at``: the centre's clock, unix seconds.
    """

    log_origin: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    size: Count
    root: Hash
    restored_at: Count

    def signed_bytes(self) -> bytes:
        """Return what the device CA's key signs."""
        return namespaces.LOG_RESTORATION + _canonical(self)


class SignedRestoration(_Message, frozen=True):
    """A statement with the signature (ECDSA P-256, SHA-256, DER, base64) of the device CA of root.json.

    No server holds that key in the open: an administrator with its passphrase made the statement.
    """

    body: RestorationBody
    signature: Base64


class Restorations(_Message, frozen=True):
    """Every statement that the centre has made, newest last; the oldest fall out."""

    restorations: Annotated[tuple[SignedRestoration, ...], msgspec.Meta(max_length=64)]


class EnrolmentRequest(_Message, frozen=True):
    """A kiosk asks to be enrolled: its proposed name, public key (SPKI, base64) and proof of the code."""

    kiosk: Identifier
    public_key: Base64
    proof: Hash


class EnrolmentAnswer(_Message, frozen=True):
    """What an enrolled kiosk gets: its name, X.509 certificate (DER, base64) and root.json (base64)."""

    kiosk: Identifier
    device_certificate: Base64
    root: Base64


class EnrolmentState(_Message, frozen=True):
    """Where a request (``id``: see ``enrolment_id``) stands; ``answer`` is there once ``state`` is ``approved``."""

    id: Hash
    state: Literal["pending", "approved", "refused"]
    answer: EnrolmentAnswer | None = None


class RootDocument(_Message, frozen=True):
    """root.json: what a kiosk must know of its centre. Keys are raw Ed25519 public keys (32 bytes, base64).

    ``device_ca`` is the X.509 certificate (DER, base64) that issues device certificates. ``catalogue_root`` is the
    first root of the signed catalogue (TUF, base64); empty at a centre that has none yet.
    """

    receipt_key: Base64
    log_key: Base64
    log_origin: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    device_ca: Base64
    catalogue_root: Base64 = ""

    def to_bytes(self) -> bytes:
        """Return root.json; its SHA-256 is in the one-time code."""
        return _canonical(self)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem; ``code`` is the centre's stable failure code. Unknown members are allowed there (§3.2)."""

    code: Annotated[str, msgspec.Meta(pattern="^TH-[A-Z]{4}-[0-9]{3}$(?!\n)")]
    title: Annotated[str, msgspec.Meta(max_length=200)]
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    type: Annotated[str, msgspec.Meta(max_length=200)] = "about:blank"
    detail: Annotated[str, msgspec.Meta(max_length=1000)] = ""


Message = TypeVar("Message", bound=msgspec.Struct)


def to_json(message: msgspec.Struct) -> bytes:
    """Return a message as it travels."""
    return msgspec.json.encode(message)


def read(kind: type[Message], untrusted: bytes, *, limit: int = MAX_MESSAGE_BYTES) -> Message:
    """Parse one message of ``kind`` of at most ``limit`` bytes.

    Raises:
        MessageMalformedError: too long, or not exactly such a message.
    """
    if len(untrusted) > limit:
        raise MessageMalformedError("too long")
    try:
        return msgspec.json.decode(untrusted, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise MessageMalformedError(kind.__name__) from exc


def encode_base64(data: bytes) -> str:
    """Return ``data`` as a ``Base64`` field."""
    return base64.b64encode(data).decode()


def decode_base64(untrusted: str) -> bytes:
    """Return the bytes of a ``Base64`` field.

    Raises:
        MessageMalformedError: not base64 in its one spelling.
    """
    try:
        data = base64.b64decode(untrusted, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise MessageMalformedError("base64") from exc
    if encode_base64(data) != untrusted:
        raise MessageMalformedError("base64")
    return data


def sign_receipt(body: ReceiptBody, key: Ed25519PrivateKey) -> SignedReceipt:
    """Return ``body`` signed by the centre's receipt key."""
    return SignedReceipt(body=body, signature=encode_base64(key.sign(body.signed_bytes())))


def sign_checkpoint_reply(checkpoint: str, nonce: str, server_time: int, key: Ed25519PrivateKey) -> CheckpointReply:
    """Return the centre's answer to ``GET /v1/log/checkpoint?nonce=``, signed by its receipt key."""
    unsigned = CheckpointReply(checkpoint=checkpoint, nonce=nonce, server_time=server_time, signature="")
    return msgspec.structs.replace(unsigned, signature=encode_base64(key.sign(unsigned.signed_bytes())))


def sign_restoration(body: RestorationBody, key: ec.EllipticCurvePrivateKey) -> SignedRestoration:
    """Return ``body`` signed by the device CA's key."""
    signature = key.sign(body.signed_bytes(), ec.ECDSA(SHA256()))
    return SignedRestoration(body=body, signature=encode_base64(signature))


def central_leaf(envelope_id: str) -> bytes:
    """Return an envelope's leaf data in the centre's log (to be hashed as RFC 6962 §2.1 says)."""
    return crypto_namespaces.CENTRAL_LOG_LEAF + bytes.fromhex(envelope_id)


def enrolment_id(public_key_der: bytes) -> str:
    """Return the name of the enrolment request for a public key; asking again has the same name."""
    return hashlib.sha256(namespaces.ENROLMENT_ID + public_key_der).hexdigest()


def enrolment_proof(code_secret: bytes, public_key_der: bytes) -> str:
    """Return the proof (hex HMAC-SHA256) that the holder of ``public_key_der`` knows the one-time code."""
    return hmac.new(code_secret, crypto_namespaces.ENROLMENT_PROOF + public_key_der, hashlib.sha256).hexdigest()


def is_enrolment_proof(untrusted_proof: str, code_secret: bytes, public_key_der: bytes) -> bool:
    """Tell, in constant time, whether a request was made with this code; the centre asks for each code still open."""
    expected = enrolment_proof(code_secret, public_key_der)
    return hmac.compare_digest(expected.encode(), untrusted_proof.encode())


def _canonical(message: msgspec.Struct) -> bytes:
    """Return a message as RFC 8785 JSON."""
    return canonical.encode(msgspec.to_builtins(message))
