# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways in which the simulated centre can be broken."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.merkle import EMPTY_ROOT
from townhall_sync.wire import CheckpointReply, PutReply, ReceiptBody, sign_receipt


class Forgery(Enum):
    """What is wrong with every receipt that the centre gives."""

    SIGNATURE = "signed by another key"
    OTHERS = "a true receipt, of another envelope"
    CHECKPOINT = "the checkpoint is signed by another key"
    PROOF = "the inclusion proof is another leaf's"


@dataclass(slots=True)
class Faults:
    """How the centre is broken now. Numbers count down; the rest stays until it is taken back."""

    lose_requests: int = 0
    """So many requests get lost on their way."""
    lose_replies: int = 0
    """So many requests are carried out, and their answers get lost."""
    repeat_requests: bool = False
    """Each request arrives twice; the second answer is the one that comes back."""
    knows_no_batches: bool = False
    """It is of an older version: envelopes come one by one."""
    rate_limit_s: int | None = None
    forge: Forgery | None = None
    poison: set[str] = field(default_factory=set)
    """Ids of envelopes that the centre cannot read, because of a mistake of its own."""
    stumble: set[str] = field(default_factory=set)
    """Ids of envelopes at which the centre fails."""
    stale_checkpoint: CheckpointReply | None = None
    """What it answers whatever the nonce."""


def forge(reply: PutReply, forgery: Forgery | None, receipt_key: Ed25519PrivateKey) -> PutReply:
    """Return the reply with its receipt spoilt in one thing, and signed again by ``receipt_key``."""
    body = reply.receipt.body
    match forgery:
        case None:
            return reply
        case Forgery.SIGNATURE:
            receipt = sign_receipt(body, Ed25519PrivateKey.generate())
        case Forgery.OTHERS:
            other = hashlib.sha256(body.id.encode()).hexdigest()
            receipt = sign_receipt(msgspec.structs.replace(body, id=other), receipt_key)
        case Forgery.CHECKPOINT:
            receipt = sign_receipt(msgspec.structs.replace(body, checkpoint=_forged_note(body)), receipt_key)
        case Forgery.PROOF:
            proof = (*body.inclusion_proof, EMPTY_ROOT.hex())
            receipt = sign_receipt(msgspec.structs.replace(body, inclusion_proof=proof), receipt_key)
    return msgspec.structs.replace(reply, receipt=receipt)


def _forged_note(body: ReceiptBody) -> str:
    """Return the same checkpoint, signed by another key of the same name."""
    checkpoint = Checkpoint.from_text(body.checkpoint.partition("\n\n")[0].encode() + b"\n")
    return sign_checkpoint(checkpoint, Ed25519NoteSigner(checkpoint.origin, Ed25519PrivateKey.generate()))
