# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Belgian cards that are pulled, fall silent or answer nonsense, at every command."""

from typing import Final

import pytest
from tests.smartcard.belgian_cards import EVERY_APPLET, PIN, ROLES, card_of, contents_of, driver
from tests.smartcard.using_cards import BREAKS, PULLED_BEFORE_THE_ANSWER, Breaks, use_key

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.belgian_card import BelgianSimulation
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import KeyKind

OWN_BREAKS: Final[Breaks] = {
    **{name: BREAKS[name] for name in ("pulled", "mute", "bare")},
    **PULLED_BEFORE_THE_ANSWER,
    "impossible": (lambda card, index: card.answer(index, b"\x01\x02"), CardUnreadableError),
}


@EVERY_APPLET
@pytest.mark.parametrize("name", OWN_BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(version: int, name: str) -> None:
    order, expected = OWN_BREAKS[name]

    def whole(card: FaultyCard) -> None:
        used = driver(card)
        used.read()
        for role in ROLES:
            use_key(used, role, PIN)

    counted = FaultyCard(card_of(version))
    whole(counted)
    for index in range(counted.commands):
        card = card_of(version)
        with pytest.raises(expected):
            whole(order(FaultyCard(card), index))
        assert card.tries_left() >= 2


@pytest.mark.parametrize("status", [b"\x6f\x00", b"\x69\x82", b"\x6a\x80", b"\x62\x83"])
def test_a_refusal_of_any_command_is_typed_or_changes_nothing(status: bytes) -> None:
    card = card_of()
    counted = FaultyCard(card)
    whole = driver(counted).read()
    for index in range(counted.commands):
        card.reset()
        try:
            contents = driver(FaultyCard(card).answer(index, status)).read()
        except CardUnreadableError:
            continue
        assert contents == whole, index


def test_a_card_that_never_ends_a_file_is_unreadable() -> None:
    class Endless(BelgianSimulation):
        def transmit(self, command: RawCommand) -> bytes:
            raw = bytes(command)
            return bytes(raw[4]) + b"\x90\x00" if raw[1] == 0xB0 else super().transmit(command)

    with pytest.raises(CardUnreadableError):
        driver(Endless(contents_of(KeyKind.P384))).read()
