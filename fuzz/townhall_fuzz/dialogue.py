# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card made of bytes: they are its answers one after the other, whatever it is asked; and how to record one.

Each answer is its length in two bytes and then so many bytes, fewer at the end. After the last the card is gone.
"""

from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.errors import CardRemovedError

_LENGTH_BYTES: Final = 2
MOST_COMMANDS: Final = 2000
"""A dialogue that needs more has lost its way."""


class EndlessDialogueError(Exception):
    """A driver went on asking; no card is read with so many commands."""


def answers_of(untrusted: bytes) -> list[bytes]:
    """Return all answers that are written, at least one; no more than a card is asked for."""
    answers: list[bytes] = []
    while (untrusted or not answers) and len(answers) < MOST_COMMANDS:
        end = _LENGTH_BYTES + int.from_bytes(untrusted[:_LENGTH_BYTES], "big")
        answers.append(untrusted[_LENGTH_BYTES:end])
        untrusted = untrusted[end:]
    return answers


@dataclass(slots=True)
class WrittenCard:
    """Implements ``CardConnection``."""

    untrusted: bytes
    commands: int = 0

    def transmit(self, command: RawCommand) -> bytes:  # noqa: ARG002  # the answers do not depend on it
        """Return the next answer."""
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise EndlessDialogueError
        if not self.untrusted:
            raise CardRemovedError("no more answers")
        end = _LENGTH_BYTES + int.from_bytes(self.untrusted[:_LENGTH_BYTES], "big")
        answer, self.untrusted = self.untrusted[_LENGTH_BYTES:end], self.untrusted[end:]
        return answer


@dataclass(slots=True)
class OverheardCard:
    """Implements ``CardConnection`` over another card, and remembers its answers."""

    card: CardConnection
    written: bytearray = field(default_factory=bytearray)

    def transmit(self, command: RawCommand) -> bytes:
        """Ask the card."""
        answer = self.card.transmit(command)
        self.written += len(answer).to_bytes(_LENGTH_BYTES, "big") + answer
        return answer
