# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is in the readers, as the PC/SC service sees it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Slot:
    """A reader by name, and whether a card is in it.

    ``changes`` counts insertions and removals, so that an exchange between two looks does not pass unseen. A mute card
    (``is_mute``) or one without ATR gives no sign of life: upside down, or broken.
    """

    name: str
    is_occupied: bool
    atr: bytes = b""
    is_mute: bool = False
    changes: int = 0


class Slots(Protocol):
    """A look at all readers that waits for a change."""

    def wait(self, timeout_s: float) -> tuple[Slot, ...]:
        """Return all slots as soon as anything changed since the last call, or after ``timeout_s``.

        The first call returns at once.

        Raises:
            ServiceGoneError: the PC/SC service is not there (any more).
        """
        ...

    def cancel(self) -> None:
        """Make a ``wait`` in another thread return."""
        ...


#: Opens a look with a connection of its own to the service; raises ServiceGoneError.
OpenSlots: TypeAlias = Callable[[], AbstractContextManager[Slots]]
