# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The receipt that a person takes away: signed by the device key, without a name and without an answer.

Format: docs/formats/kiosk-receipt.md.
"""

import base64

import msgspec

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import CryptoError
from townhall_kiosk.errors import ReceiptRefusedError

PREFIX = "TOWNHALL-RECEIPT-1:"
_MAX_TEXT = 4096


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
        body = self.facts.signed_bytes()
        packed = len(body).to_bytes(2, "big") + body + self.signature
        return PREFIX + _base32(packed)  # base 32 suits the alphanumeric mode of QR codes


def sign_receipt(facts: ReceiptFacts, key: DeviceKey) -> SignedReceipt:
    """Sign ``facts`` with the device key."""
    return SignedReceipt(facts, key.sign(namespaces.PRINTED_RECEIPT, facts.signed_bytes()))


def verify_receipt(untrusted_text: str, device_public_der: bytes) -> ReceiptFacts:
    """Return what a receipt's QR text says, once the device's signature over it holds.

    Raises:
        ReceiptRefusedError: not a receipt, or not signed by this device.
    """
    packed = _unpack(untrusted_text.strip())
    length = int.from_bytes(packed[:2], "big")
    body, signature = packed[2 : 2 + length], packed[2 + length :]
    try:
        verify_device_signature(device_public_der, namespaces.PRINTED_RECEIPT, body, signature)
        return msgspec.convert(canonical.decode(body), ReceiptFacts)
    except (CryptoError, msgspec.MsgspecError) as exc:
        raise ReceiptRefusedError("the signature does not belong to this text and device") from exc


def _unpack(text: str) -> bytes:
    if len(text) > _MAX_TEXT or not text.startswith(PREFIX):
        raise ReceiptRefusedError("not the text of a Townhall receipt")
    encoded = text.removeprefix(PREFIX)
    try:
        packed = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
    except ValueError as exc:
        raise ReceiptRefusedError("not the text of a Townhall receipt") from exc
    if _base32(packed) != encoded:  # the last letter has bits to spare: one text for one receipt
        raise ReceiptRefusedError("not the text of a Townhall receipt")
    return packed


def _base32(packed: bytes) -> str:
    return base64.b32encode(packed).decode().rstrip("=")
