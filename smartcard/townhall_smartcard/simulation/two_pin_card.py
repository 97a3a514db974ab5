# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What both Latvian cards do alike: two keys, a PIN for each, and applications that one selects by name."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_files import Folder
from townhall_smartcard.simulation.estonian_card_pins import Pin
from townhall_smartcard.simulation.estonian_card_selection import Selection
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey
from townhall_smartcard.status import StatusWord

Use = TypeVar("Use")
"""How one key is used, as the card's own kind describes it."""


class TwoPinCard(ABC, Generic[Use]):
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        uses: tuple[Use, Use],
        keys: NationalCardKeys,
        pins: tuple[bytes, bytes],
        files: Folder,
        delivery: Delivery,
    ) -> None:
        """``uses`` are those of the authentication and the signature key; ``pins`` are PIN 1 and PIN 2."""
        authentication, signature = uses
        self._line: Final = AnswerLine(delivery)
        self._keys: Final[dict[Use, NationalKey]] = {authentication: keys.authentication, signature: keys.signature}
        self._pins: Final[dict[Use, Pin]] = {authentication: Pin(pins[0], 4), signature: Pin(pins[1], 6)}
        self._signature: Final = signature
        self._selection: Final = Selection(files)
        self._environment: Use | None = None

    @abstractmethod
    def _commands(self) -> Mapping[int, Callable[[Command], Answer]]:
        """Return what does each instruction, but for SELECT and READ BINARY."""

    def reset(self) -> None:
        """Do what power-off does: selection, opened PINs and environment are gone; counters stay."""
        self._selection.reset()
        self._environment = None
        self._line.clear()
        for pin in self._pins.values():
            pin.is_verified = False

    def tries_left(self) -> tuple[int, ...]:
        """Return both counters as the card's memory holds them."""
        return tuple(pin.tries_left for pin in self._pins.values())

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute)

    def _execute(self, command: Command) -> Answer:
        does = {0xA4: self._select, 0xB0: self._selection.read, **self._commands()}.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _select(self, command: Command) -> Answer:
        answer = self._selection.select(command)
        if command.p1 == 0x04 and answer.status == StatusWord.OK:
            self._environment = None
            self._pins[self._signature].is_verified = False
        return answer

    def _here(self) -> bytes:
        return self._selection.folder.name

    def _checked(self, use: Use, block: bytes) -> Answer:
        """Compare a PIN of the right length."""
        pin = self._pins[use]
        if pin.tries_left == 0:
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        return Answer() if pin.verify(block) else Answer(0x63C0 | pin.tries_left)

    def _signed(self, use: Use, signature: bytes | None) -> Answer:
        """Return a signature; after one the signature key's PIN is closed."""
        if use is self._signature:
            self._pins[use].is_verified = False
        return Answer(StatusWord.WRONG_DATA) if signature is None else Answer(data=signature)
