# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line between a reader and a card: what a command takes of it, and a simulated card that takes as long.

A virtual reader hands bytes over in no time, so that no card in the world is as fast as one in it. The floor under a
card operation is what its bytes take on the line; what the card itself takes to think is left at nothing, in our favour
nowhere: it would only add to the floor.
"""

import time
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.vpcd import VirtualCard

_CLOCK_HZ: Final = 4_000_000
"""Of a contact reader; ISO/IEC 7816-3 lets all cards have 4 or 5 MHz."""
_CYCLES: Final = {
    0: 372,
    1: 372,
    2: 558,
    3: 744,
    4: 1116,
    5: 1488,
    6: 1860,
    9: 512,
    10: 768,
    11: 1024,
    12: 1536,
    13: 2048,
}
_RATES: Final = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 12, 9: 20}
_UNSAID: Final = 0x11  # TA1 where the answer to reset has none
_UNITS_A_BYTE: Final = 11  # start, eight bits, parity and one unit of guard: the shortest that T=1 allows
_CONTACT_FRAME: Final = 4  # NAD, PCB, LEN and LRC of T=1
_RADIO_BITS_PER_S: Final = 847_500
"""ISO/IEC 14443-2: the carrier of 13.56 MHz by 16, the fastest rate that identity documents share."""
_RADIO_BITS_A_BYTE: Final = 9  # eight and parity
_RADIO_FRAME: Final = 3  # PCB and CRC of ISO/IEC 14443-4


@dataclass(frozen=True, slots=True)
class Line:
    """How long a byte takes, in seconds, and how many bytes frame each message."""

    byte_s: float
    frame: int

    def seconds(self, *messages: bytes | RawCommand) -> float:
        """Return how long these take, one after the other."""
        return sum(len(each) + self.frame for each in messages) * self.byte_s


RADIO: Final = Line(_RADIO_BITS_A_BYTE / _RADIO_BITS_PER_S, _RADIO_FRAME)


def contact_line(atr: bytes) -> Line:
    """Return the line of a card with contacts, by the rate that TA1 of its answer to reset offers.

    ISO/IEC 7816-3, 8.3: F and D are looked up in tables 7 and 8; a unit is F/D cycles of the clock.

    Raises:
        KeyError: a rate that the standard keeps for later.
    """
    says_rate = atr[1] & 0x10
    rate = atr[2] if says_rate else _UNSAID
    unit_s = _CYCLES[rate >> 4] / _RATES[rate & 0x0F] / _CLOCK_HZ
    return Line(_UNITS_A_BYTE * unit_s, _CONTACT_FRAME)


class CardOnTheLine:
    """A card that answers when its command and answer have had their time on the line."""

    def __init__(self, card: VirtualCard, line: Line) -> None:
        """Slow ``card`` down to ``line``."""
        self._card = card
        self._line = line

    @property
    def atr(self) -> bytes:
        """As the card's."""
        return self._card.atr

    def transmit(self, command: RawCommand) -> bytes:
        """Ask the card; what it took to answer counts towards the time on the line."""
        begun = time.monotonic()
        answer = self._card.transmit(command)
        time.sleep(max(0.0, begun + self._line.seconds(command, answer) - time.monotonic()))
        return answer

    def reset(self) -> None:
        """As the card's."""
        self._card.reset()
