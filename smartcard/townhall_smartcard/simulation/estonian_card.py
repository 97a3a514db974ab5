# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Estonian ID card of the 2018 generation (IDEMIA) as a program: any PC/SC client takes it for the real one.

What it answers, and where it differs from plastic, is told in docs/simulated-card.md.
"""

import enum
from typing import Final

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.delivery import GET_RESPONSE, AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import Person
from townhall_smartcard.simulation.estonian_card_pins import PinReference, Pins
from townhall_smartcard.simulation.estonian_card_security import CommandMethod, Security
from townhall_smartcard.simulation.estonian_card_selection import Selection, personalised_files
from townhall_smartcard.status import StatusWord

_SELECT: Final = 0xA4
_READ_BINARY: Final = 0xB0
_GUARDED: Final[dict[int, CommandMethod]] = {
    0x20: Security.verify,
    0x24: Security.change,
    0x2C: Security.unblock,
    0x22: Security.set_environment,
    0x2A: Security.perform_operation,
    0x84: Security.challenge,
    0x88: Security.authenticate,
    0xCB: Security.read_counter,
}
_BY_NAME: Final = 0x04
_CHAINING_BIT: Final = 0x10


class Chip(enum.Enum):
    """The two chips of this generation; the value is the ATR."""

    COSMO_8 = bytes.fromhex("3BDB960080B1FE451F830012233F536549440F9000F1")
    COSMO_X = bytes.fromhex("3BDC960080B1FE451F830012233F54654944320F9000C3")


class EstonianCard:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        person: Person,
        keys: CardKeys,
        *,
        pins: Pins = Pins(),  # noqa: B008 - frozen
        chip: Chip = Chip.COSMO_8,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card. Keys and certificates come from ``TestPki.issue_card_keys``."""
        self.atr: Final = chip.value
        self._line: Final = AnswerLine(delivery)
        self._selection = Selection(personalised_files(person, keys))
        self._security = Security(pins, keys)

    def reset(self) -> None:
        """Do what power-off and warm reset do: selection, opened PINs and environment are gone; counters stay."""
        self._selection.reset()
        self._security.reset()
        self._line.clear()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        parsed = parse_command(bytes(command))
        if parsed is None:
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.ins == GET_RESPONSE and parsed.cla == 0x00:
            return self._line.fetch(parsed).to_bytes()
        self._line.clear()
        return self._line.deliver(parsed, self._execute(parsed)).to_bytes()

    def tries_left(self, reference: PinReference) -> int:
        """Return a retry counter as the card's memory holds it, for tests and training."""
        return self._security.pins[reference].tries_left

    def _execute(self, command: Command) -> Answer:
        if command.cla:
            return Answer(_refusal_of_class(command.cla))
        if command.ins == _SELECT:
            return self._select(command)
        if command.ins == _READ_BINARY:
            return self._selection.read(command)
        method = _GUARDED.get(command.ins)
        if method is None:
            return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        return method(self._security, command, self._selection.folder.name)

    def _select(self, command: Command) -> Answer:
        answer = self._selection.select(command)
        if command.p1 == _BY_NAME and answer.status == StatusWord.OK:
            self._security.application_selected(command.data)
        return answer


def _refusal_of_class(cla: int) -> int:
    if cla & 0x0C:
        return StatusWord.SECURE_MESSAGING_NOT_SUPPORTED
    if cla & _CHAINING_BIT:
        return StatusWord.CHAINING_NOT_SUPPORTED
    return StatusWord.CLASS_NOT_SUPPORTED
