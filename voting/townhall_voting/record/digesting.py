# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A stream that hashes what is read of it, so that a verifier can say which bytes it has seen."""

import hashlib
from typing import Final

from townhall_voting.hashing import HexHash
from townhall_voting.record.blocks import ByteStream

_CHUNK_BYTES: Final = 1 << 20


class DigestingStream:
    """Reads ``stream``, which stands at its beginning."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size_bytes: int, /) -> bytes:
        """Return up to ``size_bytes`` more bytes; none at the end."""
        data = self._stream.read(size_bytes)
        self._hash.update(data)
        return data

    def skip(self, size_bytes: int) -> None:
        """Read over ``size_bytes``, or to the end."""
        while size_bytes > 0 and (data := self.read(min(size_bytes, _CHUNK_BYTES))):
            size_bytes -= len(data)

    def digest(self) -> HexHash:
        """Return SHA-256 of everything read so far."""
        return HexHash(self._hash.hexdigest())
