# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reader is gone, not the card alone, while somebody votes: before, during and after the signature.

A virtual reader cannot be pulled out of its port alone; all readers go at once, with the PC/SC service.
"""

import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.demo.person import PersonLostError
from townhall_kiosk.texts import Texts
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.faulty_card import FaultyCard

if TYPE_CHECKING:
    from tests.journeys.polling import PollingPlace, Stored

ENGLISH = Texts("en")
COMMANDS_OF_A_SIGNATURE = 5
LOOKS = 50


class UnpluggingCard(FaultyCard):
    """A card whose reader is pulled out when a command comes: the card does it, nobody hears the answer."""

    def __init__(self, card: EstonianCard, pull: Callable[[], None]) -> None:
        super().__init__(card)
        self._pull = pull
        self._at = -1

    def pull_at(self, command: int) -> None:
        """Order it, counted as ``FaultyCard`` counts."""
        self._at = command

    def transmit(self, command: RawCommand) -> bytes:
        if self.commands == self._at:
            self._pull()
        return super().transmit(command)


def press_pin(place: "PollingPlace", pin: str) -> None:
    for digit in pin:
        place.world.person.press(digit)
    place.world.person.press(ENGLISH("cast.button"))


def plug_in_again(place: "PollingPlace") -> None:
    place.world.readers[0].remove()
    place.world.pcscd.start()


def see_that_nothing_was_cast(place: "PollingPlace", before: "Stored") -> None:
    """The vote was stopped; or, where the failed signature was heard of first, the ballot waits for a reader."""
    person, waiting = place.world.person, ENGLISH("voting.card.heading")
    told = {ENGLISH("stopped.heading"): "stopped.nothing-sent", waiting: "insert-card.no-reader"}
    seen = place.see(set(told))
    assert ENGLISH(told[seen.heading]) in person.read()
    plug_in_again(place)
    if seen.heading == waiting:
        person.wait_until(lambda _seen: ENGLISH("voting.card.what") in person.read(), "the reader to be seen")
        place.dismiss(waiting, ENGLISH("button.stop"))
    else:
        place.dismiss(seen.heading, ENGLISH("stopped.button"))
    assert place.stored() == before


@pytest.mark.parametrize("step", ["statement", "pin2"])
def test_before_the_pin_the_vote_is_stopped_and_the_person_may_vote_again(place: "PollingPlace", step: str) -> None:
    holder, before = place.somebody(), place.stored()
    place.go(place.voter(holder).steps(), step)
    place.world.pcscd.stop()
    see_that_nothing_was_cast(place, before)
    place.vote(holder)
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1


@pytest.mark.parametrize("command", range(COMMANDS_OF_A_SIGNATURE))
def test_while_the_card_signs_nothing_is_cast_and_the_person_may_vote_again(
    place: "PollingPlace", command: int
) -> None:
    holder, before = place.somebody(), place.stored()
    card = UnpluggingCard(place.world.card_of(holder), place.world.pcscd.stop)
    voter = place.voter(holder, card=card)
    place.go(voter.steps(), "pin2")
    card.pull_at(card.commands + command)
    press_pin(place, voter.pin2)
    see_that_nothing_was_cast(place, before)
    place.vote(holder)
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1


def test_after_the_signature_the_vote_counts_whatever_becomes_of_the_reader(place: "PollingPlace") -> None:
    holder, before = place.somebody(), place.stored()
    voter = place.voter(holder)
    place.go(voter.steps(), "pin2")
    keeper = place.world.kiosk_pid
    os.kill(keeper, signal.SIGSTOP)  # so that the vote is signed, and not stored yet
    try:
        press_pin(place, voter.pin2)
        place.see({ENGLISH("voting.casting.heading")})
        place.world.pcscd.stop()
        for _ in range(LOOKS):
            assert place.world.person.look().heading == ENGLISH("voting.casting.heading")
    finally:
        os.kill(keeper, signal.SIGCONT)
    place.see({ENGLISH("vote-receipt.heading")})
    plug_in_again(place)
    with contextlib.suppress(PersonLostError):  # without a card in it, the receipt ends by itself
        place.world.person.press(ENGLISH("receipt.finish"))
    place.see({ENGLISH("attract.heading")})
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1
    assert place.is_turned_away(holder)


def test_on_the_receipt_the_vote_is_stored_already(place: "PollingPlace") -> None:
    holder, before = place.somebody(), place.stored()
    place.go(place.voter(holder).steps(), "vote-receipt")
    place.world.pcscd.stop()
    place.see({ENGLISH("thanks.heading")})
    plug_in_again(place)
    place.see({ENGLISH("attract.heading")})
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1
    assert place.is_turned_away(holder)
