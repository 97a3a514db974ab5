# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every namespace that separates one kind of hash, MAC, key or signature from all others.

A namespace is put before the bytes that are hashed, keyed or signed. Each one ends with the only zero byte in it, so
none is the beginning of another, and bytes made for one purpose can never be presented for another. Add yours here: a
test holds these rules over all of them.
"""

from typing import Final

RECIPIENT_KEY_ID: Final = b"townhall:recipient-key-id:v1\x00"
"""SHA-256 over it, the suite byte and the public key: a recipient's key id."""

SEALED_KEYS: Final = b"townhall:sealed-keys:v1\x00"
"""HKDF info: one secret becomes the content key and the key commitment."""

SEALED_WRAP: Final = b"townhall:sealed-wrap:v1\x00"
"""HPKE info, before the inner header."""

ENVELOPE_ID: Final = b"townhall:envelope-id:v1\x00"
"""SHA-256 over it and the canonical outer header: an envelope's id."""

ENVELOPE_SIGNATURE: Final = b"townhall:envelope-signature:v1\x00"
"""Device signature over the canonical outer header."""

CHECKPOINT_SIGNATURE: Final = b"townhall:checkpoint-signature:v1\x00"
"""Device signature over the note text of a kiosk's checkpoint."""

PRINTED_RECEIPT: Final = b"townhall:printed-receipt:v1\x00"
"""Device signature over the receipt that a person takes home."""

KIOSK_LOG_LEAF: Final = b"townhall:kiosk-log-leaf:v1\x00"
"""Begins each leaf's data in a kiosk's log."""

CENTRAL_LOG_LEAF: Final = b"townhall:central-log-leaf:v1\x00"
"""Begins each leaf's data in the centre's log."""

AUDIT_ENTRY: Final = b"townhall:audit-entry:v1\x00"
"""Hash chain of the audit trail."""

SYNC_RECEIPT: Final = b"townhall:sync-receipt:v1\x00"
"""The centre's signature over a receipt."""

ENROLMENT_PROOF: Final = b"townhall:enrolment-proof:v1\x00"
"""HMAC with the one-time code over the kiosk's public key."""

CARD_CHALLENGE: Final = b"townhall:card-challenge:v1\x00"
"""Begins the bytes that a card's authentication key signs."""

HTTP_SIGNATURE: Final = b""
"""Device signature over an RFC 9421 signature base. The RFC fixes the signed bytes, so there is no room for a prefix; a
base begins with a double quote, which no namespace does, and device keys refuse any other message here."""

DEVICE_SIGNATURES: Final = frozenset({ENVELOPE_SIGNATURE, CHECKPOINT_SIGNATURE, PRINTED_RECEIPT, HTTP_SIGNATURE})
"""What a device key signs; it refuses every other namespace."""

ALL: Final = (
    RECIPIENT_KEY_ID,
    SEALED_KEYS,
    SEALED_WRAP,
    ENVELOPE_ID,
    ENVELOPE_SIGNATURE,
    CHECKPOINT_SIGNATURE,
    PRINTED_RECEIPT,
    KIOSK_LOG_LEAF,
    CENTRAL_LOG_LEAF,
    AUDIT_ENTRY,
    SYNC_RECEIPT,
    ENROLMENT_PROOF,
    CARD_CHALLENGE,
)
