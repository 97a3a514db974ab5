# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ordered faults come where they were ordered, and nowhere else."""

import pytest

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMuteError, CardRemovedError
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard


class CountingCard:
    """Answers how many commands it has seen."""

    atr = b"\x3b\x00"

    def __init__(self) -> None:
        self.seen = 0
        self.resets = 0

    def transmit(self, command: RawCommand) -> bytes:
        self.seen += 1
        return bytes(command) + bytes((self.seen,)) + b"\x90\x00"

    def reset(self) -> None:
        self.resets += 1


def test_a_mute_card_stays_mute_after_a_reset() -> None:
    card = FaultyCard(CountingCard()).mute_after(2)
    assert card.transmit(b"") == b"\x01\x90\x00"
    assert card.transmit(b"") == b"\x02\x90\x00"
    for _ in range(2):
        with pytest.raises(CardMuteError):
            card.transmit(b"")
        card.reset()


def test_a_card_pulled_before_a_command_never_saw_it() -> None:
    inside = CountingCard()
    card = FaultyCard(inside).tear(1)
    card.transmit(b"")
    with pytest.raises(CardRemovedError):
        card.transmit(b"")
    assert inside.seen == 1
    assert card.transmit(b"") == b"\x02\x90\x00"  # put in again


def test_a_card_pulled_before_its_answer_did_the_command() -> None:
    inside = CountingCard()
    with pytest.raises(CardRemovedError):
        FaultyCard(inside).tear_answer(0).transmit(b"")
    assert inside.seen == 1


def test_an_answer_is_replaced_once_and_the_card_does_not_see_the_command() -> None:
    inside = CountingCard()
    card = FaultyCard(inside).answer(0, b"nonsense")
    assert card.transmit(b"") == b"nonsense"
    assert card.transmit(b"") == b"\x01\x90\x00"
    assert card.commands == 2


def test_an_answer_is_cut() -> None:
    card = FaultyCard(CountingCard()).cut(1, 1)
    assert card.transmit(b"ab") == b"ab\x01\x90\x00"
    assert card.transmit(b"ab") == b"a"


def test_without_orders_it_is_the_card() -> None:
    inside = CountingCard()
    card = FaultyCard(inside)
    card.reset()
    assert (card.atr, inside.resets) == (inside.atr, 1)
    assert card.transmit(bytearray(b"x")) == b"x\x01\x90\x00"


def test_a_dead_card_has_no_atr_and_no_answers() -> None:
    card = DeadCard()
    card.reset()
    assert card.atr == b""
    with pytest.raises(CardMuteError):
        card.transmit(b"\x00\xa4\x00\x0c")
