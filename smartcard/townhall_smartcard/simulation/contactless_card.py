# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulated Estonian ID card at its contactless interface: closed to everything but PACE until its number is given.

Once it is open it is the same card, under secure messaging. What it answers is told in docs/simulated-card.md.
"""

import os
import time
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Final

from townhall_smartcard.apdu import CHAINING_BIT, SECURE_BITS
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import SET, PaceInfo, PaceMapping
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.chip_channel import ChipChannel
from townhall_smartcard.simulation.chip_pace import ChipPace, PaceSecrets
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_selection import MAIN_APPLICATION, Selection
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

CAN: Final = b"317425"
"""What is printed on every simulated card that is given no other number."""
OFFER: Final = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, 16)
"""What the chip's specification names: AES-256 over brainpoolP384r1."""

_CARD_ACCESS: Final = b"\x01\x1c"
_HISTORICAL_BYTES: Final = bytes.fromhex("0012233F536549440F9000")  # as at the contacts
_SELECT: Final = 0xA4
_READ_BINARY: Final = 0xB0
_SET_ENVIRONMENT: Final = 0x22
_GENERAL_AUTHENTICATE: Final = 0x86


def contactless_atr(historical_bytes: bytes) -> bytes:
    """Return the ATR that a reader makes up for a card without contacts (PC/SC part 3 §3.1.3.2.3.1)."""
    body = bytes((0x80 | len(historical_bytes), 0x80, 0x01)) + historical_bytes
    return b"\x3b" + body + bytes((reduce(xor, body),))


def card_access(offers: tuple[PaceInfo, ...]) -> bytes:
    """Return EF.CardAccess with one PACEInfo an offer."""
    return encode(SET, b"".join(each.encode() for each in offers))


class ContactlessCard:
    """One Estonian card held to a reader. Not for use from two threads at once."""

    def __init__(
        self,
        card: EstonianCard,
        can: bytes = CAN,
        *,
        offers: tuple[PaceInfo, ...] = (OFFER,),
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take the card, its number, and how it waits after wrong ones."""
        self.atr: Final = contactless_atr(_HISTORICAL_BYTES)
        self._card: Final = card
        self._pace: Final = ChipPace(
            offers, PaceSecrets({PasswordReference.CAN: can}), randomness=randomness, pause=pause
        )
        public = ElementaryFile(_CARD_ACCESS, card_access(offers))
        self._selection: Final = Selection(Folder(MASTER_FILE, MAIN_APPLICATION, (public,)))
        self._channel: ChipChannel | None = None

    @property
    def failures(self) -> int:
        """Wrong numbers in a row."""
        return self._pace.failures

    def reset(self) -> None:
        """Do what leaving the field does: closed again, the count of wrong numbers stays."""
        self._channel = None
        self._pace.reset()
        self._selection.reset()
        self._card.reset()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        parsed = parse_command(bytes(command))
        if parsed is None:
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.cla & SECURE_BITS:
            return self._answer_protected(parsed)
        if self._channel is not None:  # a command outside the session ends it (§9.8)
            self.reset()
        answer = self._answer_closed(parsed)
        if (keys := self._pace.take_keys()) is not None:
            self._channel = ChipChannel(keys)
        return answer.to_bytes()

    def _answer_protected(self, command: Command) -> bytes:
        if self._channel is None:
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        try:
            plain = self._channel.opened(command)
        except CardUnreadableError:
            self.reset()
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        return self._channel.protected(self._card.transmit(plain.encode()))

    def _answer_closed(self, command: Command) -> Answer:
        if command.ins == _GENERAL_AUTHENTICATE and command.cla in (0x00, CHAINING_BIT):
            return self._pace.authenticate(command)
        if command.cla == 0x00 and command.ins == _SET_ENVIRONMENT:
            return self._pace.set_template(command)
        answer = Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if command.cla == 0x00 and command.ins == _SELECT:
            answer = self._selection.select(command)
        elif command.cla == 0x00 and command.ins == _READ_BINARY:
            answer = self._selection.read(command)
        # What is there and what is not is told to nobody who has not given the number.
        is_told = answer.status in (StatusWord.OK, StatusWord.END_OF_FILE, StatusWord.WRONG_OFFSET)
        return answer if is_told else Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
