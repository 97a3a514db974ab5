# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A German identity card as a program: PACE with four passwords, and a PIN that is suspended, blocked and unblocked.

Counters outlive resets, as a chip's do. What it answers is told in docs/simulated-card.md.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

from townhall_smartcard.apdu import CHAINING_BIT, SECURE_BITS, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION, PasswordReference
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.chip_channel import ChannelFault, ChipChannel
from townhall_smartcard.simulation.chip_pace import ChipPace, PaceSecrets
from townhall_smartcard.simulation.chip_terminal import ChipTerminal, EidContents
from townhall_smartcard.simulation.cvc import rights_in
from townhall_smartcard.simulation.german_contents import (
    CARD_ACCESS,
    DIRECTORY,
    EID_APPLICATION,
    EMRTD_APPLICATION,
    MOST_TRIES,
    GermanHabits,
    GermanSecrets,
    german_files,
)
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all, value_at

ATR: Final = bytes.fromhex("3B8A80018031F873F741E082900075")
"""What readers make up for chips of several makers; it names nobody."""
_USUAL: Final = GermanHabits()
_PACE_TEMPLATE: Final = (0xC1, 0xA4)
_SHORT_IDENTIFIERS: Final = {0x1C: CARD_ACCESS, 0x1E: DIRECTORY}


class GermanChip:
    """One card. Not for use from two threads at once."""

    def __init__(  # noqa: PLR0913 - each part of a card by its name
        self,
        secrets: GermanSecrets | None = None,
        habits: GermanHabits = _USUAL,
        identity: EidContents | None = None,
        *,
        faults: Mapping[int, ChannelFault] | None = None,
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = lambda _seconds: None,
    ) -> None:
        """Personalise a card; without ``identity`` it takes no terminal.

        ``faults`` are of protected answers, by their number since the reset, from 0.
        """
        self.atr: Final = ATR
        self.secrets: Final = secrets or GermanSecrets()
        self._habits: Final = habits
        self._faults: Final = dict(faults or {})
        self._files: Final = german_files(habits)
        self._randomness: Final = randomness
        self._pause: Final = pause
        self._pace = self._new_pace()
        self._trusted: Final = b"" if identity is None else identity.trusted.holder
        self._terminal: Final = None if identity is None else ChipTerminal(identity, randomness)
        self._rights = 0
        self._channel: ChipChannel | None = None
        self._opened_by: PasswordReference | None = None
        self._chosen: PasswordReference | None = None
        self._file: int | None = None
        self._is_resumed = False
        self._answers = 0

    def reset(self) -> None:
        """Do what leaving the field does; counters stay."""
        self._end_session()
        self._pace.reset()
        self._chosen = self._file = None
        self._is_resumed = False
        self._answers = 0

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        parsed = parse_command(bytes(command))
        if parsed is None:
            self._end_session()
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.cla & SECURE_BITS:
            return self._answer_protected(parsed)
        if self._channel is not None:  # a command in the open ends a session (TR-03110-3 §F.3)
            self._end_session()
        answer = self._answer(parsed)
        self._begin_session()
        return answer.to_bytes()

    def _answer_protected(self, command: Command) -> bytes:
        channel = self._channel
        if channel is None:
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        try:
            plain = channel.opened(command)
        except CardUnreadableError:
            self._end_session()
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        inner = Command(plain.cla, plain.ins, plain.p1, plain.p2, bytes(plain.data), plain.le)
        answer = self._answer_inside(inner)
        fault = self._faults.get(self._answers)
        self._answers += 1
        protected = channel.protected(answer.to_bytes(), fault)
        self._begin_session()
        return protected

    def _answer_inside(self, command: Command) -> Answer:
        if command.ins == Ins.RESET_RETRY_COUNTER:
            return self._reset_retry_counter(command)
        if self._terminal is not None and (answer := self._terminal.answer(command)) is not None:
            return answer
        is_pace = command.ins in (Ins.MANAGE_SECURITY_ENVIRONMENT, Ins.GENERAL_AUTHENTICATE)
        if is_pace and self._habits.resumes_in_the_open:
            return Answer(StatusWord.SECURE_MESSAGING_NOT_SUPPORTED)
        return self._answer(command)

    def _answer(self, command: Command) -> Answer:
        match command.ins:
            case _ if command.cla & ~CHAINING_BIT:
                status = StatusWord.CLASS_NOT_SUPPORTED
            case Ins.SELECT:
                return self._select(command)
            case Ins.READ_BINARY:
                return self._read(command)
            case Ins.MANAGE_SECURITY_ENVIRONMENT if command.parameters == _PACE_TEMPLATE:
                return self._choose(command)
            case Ins.GENERAL_AUTHENTICATE:
                return self._authenticate(command)
            case Ins.RESET_RETRY_COUNTER:
                status = StatusWord.SECURITY_STATUS_NOT_SATISFIED
            case _:
                status = StatusWord.INSTRUCTION_NOT_SUPPORTED
        return Answer(status)

    # Files

    def _select(self, command: Command) -> Answer:
        match command.p1, bytes(command.data):
            case 0x00, b"" | b"\x3f\x00":
                self._file = None
                return Answer()
            case 0x02, identifier:
                self._file = int.from_bytes(identifier, "big")
                return Answer() if self._file in self._files else Answer(StatusWord.FILE_NOT_FOUND)
            case 0x04, name if name in (EID_APPLICATION, EMRTD_APPLICATION):
                self._file = None
                return Answer()
            case _:
                return Answer(StatusWord.FILE_NOT_FOUND)

    def _read(self, command: Command) -> Answer:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            self._file, offset = _SHORT_IDENTIFIERS.get(command.p1 & 0x1F), command.p2
        content = self._files.get(self._file or 0)
        if content is None:
            return Answer(StatusWord.FILE_NOT_FOUND)
        if offset >= len(content):
            return Answer(StatusWord.WRONG_OFFSET)
        data = content[offset : offset + (command.expected or 0)]
        return Answer(StatusWord.OK if len(data) == command.expected else StatusWord.END_OF_FILE, data)

    # Passwords

    def _new_pace(self) -> ChipPace:
        known = PaceSecrets(self.secrets.passwords())
        return ChipPace(self._habits.offers, known, randomness=self._randomness, pause=self._pause)

    def _choose(self, command: Command) -> Answer:
        self._chosen, self._rights = _reference_in(bytes(command.data)), _rights_in(bytes(command.data))
        self._pace = self._new_pace()
        begun = self._pace.set_template(command)
        if begun.status != StatusWord.OK:
            self._chosen = None
            return begun
        return Answer(self._standing())

    def _standing(self) -> int:
        """Return what MSE: Set AT says of the password that it chose."""
        if self._chosen is not PasswordReference.PIN:
            return StatusWord.OK
        if not self.secrets.is_active:
            return StatusWord.FILE_DEACTIVATED
        if self._is_resumed and self._habits.resumes_in_the_open:
            return StatusWord.OK
        return StatusWord.OK if self.secrets.tries == MOST_TRIES else 0x63C0 | self.secrets.tries

    def _may_be_tried(self) -> bool:
        match self._chosen:
            case PasswordReference.PIN:
                left = self.secrets.tries - (not self._is_resumed)
                return self.secrets.is_active and left > 0
            case PasswordReference.PUK:
                return self.secrets.puk_uses > 0
            case _:
                return self._chosen is not None

    def _authenticate(self, command: Command) -> Answer:
        if not self._may_be_tried():
            self._pace.reset()
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        is_last = not command.cla & CHAINING_BIT
        if is_last and self._pace.is_running and self._chosen is PasswordReference.PIN:
            self.secrets.tries -= 1  # before the comparison, whatever comes of it
        answer = self._pace.authenticate(command)
        if not is_last:
            return answer
        if answer.status == StatusWord.OK:
            self._take_right_code()
            return self._with_authority(answer)
        self._is_resumed = False
        is_counted = self._chosen is PasswordReference.PIN and self._habits.counts_in_answers
        return Answer(0x63C0 | self.secrets.tries) if is_counted else answer

    def _with_authority(self, answer: Answer) -> Answer:
        """Tell a terminal that wants rights whose certificates this card takes."""
        if not self._rights or not self._trusted:
            return answer
        told = value_at(answer.data, DYNAMIC_AUTHENTICATION) + encode(0x87, self._trusted)
        return Answer(data=encode(DYNAMIC_AUTHENTICATION, told))

    def _take_right_code(self) -> None:
        self._is_resumed = self._chosen is PasswordReference.CAN and self.secrets.tries == 1
        if self._chosen is PasswordReference.PIN:
            self.secrets.tries = MOST_TRIES

    def _reset_retry_counter(self, command: Command) -> Answer:
        match command.parameters, self._opened_by:
            case (0x02, 0x03), PasswordReference.PIN:
                if len(command.data) != 6 or not bytes(command.data).isdigit():
                    return Answer(StatusWord.WRONG_DATA)
                self.secrets.pin = bytes(command.data)
                return Answer()
            case (0x03, 0x03), PasswordReference.PUK:
                if self.secrets.puk_uses == 0:
                    return Answer(StatusWord.REFERENCE_DATA_NOT_USABLE)
                self.secrets.puk_uses -= 1
                self.secrets.tries = MOST_TRIES
                return Answer()
            case (0x02 | 0x03, 0x03), _:
                return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def _begin_session(self) -> None:
        keys = self._pace.take_keys()
        if keys is not None:
            self._channel, self._opened_by = ChipChannel(keys), self._chosen
            if self._terminal is not None:
                coordinate = self._pace.own_key[1 : 1 + len(self._pace.own_key) // 2]
                self._terminal.begin(coordinate, self._rights)
        elif self._terminal is not None and (agreed := self._terminal.take_keys()) is not None:
            self._channel = ChipChannel(agreed)

    def _end_session(self) -> None:
        self._channel = self._opened_by = None
        if self._terminal is not None:
            self._terminal.end()
        if not self._habits.resumes_in_the_open:
            self._is_resumed = False


def _reference_in(data: bytes) -> PasswordReference | None:
    try:
        named = [each.value for each in parse_all(data) if each.tag == 0x83]
    except CardUnreadableError:
        return None
    return next((each for each in PasswordReference if named == [bytes((each,))]), None)


def _rights_in(data: bytes) -> int:
    try:
        (template,) = (encode(each.tag, each.value) for each in parse_all(data) if each.tag == 0x7F4C)
        return rights_in(template)
    except (CardUnreadableError, ValueError):
        return 0
