# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Crockford's base 32: numbers as symbols that people read out without mixing them up."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
# What people read or type instead (Crockford: I and L for 1, O for 0).
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\n": None, "\t": None, "\r": None})
_MAX_TEXT = 1024


def encode(value: int, symbols: int) -> str:
    """Return ``value`` as exactly ``symbols`` symbols, most significant first; ValueError if it does not fit."""
    if not 0 <= value < 32**symbols:
        raise ValueError("the number does not fit")
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(symbols)))


def normalise(untrusted_text: str) -> str:
    """Return the symbols of a text as a person typed it; ValueError at a character that is none."""
    if len(untrusted_text) > _MAX_TEXT:
        raise ValueError("too long")
    symbols = untrusted_text.upper().translate(_READ_AS)
    if any(symbol not in _VALUES for symbol in symbols):
        raise ValueError("not a symbol of the alphabet")
    return symbols


def decode(symbols: str) -> int:
    """Return the number that normalised ``symbols`` spell; ValueError at a symbol that is none."""
    value = 0
    for symbol in symbols:
        if symbol not in _VALUES:
            raise ValueError("not a symbol of the alphabet")
        value = value << 5 | _VALUES[symbol]
    return value
