# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A file that holds disk space back, so that the citizen of the moment can finish when the disk is full."""

import contextlib
import os
import shutil
from pathlib import Path

from townhall_sync.durable import translated_os_errors

_NAME = "reserve"


class Reserve:
    """``size`` bytes of real disk blocks in ``directory``, given up once and taken again when there is room."""

    def __init__(self, directory: Path, size: int) -> None:
        """Take no space yet; ``restore`` does."""
        self._path = directory / _NAME
        self._directory = directory
        self._size = size

    def is_held(self) -> bool:
        """Tell whether the whole reserve is there."""
        with contextlib.suppress(OSError):
            # Blocks count, not the length: a sparse file holds nothing back.
            status = self._path.stat()
            return status.st_size == self._size and status.st_blocks * 512 >= self._size
        return False

    def release(self) -> bool:
        """Give the space back to the disk; False if there was none to give.

        Raises:
            OutOfServiceError: the disk refuses even that.
        """
        with translated_os_errors():
            try:
                self._path.unlink()
            except FileNotFoundError:
                return False
            return True

    def restore(self) -> bool:
        """Take the space if that leaves at least as much again free; tell whether the reserve is held now."""
        if self.is_held():
            return True
        if self.disk_free() < 2 * self._size:
            return False
        try:
            self._allocate()
        except OSError:  # somebody else took the room meanwhile
            self.release()
            return False
        return True

    def disk_free(self) -> int:
        """Return the bytes that may still be written to this disk."""
        with translated_os_errors():
            return shutil.disk_usage(self._directory).free

    def _allocate(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
            os.fsync(fd)
        finally:
            os.close(fd)
