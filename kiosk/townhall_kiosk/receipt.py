# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The receipt that a person takes away: signed by the device key, without a name and without an answer.

Format: docs/formats/kiosk-receipt.md.
"""

import msgspec

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.signed_text import verify_text, write_text
from townhall_kiosk.errors import ReceiptRefusedError

PREFIX = "TOWNHALL-RECEIPT-1:"


class ReceiptFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the receipt says; all text, as printed."""

    number: str
    service: str
    place: str
    date: str  # ISO 8601 with offset, to the minute
    kiosk: str
    envelope: str  # id, 64 hex digits
    checkpoint: str  # the kiosk log's signed note at the moment of storing

    def signed_bytes(self) -> bytes:
        """Return the bytes under the device signature (namespace apart)."""
        return canonical.encode(msgspec.to_builtins(self))


class SignedReceipt(msgspec.Struct, frozen=True):
    """A receipt and the device's signature over it."""

    facts: ReceiptFacts
    signature: bytes  # DER

    def to_text(self) -> str:
        """Return the text inside the QR code."""
        return write_text(PREFIX, self.facts.signed_bytes(), self.signature)


def sign_receipt(facts: ReceiptFacts, key: DeviceKey) -> SignedReceipt:
    """Sign ``facts`` with the device key."""
    return SignedReceipt(facts, key.sign(namespaces.PRINTED_RECEIPT, facts.signed_bytes()))


def verify_receipt(untrusted_text: str, device_public_der: bytes) -> ReceiptFacts:
    """Return what a receipt's QR text says, once the device's signature over it holds.

    Raises:
        ReceiptRefusedError: not a receipt, or not signed by this device.
    """
    try:
        body = verify_text(untrusted_text, PREFIX, namespaces.PRINTED_RECEIPT, device_public_der)
        return msgspec.convert(canonical.decode(body), ReceiptFacts)
    except (CryptoError, msgspec.MsgspecError) as exc:
        raise ReceiptRefusedError("not the text of a receipt by this device") from exc
