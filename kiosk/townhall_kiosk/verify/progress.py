# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A bar in the terminal that says how much of a record is verified."""

from typing import Final, TextIO

_CELLS: Final = 40


class ProgressBar:
    """Draws on ``stream`` where that is a terminal, and nothing elsewhere."""

    def __init__(self, stream: TextIO, size_bytes: int) -> None:
        self._stream = stream
        self._size_bytes = max(size_bytes, 1)
        self._is_shown = stream.isatty()
        self._percent = -1

    def reach(self, offset: int) -> None:
        """Show that ``offset`` bytes are verified."""
        percent = 100 * offset // self._size_bytes
        if self._is_shown and percent != self._percent:
            self._percent = percent
            full = _CELLS * percent // 100
            self._stream.write(f"\r[{'#' * full}{'.' * (_CELLS - full)}] {percent:3} %")
            self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._percent >= 0:
            self._stream.write("\n")
