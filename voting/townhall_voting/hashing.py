# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The record's hashes: fingerprints of bytes, and challenges of proofs (Fiat-Shamir over the full statement)."""

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final, NewType

from townhall_voting.group import Element, Group, Scalar
from townhall_voting.schnorr_group import decimal

# The last of 43 characters has two bits to spare, which are zero.
_FINGERPRINT: Final = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]")

Fingerprint = NewType("Fingerprint", str)
"""SHA-256 in base64 without padding: 43 characters."""

HexHash = NewType("HexHash", str)
"""SHA-256 in lower-case hexadecimal: 64 characters."""


def fingerprint(data: bytes) -> Fingerprint:
    """Return SHA-256 of ``data`` in base64 without padding."""
    return Fingerprint(base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("="))


def is_fingerprint(text: str) -> bool:
    """Whether ``text`` spells 32 bytes as ``fingerprint`` does, in the one way."""
    return _FINGERPRINT.fullmatch(text) is not None


def hash_bytes(spelled: Fingerprint) -> bytes:
    """Return the 32 bytes that a fingerprint spells."""
    return base64.b64decode(spelled + "=")


def hex_hash(data: bytes) -> HexHash:
    """Return SHA-256 of ``data`` in lower-case hexadecimal."""
    return HexHash(hashlib.sha256(data).hexdigest())


def challenge(group: Group, prefix: str, elements: Iterable[Element]) -> Scalar:
    """Return SHA-256 over ``prefix`` and the elements in decimal, joined by commas, modulo the order.

    The prefix names the kind of proof and holds its statement; it ends with a vertical bar.
    """
    text = prefix + ",".join(map(decimal, elements))
    return group.scalar(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
