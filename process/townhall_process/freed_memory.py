# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Memory that a process gives back is overwritten first: what passed through it does not stay."""

import ctypes
from typing import Final

from townhall_process.errors import ProcessError

_M_PERTURB: Final = -6  # malloc.h
_FILLING: Final = 0x5A


def overwrite_freed_memory() -> None:
    """Have the C library overwrite every block of more than 1,032 bytes that this process frees from now on.

    Smaller blocks wait for the next of their size and stay as they are (glibc's thread caches, Python's pools).

    Raises:
        ProcessError: the C library does not.
    """
    if ctypes.CDLL(None).mallopt(_M_PERTURB, _FILLING) != 1:
        raise ProcessError("freed memory cannot be overwritten")
