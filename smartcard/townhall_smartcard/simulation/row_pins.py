# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PINs of a card as the rows of its directory tell them, each compared, counted and closed."""

from collections.abc import Sequence
from typing import Final

from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.directories import PinRow
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, Pin
from townhall_smartcard.status import StatusWord


class RowPins:
    """One PIN a row. A VERIFY without a PIN is a wrong one here: no client is known to ask for counters so."""

    def __init__(self, rows: Sequence[PinRow], values: Sequence[bytes]) -> None:
        """Give each row its PIN."""
        self._pins: Final = {row.reference: Pin(value, row.shortest) for row, value in zip(rows, values, strict=True)}

    def of(self, row: PinRow) -> Pin:
        """Return the PIN of a row."""
        return self._pins[row.reference]

    def verify(self, command: Command) -> Answer:
        """Answer VERIFY."""
        pin = self._pins.get(command.p2)
        if pin is None or command.p1:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if pin.tries_left == 0:
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        is_right = pin.verify(command.data.ljust(BLOCK_BYTES, b"\xff"))
        return Answer() if is_right else Answer(0x63C0 | pin.tries_left)

    def close(self) -> None:
        """Forget what was verified; counters stay."""
        for pin in self._pins.values():
            pin.is_verified = False

    def tries_left(self) -> tuple[int, ...]:
        """Return the counters as the card's memory holds them."""
        return tuple(pin.tries_left for pin in self._pins.values())
