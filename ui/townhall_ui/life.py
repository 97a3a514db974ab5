# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signs of life: that somebody touched or pressed anything, told now and then.

Controls report touches and keys themselves. A filter over all events of the application would be shorter, but PySide
then makes Python types in the middle of a delivery, and dies when that nests (PySide6 6.11.3).
"""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer

_EVERY_MS = 1000


class SignsOfLife:
    """Tells of the first sign at once, then once a second at most.

    Args:
        tell: is called for a sign that is due.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._since = QElapsedTimer()

    def begin(self) -> None:
        """A screen has come: its first sign is due at once."""
        self._since.invalidate()

    def give(self, *, is_due: bool) -> None:
        """Somebody did something; ``is_due``: tell of it however soon it comes."""
        if is_due or not self._since.isValid() or self._since.elapsed() >= _EVERY_MS:
            self._since.start()
            self._tell()
