# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secret bytes that do not show, do not travel and can be wiped."""

import hmac
import os
from types import TracebackType
from typing import NoReturn, Self

from townhall_crypto.errors import ProgrammingError


class Secret:  # noqa: PLW1641 - a hash would be a fingerprint of the secret
    """A passphrase, a PIN or a key, in one buffer of its own.

    It has no readable ``repr`` or ``str``, cannot be pickled, copied or hashed, and compares in constant time. Wiping
    is best effort: Python may have made copies on the way here, and libraries make theirs. What makes up for it is
    that the process which holds a person's secrets ends with the visit.

    Use it as a context manager where its life is one block: leaving the block wipes it.
    """

    __slots__ = ("_buffer", "_is_wiped")

    def __init__(self, source: bytes | bytearray | memoryview) -> None:
        """Copy ``source``; the caller wipes its own copy."""
        self._is_wiped = False
        self._buffer = bytearray()  # there for __del__ if source is of no use
        self._buffer += source

    @classmethod
    def random(cls, size_bytes: int) -> Self:
        """Return a fresh secret of ``size_bytes`` from the operating system."""
        return cls(os.urandom(size_bytes))

    def reveal(self) -> bytearray:
        """Return the buffer itself, not a copy: do not keep it longer than the secret.

        Raises:
            ProgrammingError: the secret was wiped.
        """
        if self._is_wiped:
            raise ProgrammingError("this secret was wiped")
        return self._buffer

    def wipe(self) -> None:
        """Overwrite the bytes with zeros; the secret cannot be revealed any more. Wiping twice is harmless."""
        self._is_wiped = True
        self._buffer[:] = bytes(len(self._buffer))

    @property
    def is_wiped(self) -> bool:
        """Whether the bytes are gone."""
        return self._is_wiped

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<Secret>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise ProgrammingError("a secret does not leave its process, and is not copied")

    def __del__(self) -> None:
        self.wipe()
