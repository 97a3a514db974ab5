# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands before a simulated card that wants PACE: closed to all else, and afterwards under secure messaging.

The card behind it answers commands that came protected, and never sees the protection.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.apdu import CHAINING_BIT, SECURE_BITS, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import SET, PaceInfo, PaceMapping
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.chip_channel import ChipChannel
from townhall_smartcard.simulation.chip_pace import ChipPace, PaceSecrets
from townhall_smartcard.simulation.file_tree import MASTER_FILE, FileTree
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all

CAN: Final = b"317425"
"""What is printed on every simulated card that is given no other number."""
OFFER: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, 16)
"""AES-256 over brainpoolP384r1."""

_CARD_ACCESS: Final = MASTER_FILE + b"\x01\x1c"
_PACE_TEMPLATE: Final = (0xC1, 0xA4)
_SUSPENDED: Final = 1
_TOLD: Final = frozenset({StatusWord.OK, StatusWord.END_OF_FILE, StatusWord.WRONG_OFFSET})


@dataclass(slots=True)
class CountedPassword:
    """A PIN that is a password of PACE. Its last try waits for the access number (BSI TR-03110-2 §3.2)."""

    value: bytes = field(repr=False)
    most_tries: int = 3
    tries_left: int = 3


@dataclass(frozen=True, slots=True)
class Door:
    """How a card is closed: what opens it, and what it offers for that."""

    can: bytes = field(default=CAN, repr=False)
    pin: CountedPassword | None = None
    offers: tuple[PaceInfo, ...] = (OFFER,)
    randomness: Randomness = os.urandom
    pause: Callable[[float], object] = time.sleep
    shown: Callable[[Command], Answer | None] = field(default=lambda _command: None)
    """What the card answers to everybody besides EF.CardAccess; None: nothing."""


def card_access(offers: tuple[PaceInfo, ...]) -> bytes:
    """Return EF.CardAccess with one PACEInfo an offer."""
    return encode(SET, b"".join(each.encode() for each in offers))


class PaceGate:
    """One card's door. Not for use from two threads at once."""

    def __init__(self, door: Door, answer: Callable[[Command], Answer], close: Callable[[], None]) -> None:
        """Take the door, what answers once it is open, and what a lost session does to the card behind it."""
        self._door: Final = door
        self._answer_inside: Final = answer
        self._close: Final = close
        passwords = {PasswordReference.CAN: door.can}
        if door.pin is not None:
            passwords[PasswordReference.PIN] = door.pin.value
        secrets = PaceSecrets(passwords)
        self._pace: Final = ChipPace(door.offers, secrets, randomness=door.randomness, pause=door.pause)
        self._public: Final = FileTree({_CARD_ACCESS: card_access(door.offers)}, {}, tells_lengths=True)
        self._channel: ChipChannel | None = None
        self._chosen: PasswordReference | None = None
        self.opened_by: PasswordReference | None = None
        """What opened the session that goes on."""

    @property
    def failures(self) -> int:
        """Wrong passwords in a row."""
        return self._pace.failures

    def reset(self) -> None:
        """Do what power-off does: closed again, counts of wrong passwords stay."""
        self._end_session()
        self._pace.reset()
        self._public.reset()
        self._chosen = None

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        parsed = parse_command(bytes(command))
        if parsed is None:
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.cla & SECURE_BITS:
            return self._answer_protected(parsed)
        if self._channel is not None:  # a command outside the session ends it (ICAO 9303-11 §9.8)
            self.reset()
        answer = self._answer_closed(parsed)
        self._begin_session()
        return answer.to_bytes()

    def _answer_protected(self, command: Command) -> bytes:
        channel = self._channel
        if channel is None:
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        try:
            opened = channel.opened(command)
        except CardUnreadableError:
            self.reset()
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        plain = Command(opened.cla, opened.ins, opened.p1, opened.p2, bytes(opened.data), opened.le)
        answer = self._answer_pace(plain)
        protected = channel.protected((self._answer_inside(plain) if answer is None else answer).to_bytes())
        self._begin_session()
        return protected

    def _answer_closed(self, command: Command) -> Answer:
        if (answer := self._answer_pace(command)) is not None:
            return answer
        if command.cla == 0x00 and command.ins == Ins.SELECT:
            answer = self._select_public(command)
        elif command.cla == 0x00 and command.ins == Ins.READ_BINARY:
            answer = self._public.read(command)
        if answer is not None and answer.status in _TOLD:
            return answer
        # What is there and what is not is told to nobody who has not given the number.
        return self._door.shown(command) or Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)

    def _select_public(self, command: Command) -> Answer:
        path = MASTER_FILE + (b"" if command.data == MASTER_FILE else command.data)
        answer = self._public.select(path if command.p1 in (0x00, 0x02) else None)
        return Answer(answer.status, b"" if command.p2 == 0x0C else answer.data)

    def _answer_pace(self, command: Command) -> Answer | None:
        if command.ins == Ins.GENERAL_AUTHENTICATE and command.cla in (0x00, CHAINING_BIT):
            return self._authenticate(command)
        is_set = command.ins == Ins.MANAGE_SECURITY_ENVIRONMENT and command.parameters == _PACE_TEMPLATE
        return self._choose(command) if is_set and command.cla == 0x00 else None

    def _choose(self, command: Command) -> Answer:
        begun = self._pace.set_template(command)
        self._chosen = _reference_in(command.data) if begun.status == StatusWord.OK else None
        pin = self._counted()
        if pin is None or pin.tries_left == pin.most_tries:
            return begun
        if pin.tries_left == 0:
            self._pace.reset()
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        if pin.tries_left == _SUSPENDED and self.opened_by is not PasswordReference.CAN:
            self._pace.reset()
            return Answer(StatusWord.FUNCTION_NOT_SUPPORTED)
        return Answer(0x63C0 | pin.tries_left)

    def _authenticate(self, command: Command) -> Answer:
        pin, is_last = self._counted(), not command.cla & CHAINING_BIT
        if pin is None or not is_last or not self._pace.is_running:
            return self._pace.authenticate(command)
        pin.tries_left -= 1  # before the comparison, whatever comes of it
        answer = self._pace.authenticate(command)
        if answer.status == StatusWord.OK:
            pin.tries_left = pin.most_tries
        return answer if answer.status == StatusWord.OK else Answer(0x63C0 | pin.tries_left)

    def _counted(self) -> CountedPassword | None:
        return self._door.pin if self._chosen is PasswordReference.PIN else None

    def _begin_session(self) -> None:
        if (keys := self._pace.take_keys()) is not None:
            self._close()
            self._channel, self.opened_by = ChipChannel(keys), self._chosen

    def _end_session(self) -> None:
        if self._channel is not None:
            self._close()
        self._channel = self.opened_by = None


def _reference_in(data: bytes) -> PasswordReference:
    (named,) = (each.value for each in parse_all(data) if each.tag == 0x83)
    return PasswordReference(int.from_bytes(named, "big"))
