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

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.pace_gate import CAN, OFFER, Door, PaceGate

_HISTORICAL_BYTES: Final = bytes.fromhex("0012233F536549440F9000")  # as at the contacts


def contactless_atr(historical_bytes: bytes) -> bytes:
    """Return the ATR that a reader makes up for a card without contacts (PC/SC part 3 §3.1.3.2.3.1)."""
    body = bytes((0x80 | len(historical_bytes), 0x80, 0x01)) + historical_bytes
    return b"\x3b" + body + bytes((reduce(xor, body),))


class ContactlessCard:
    """One Estonian card held to a reader, with PACE as its chip's specification names it (``OFFER``)."""

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
        door = Door(can, offers=offers, randomness=randomness, pause=pause)
        self._gate: Final = PaceGate(door, self._answer, card.reset)

    @property
    def failures(self) -> int:
        """Wrong numbers in a row."""
        return self._gate.failures

    def reset(self) -> None:
        """Do what leaving the field does: closed again, the count of wrong numbers stays."""
        self._gate.reset()
        self._card.reset()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._gate.transmit(command)

    def _answer(self, command: Command) -> Answer:
        plain = CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, command.expected)
        answer = self._card.transmit(plain.encode())
        return Answer(int.from_bytes(answer[-2:], "big"), answer[:-2])
