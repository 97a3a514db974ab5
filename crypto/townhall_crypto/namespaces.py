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

CARD_DEMONSTRATION: Final = b"townhall:card-demonstration:v1\x00"
"""Begins the bytes that a simulated card's signature key signs where cards are shown."""

STAFF_CHALLENGE: Final = b"townhall:staff-challenge:v1\x00"
"""Begins the bytes that a member of staff's card signs for the keeper."""

READINESS_REPORT: Final = b"townhall:readiness-report:v1\x00"
"""Device signature over the facts of a readiness report."""

STICK_CONSIGNMENT: Final = b"townhall:stick-consignment:v1\x00"
"""Device signature over the list of what a kiosk sends by stick."""

VOTING_SLIP: Final = b"townhall:voting-slip:v1\x00"
"""A booth's signature over the slip that commits to a ballot."""

VOTING_CAST: Final = b"townhall:voting-cast:v1\x00"
"""A booth's signature over a slip whose ballot it can no longer open."""

VOTING_POLLS: Final = b"townhall:voting-polls:v1\x00"
"""Device signature over a report of the polls at opening or closing."""

VOTING_RECEIPT: Final = b"townhall:voting-receipt:v1\x00"
"""Device signature over what a voter takes home."""

ELECTION_UUID: Final = b"townhall:election-uuid:v1\x00"
"""SHA-256 over it, mode, definition, trustees and ballot style: an election's uuid."""

ELECTION_PACKAGE: Final = b"townhall:election-package:v1\x00"
"""Begins the bytes of an election package that an officer's card signs."""

ROLL_KEYS: Final = b"townhall:roll-keys:v1\x00"
"""HKDF info: the roll key becomes the key of the roll's entries and of one device's marks."""

ROLL_KEY_SHARE: Final = b"townhall:roll-key-share:v1\x00"
"""HKDF info: what an officer's card agrees to becomes that officer's share."""

ROLL_KEY_WRAP: Final = b"townhall:roll-key-wrap:v1\x00"
"""HKDF info and AAD: the shares of two officers become the key that wraps the roll key."""

REGISTER_VALUE: Final = b"townhall:register-value:v1\x00"
"""SHA-256 over it, salt, key and value: the digest that stands for a value in a registrar's statement."""

REGISTER_STATEMENT: Final = b"townhall:register-statement:v1\x00"
"""The registrar's signature over what a register states about one person."""

REGISTER_RECORD: Final = b"townhall:register-record:v1\x00"
"""HKDF info and AAD: what a person's card agrees to becomes the name and the key of their record in an extract."""
VOTING_LOG_LEAF: Final = b"townhall:voting-log-leaf:v1\x00"
"""Begins each leaf's data in an election's public log."""

ACCEPTED_LIST: Final = b"townhall:accepted-ballots:v1\x00"
"""The eligibility board's signature over which ballots it accepts."""

ELIGIBILITY_REPORT: Final = b"townhall:eligibility-report:v1\x00"
"""The eligibility board's signature over what it did."""

DESTRUCTION_PROTOCOL: Final = b"townhall:destruction-protocol:v1\x00"
"""The eligibility board's last signature: what it destroyed, before which witnesses."""

REJECTED_LIST: Final = b"townhall:rejected-ballots:v1\x00"
"""The ballot box's signature over the ballots that it does not count."""

HTTP_SIGNATURE: Final = b""
"""Device signature over an RFC 9421 signature base. The RFC fixes the signed bytes, so there is no room for a prefix; a
base begins with a double quote, which no namespace does, and device keys refuse any other message here."""

DEVICE_SIGNATURES: Final = frozenset(
    {
        ENVELOPE_SIGNATURE,
        CHECKPOINT_SIGNATURE,
        PRINTED_RECEIPT,
        READINESS_REPORT,
        STICK_CONSIGNMENT,
        VOTING_SLIP,
        VOTING_CAST,
        VOTING_RECEIPT,
        VOTING_POLLS,
        ACCEPTED_LIST,
        REJECTED_LIST,
        ELIGIBILITY_REPORT,
        DESTRUCTION_PROTOCOL,
        HTTP_SIGNATURE,
    }
)
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
    CARD_DEMONSTRATION,
    STAFF_CHALLENGE,
    READINESS_REPORT,
    STICK_CONSIGNMENT,
    VOTING_SLIP,
    VOTING_CAST,
    VOTING_RECEIPT,
    VOTING_POLLS,
    ELECTION_UUID,
    ELECTION_PACKAGE,
    ROLL_KEYS,
    ROLL_KEY_SHARE,
    ROLL_KEY_WRAP,
    REGISTER_VALUE,
    REGISTER_STATEMENT,
    REGISTER_RECORD,
    VOTING_LOG_LEAF,
    ACCEPTED_LIST,
    ELIGIBILITY_REPORT,
    DESTRUCTION_PROTOCOL,
    REJECTED_LIST,
)
