# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A device's signed statement as a text that people carry on paper: what a QR holds, letters and digits alone.

The text is a prefix that names the kind, and base 32 (RFC 4648, no padding: a QR packs it well) of: length of the body
(two bytes, big-endian), body, signature. One content has one text.
"""

import base64
from typing import Final

from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import MalformedError, ProgrammingError

MAX_TEXT: Final = 4096


def sign_text(prefix: str, namespace: bytes, body: bytes, key: DeviceKey) -> str:
    """Return the text of ``body``, signed by ``key`` under ``namespace``.

    Raises:
        ProgrammingError: the text would be longer than ``MAX_TEXT``, or the key does not sign this namespace.
    """
    return write_text(prefix, body, key.sign(namespace, body))


def write_text(prefix: str, body: bytes, signature: bytes) -> str:
    """Return the text of a body that is signed already.

    Raises:
        ProgrammingError: the text would be longer than ``MAX_TEXT``.
    """
    text = prefix + _base32(len(body).to_bytes(2, "big") + body + signature)
    if len(text) > MAX_TEXT:
        raise ProgrammingError("more than a printed text holds")
    return text


def verify_text(untrusted: str, prefix: str, namespace: bytes, public_der: bytes) -> bytes:
    """Return the body of a text that the device of ``public_der`` signed under ``namespace``.

    Raises:
        MalformedError: no text of this kind, or not its one spelling.
        SignatureRefusedError: not by this device.
    """
    body, signature = read_text(untrusted, prefix)
    return verify_device_signature(public_der, namespace, body, signature)


def read_text(untrusted: str, prefix: str) -> tuple[bytes, bytes]:
    """Return body and signature, neither verified: to find out whose key to ask.

    Raises:
        MalformedError: no text of this kind, or not its one spelling.
    """
    text = untrusted.strip()
    if len(text) > MAX_TEXT or not text.startswith(prefix):
        raise MalformedError("another kind of text")
    encoded = text.removeprefix(prefix)
    try:
        packed = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
    except ValueError:
        raise MalformedError("not base 32") from None
    length = int.from_bytes(packed[:2], "big")
    # The last letter has bits to spare: one text for one content.
    if _base32(packed) != encoded or len(packed) <= 2 + length:
        raise MalformedError("another spelling")
    return packed[2 : 2 + length], packed[2 + length :]


def _base32(packed: bytes) -> str:
    return base64.b32encode(packed).decode().rstrip("=")
