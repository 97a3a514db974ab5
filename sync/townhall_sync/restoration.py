# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a centre's log that does not continue what we saw is a restored backup, and not a rewritten history.

A statement explains a log that we knew at ``known`` when an administrator signed it (``verify_restoration``), it is of
this log, it was made after ``known`` was, the log was put back to no more than ``known`` held, and the log of today
continues the state that it was put back to (the caller asks for that proof). An older statement excuses no later fork.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_crypto.checkpoint import Checkpoint
from townhall_crypto.device_key import load_device_public_key
from townhall_crypto.errors import MalformedError
from townhall_sync.errors import MessageMalformedError, ReceiptRefusal, ReceiptRefusedError
from townhall_sync.receipt import CentreKeys
from townhall_sync.wire import SignedRestoration, decode_base64


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint of the centre's log that we have seen, and the centre's time then (unix seconds)."""

    checkpoint: Checkpoint
    server_time: int


@dataclass(frozen=True, slots=True)
class Restoration:
    """A verified statement; only ``verify_restoration`` makes one. ``checkpoint`` is what the log was put back to."""

    checkpoint: Checkpoint
    restored_at: int

    def explains(self, known: Known) -> bool:
        """Tell whether this can be why the log of today does not continue ``known``."""
        return self.checkpoint.size <= known.checkpoint.size and self.restored_at >= known.server_time


def verify_restoration(untrusted: SignedRestoration, keys: CentreKeys) -> Restoration:
    """Return what an administrator of the centre stated.

    Raises:
        ReceiptRefusedError: not signed by the device CA, or about another log.
    """
    body = untrusted.body
    try:
        signature = decode_base64(untrusted.signature)
        load_device_public_key(keys.device_ca).verify(signature, body.signed_bytes(), ec.ECDSA(SHA256()))
    except (MessageMalformedError, MalformedError, InvalidSignature) as exc:
        raise ReceiptRefusedError(ReceiptRefusal.FORGED) from exc
    if body.log_origin != keys.log_key.name:
        raise ReceiptRefusedError(ReceiptRefusal.OTHERS)
    return Restoration(Checkpoint(body.log_origin, body.size, bytes.fromhex(body.root)), body.restored_at)
