# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The number of a transaction that people read, write down and say on the telephone: ``7KQ4-M2XP-9RTD``.

It is the first 55 bits of the envelope id in Crockford's base 32, and one check symbol; who has the id (receipt, kiosk,
centre) can compute it, so nobody needs to hand numbers out.
"""

import hashlib

from townhall_sync import base32, namespaces

_SYMBOLS = 11
_BITS = 5 * _SYMBOLS


def number_of(envelope_id: str) -> str:
    """Return the number of an envelope (id: 64 hex digits): three groups of four symbols."""
    value = int(envelope_id, 16) >> (256 - _BITS)
    symbols = base32.encode(value, _SYMBOLS)
    return _grouped(symbols + _check(symbols))


def parse_number(untrusted_text: str) -> str:
    """Return a number as a person typed it in its printed form; ValueError at a typing mistake."""
    symbols = base32.normalise(untrusted_text)
    if len(symbols) != _SYMBOLS + 1 or symbols[-1] != _check(symbols[:-1]):
        raise ValueError("not a transaction number")
    return _grouped(symbols)


def _grouped(symbols: str) -> str:
    return "-".join(symbols[i : i + 4] for i in range(0, len(symbols), 4))


def _check(symbols: str) -> str:
    digest = hashlib.sha256(namespaces.TRANSACTION_NUMBER + symbols.encode()).digest()
    return base32.ALPHABET[digest[0] & 31]
