# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card with faults that tests and training order: falls silent, is pulled, answers nonsense, at a given command."""

from typing import Final, Self

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMuteError, CardRemovedError
from townhall_smartcard.simulation.vpcd import VirtualCard


class FaultyCard:
    """Any card, with faults. Commands are counted from 0 since this object was made; resets do not restart the count.

    Every method that orders a fault returns the card itself.
    """

    def __init__(self, card: VirtualCard) -> None:
        """Wrap a card; without orders it behaves as that card."""
        self._card: Final = card
        self._mute_from: int | None = None
        self._torn_before: int | None = None
        self._torn_after: int | None = None
        self._replaced: dict[int, bytes] = {}
        self._cut: dict[int, int] = {}
        self.commands = 0
        """How many commands reached the card."""

    @property
    def atr(self) -> bytes:
        """The card's ATR."""
        return self._card.atr

    def mute_after(self, commands: int) -> Self:
        """Answer this many commands, then never again."""
        self._mute_from = commands
        return self

    def tear(self, command: int) -> Self:
        """Be pulled when this command comes, before anything is done about it."""
        self._torn_before = command
        return self

    def tear_answer(self, command: int) -> Self:
        """Be pulled after this command was done, before its answer is out: a PIN may have cost a try."""
        self._torn_after = command
        return self

    def answer(self, command: int, response: bytes) -> Self:
        """Answer this command so, whatever it is; the card does not see it."""
        self._replaced[command] = response
        return self

    def cut(self, command: int, length: int) -> Self:
        """Answer this command with the first ``length`` bytes of the true answer, status word included."""
        self._cut[command] = length
        return self

    def reset(self) -> None:
        """Reset the card; the orders stand."""
        self._card.reset()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer, or fail as ordered.

        Raises:
            CardMuteError: the card answers no more.
            CardRemovedError: the card was pulled.
        """
        number = self.commands
        self.commands += 1
        if self._mute_from is not None and number >= self._mute_from:
            raise CardMuteError
        if number == self._torn_before:
            raise CardRemovedError
        answer = self._replaced[number] if number in self._replaced else self._card.transmit(command)
        if number == self._torn_after:
            raise CardRemovedError
        return answer[: self._cut.get(number, len(answer))]


class DeadCard:
    """A card that gives no ATR: upside down, broken, or no smart card at all."""

    atr: bytes = b""

    def transmit(self, command: RawCommand) -> bytes:  # noqa: ARG002 - the shape of every card
        """Never answer.

        Raises:
            CardMuteError: always.
        """
        raise CardMuteError

    def reset(self) -> None:
        """Do nothing."""
