# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a simulated card's answers reach the other side: with the command, or to be fetched (ISO/IEC 7816-3 §12.2)."""

import enum
from collections.abc import Callable
from typing import Final

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import LONGEST_ANSWER, Answer, Command, parse_command
from townhall_smartcard.status import StatusWord

GET_RESPONSE: Final = 0xC0
_READ_BINARY: Final = 0xB0


class Delivery(enum.Enum):
    """How answers reach the other side."""

    DIRECT = "direct"  # as over T=1: with the command that asked
    FETCHED = "fetched"  # as over T=0: 61xx and GET RESPONSE, 6Cxx and the command again


class AnswerLine:
    """What lies between a card's answers and the line, with the bytes that wait to be fetched."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery: Final = delivery
        self._pending = b""

    def clear(self) -> None:
        """Forget what waits: any command but GET RESPONSE does that, and a reset."""
        self._pending = b""

    def answer(self, raw: RawCommand, execute: Callable[[Command], Answer], *, classes: int = 0x00) -> bytes:
        """Answer one raw command, whatever its bytes; ``execute`` gets those that are commands of the card's classes.

        ``classes`` are the bits that a class byte may have.
        """
        command = parse_command(bytes(raw))
        if command is None:
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if command.cla & ~classes:
            return Answer(StatusWord.CLASS_NOT_SUPPORTED).to_bytes()
        if command.ins == GET_RESPONSE:
            return self.fetch(command).to_bytes()
        self.clear()
        return self.deliver(command, execute(command)).to_bytes()

    def deliver(self, command: Command, answer: Answer) -> Answer:
        """Return what goes out on a command."""
        if not answer.data:
            return answer
        if command.ins == _READ_BINARY:
            is_exact = command.expected == len(answer.data)
            wrong = self._delivery is Delivery.FETCHED and not is_exact
            return Answer(0x6C00 | len(answer.data) & 0xFF) if wrong else answer
        if self._delivery is Delivery.DIRECT and (command.expected or 0) >= len(answer.data):
            return answer
        self._pending = answer.data
        return Answer(_waiting(answer.data))

    def fetch(self, command: Command) -> Answer:
        """Answer GET RESPONSE."""
        if command.parameters != (0x00, 0x00):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if not self._pending:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        expected = command.expected or LONGEST_ANSWER
        if len(self._pending) < expected < LONGEST_ANSWER:
            return Answer(0x6C00 | len(self._pending))
        data, self._pending = self._pending[:expected], self._pending[expected:]
        return Answer(_waiting(self._pending) if self._pending else StatusWord.OK, data)


def _waiting(pending: bytes) -> int:
    """Return the status word that tells how many bytes wait; 6100 is 256 or more."""
    return 0x6100 | (len(pending) if len(pending) < LONGEST_ANSWER else 0)
