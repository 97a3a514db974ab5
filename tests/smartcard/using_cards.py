# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is done with every national card's driver: its keys are used, and the card fails at each command."""

from collections.abc import Callable
from typing import Final

from townhall_smartcard.errors import CardMuteError, CardRemovedError, CardUnreadableError
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.pins import PinRefusal
from townhall_smartcard.simulation.faulty_card import FaultyCard

Break = Callable[[FaultyCard, int], FaultyCard]
Breaks = dict[str, tuple[Break, type[Exception]]]
BREAKS: Final[Breaks] = {
    "pulled": (FaultyCard.tear, CardRemovedError),
    "mute": (FaultyCard.mute_after, CardMuteError),
    "refuses": (lambda card, index: card.answer(index, b"\x6f\x00"), CardUnreadableError),
    "bare": (lambda card, index: card.cut(index, 1), CardUnreadableError),
}
"""How a card fails at a command, by its index, and what its driver says then."""
PULLED_BEFORE_THE_ANSWER: Final[Breaks] = {"pulled before the answer": (FaultyCard.tear_answer, CardRemovedError)}


def use_key(used: NationalCard, role: PinRole, pin: bytes, *, confirmed: bool = False) -> bytes | PinRefusal:
    """Sign a digest with a key of the card; whatever comes of it, the PIN is wiped."""
    use = used.authenticate if role is PinRole.AUTHENTICATION else used.sign
    entered = bytearray(pin)
    outcome = use(entered, used.algorithm(role).digest.of(b"said"), last_try_confirmed=confirmed)
    assert entered == bytes(len(pin)), "wiped"
    return outcome
