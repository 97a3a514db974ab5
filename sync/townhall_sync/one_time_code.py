# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one-time code of an enrolment: a secret and the hash of the centre's root document, as text for people.

Layout (docs/formats/wire.md): 16 random bytes, then the 32 bytes of SHA-256(root.json), in Crockford's base 32 (77
symbols), then 3 check symbols (15 bits of a hash), in 16 groups of five. Case, spaces and dashes do not matter.
"""

import hashlib
from dataclasses import dataclass, field

from townhall_sync import base32, namespaces
from townhall_sync.errors import CodeMistypedError

_SECRET_BYTES = 16
_HASH_BYTES = 32
_CODE_SYMBOLS = 77  # 385 bits for 384; the first bit is always zero
_CHECK_SYMBOLS = 3


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """What an administrator reads out to a new kiosk: ``secret`` is the centre's to forget after one use."""

    secret: bytes = field(repr=False)
    root_sha256: bytes

    def __post_init__(self) -> None:
        """Raise ValueError unless the fields have 16 and 32 bytes."""
        if len(self.secret) != _SECRET_BYTES or len(self.root_sha256) != _HASH_BYTES:
            raise ValueError("a one-time code has 16 + 32 bytes")

    def format(self) -> str:
        """Return the text to print: 16 groups of five symbols with dashes between."""
        body = self.secret + self.root_sha256
        symbols = base32.encode(int.from_bytes(body, "big"), _CODE_SYMBOLS) + _check(body)
        return "-".join(symbols[i : i + 5] for i in range(0, len(symbols), 5))

    @classmethod
    def parse(cls, untrusted_text: str) -> "OneTimeCode":
        """Read a code as typed by a person.

        Raises:
            CodeMistypedError: not 80 symbols, a symbol outside the alphabet, or the check symbols disagree.
        """
        try:
            symbols = base32.normalise(untrusted_text)
            value = base32.decode(symbols[:_CODE_SYMBOLS])
            body = value.to_bytes(_SECRET_BYTES + _HASH_BYTES, "big")
        except (ValueError, OverflowError):
            raise CodeMistypedError from None  # the text is a secret
        if len(symbols) != _CODE_SYMBOLS + _CHECK_SYMBOLS or symbols[_CODE_SYMBOLS:] != _check(body):
            raise CodeMistypedError
        return cls(body[:_SECRET_BYTES], body[_SECRET_BYTES:])


def _check(body: bytes) -> str:
    digest = hashlib.sha256(namespaces.ONE_TIME_CODE + body).digest()
    return base32.encode(int.from_bytes(digest[:2], "big") >> 1, _CHECK_SYMBOLS)
