# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole visits on the real stack: from the card in the reader to the case at the agency, and every way out before."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import JUHAN
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import DeadCard, FaultyCard

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
LOOKS, ROUNDS = 200, 5


def finish(kiosk: "Town", visitor: Visitor) -> str:
    """Go through a whole visit; return the number that was told."""
    number = ""
    for step in visitor.steps():
        if step == "receipt":
            number = kiosk.number_on_screen()
        if step == "thanks":
            kiosk.person.type(" ")  # any key ends the good-bye
    return number


def test_a_visit_in_english_by_touch_becomes_exactly_one_case(kiosk: "Town") -> None:
    number = finish(kiosk, kiosk.visitor())
    assert kiosk.stored()[-1] == number
    assert number not in kiosk.arrived()  # the line is down
    kiosk.settle()


def test_a_visit_in_arabic_by_keyboard_alone_becomes_exactly_one_case(kiosk: "Town") -> None:
    kiosk.person.hands = Hands.KEYBOARD
    finish(kiosk, kiosk.visitor(text=Texts("ar")))
    kiosk.settle()


def test_a_visit_with_the_line_up_is_sent_while_the_person_reads_the_receipt(town: "Town") -> None:
    town.open_kiosk(with_line=True)
    try:
        visitor = town.visitor()
        town.go(visitor, "receipt")
        number = town.number_on_screen()
        town.until(lambda: number in town.arrived(), "the centre to have it")
        assert town.person.look().kind == "ReceiptScreen"
        town.settle()
    finally:
        town.close_kiosk()


@pytest.mark.parametrize("step", ["pin1", "services", "question-town", "review", "document", "pin2"])
def test_a_card_pulled_in_the_middle_stops_the_visit_and_nothing_is_sent(kiosk: "Town", step: str) -> None:
    before = kiosk.stored()
    visitor = kiosk.visitor()
    kiosk.go(visitor, step)
    visitor.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("stopped.heading"))
    assert ENGLISH("stopped.nothing-sent") in kiosk.person.read()
    kiosk.person.press(ENGLISH("stopped.button"))
    kiosk.person.wait_for("AttractScreen")
    assert kiosk.stored() == before


def test_a_card_pulled_while_it_signs_stops_the_visit_and_nothing_is_sent(kiosk: "Town") -> None:
    before = kiosk.stored()
    card = FaultyCard(kiosk.card())
    visitor = kiosk.visitor(card=card)
    steps = visitor.steps()
    while next(steps) != "pin2":
        pass
    card.tear(card.commands + 4)  # somewhere between the counters and the signature
    for digit in visitor.pin2:
        kiosk.person.press(digit)
    kiosk.person.press(ENGLISH("pin2.button"))
    kiosk.person.wait_for("MessageScreen", ENGLISH("stopped.heading"))
    assert kiosk.stored() == before


def test_the_stop_button_ends_the_visit_and_nothing_is_sent(kiosk: "Town") -> None:
    before = kiosk.stored()
    visitor = kiosk.visitor()
    kiosk.go(visitor, "question-postcode")
    kiosk.person.press(ENGLISH("button.stop"))
    kiosk.person.wait_for("MessageScreen", ENGLISH("take-card.heading"))
    assert ENGLISH("stopped.nothing-sent") in kiosk.person.read()
    visitor.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("thanks.heading"))
    kiosk.person.type(" ")
    kiosk.person.wait_for("AttractScreen")
    assert kiosk.stored() == before


def enter(kiosk: "Town", pin: str) -> None:
    for digit in pin:
        kiosk.person.press(digit)
    kiosk.person.press(ENGLISH("pin2.button"))


def test_a_wrong_pin_2_and_then_the_right_one_signs(kiosk: "Town") -> None:
    visitor = kiosk.visitor()
    kiosk.go(visitor, "pin2")
    enter(kiosk, "99999")
    kiosk.until(lambda: ENGLISH("pin.wrong") in kiosk.person.read(), "the news that the PIN was wrong")
    enter(kiosk, visitor.pin2)
    kiosk.person.wait_for("ReceiptScreen")
    assert kiosk.stored()[-1] == kiosk.number_on_screen()


def test_a_blocked_pin_2_has_a_screen_of_its_own_and_nothing_is_sent(kiosk: "Town") -> None:
    before = kiosk.stored()
    card = kiosk.card()
    for _ in range(3):  # with its PUK the kiosk would help (test_new_pins)
        card._security.pins[PinReference.PUK].verify(b"9" * 12)
    visitor = kiosk.visitor(card=card)
    kiosk.go(visitor, "pin2")
    enter(kiosk, "99999")
    kiosk.until(lambda: ENGLISH("pin.wrong") in kiosk.person.read(), "the news that the PIN was wrong")
    enter(kiosk, "99999")
    kiosk.person.wait_for("MessageScreen", ENGLISH("pin2.last-try.heading"))
    kiosk.person.press(ENGLISH("last-try.button"))
    kiosk.person.wait_for("PinScreen")
    enter(kiosk, "99999")
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-pin2-blocked.heading"))
    visitor.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("insert-card.heading"))
    visitor.insert_card()  # the blocked card again: said before a form is filled in for nothing
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-pin2-blocked.heading"))
    assert kiosk.stored() == before


@pytest.mark.parametrize("step", ["insert-card", "pin1", "pin2"])
def test_a_mute_card_costs_the_card_process_and_the_next_card_works(kiosk: "Town", step: str) -> None:
    card = FaultyCard(kiosk.card())
    visitor = kiosk.visitor(card=card)
    (mute_process,) = kiosk.until(kiosk.processes.cards, "a card process")
    steps = visitor.steps()
    while next(steps) != step:
        pass
    card.mute_after(card.commands + 3)
    if step == "insert-card":
        visitor.insert_card()
    else:
        for digit in getattr(visitor, step):
            kiosk.person.press(digit)
        kiosk.person.press(ENGLISH(f"{step}.button"))
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-mute.heading"))
    visitor.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("insert-card.heading"))
    assert mute_process not in kiosk.processes.cards()
    again = kiosk.visitor()
    again.insert_card()
    kiosk.person.wait_for("PinScreen", ENGLISH("pin1.heading"))


def test_a_dead_card_has_a_screen_of_its_own_and_the_next_card_works(kiosk: "Town") -> None:
    dead = kiosk.visitor(card=DeadCard())
    kiosk.go(dead, "insert-card")
    dead.insert_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-dead.heading"))
    dead.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("insert-card.heading"))
    kiosk.visitor().insert_card()
    kiosk.person.wait_for("PinScreen", ENGLISH("pin1.heading"))


class ForeignCard:
    """A card of another kind: a common test card's ATR, and no application of ours."""

    atr = bytes.fromhex("3b9f958131fe9f006646530523002571df0000030000ca")

    def transmit(self, _command: bytes | bytearray) -> bytes:
        return b"\x6a\x82"

    def reset(self) -> None:
        return


def test_a_foreign_card_has_a_screen_of_its_own_and_the_next_card_works(kiosk: "Town") -> None:
    foreign = kiosk.visitor(card=ForeignCard())
    kiosk.go(foreign, "insert-card")
    foreign.insert_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-unsupported.heading"))
    foreign.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("insert-card.heading"))
    kiosk.visitor().insert_card()
    kiosk.person.wait_for("PinScreen", ENGLISH("pin1.heading"))


class PoweredCard(FaultyCard):
    """A card that notices when a reader asks for its ATR."""

    def __init__(self, card: EstonianCard) -> None:
        super().__init__(card)
        self.is_powered = threading.Event()

    @property
    def atr(self) -> bytes:
        self.is_powered.set()
        return super().atr


def offer_two_cards(kiosk: "Town") -> str:
    """Put two cards in one after the other and choose a language; return the heading of what follows."""
    first, second = kiosk.world.readers
    second.insert(kiosk.card(JUHAN))
    kiosk.person.wait_for("ChoiceScreen", ENGLISH("language.heading"))
    card = PoweredCard(kiosk.card())
    first.insert(card)
    kiosk.until(card.is_powered.is_set, "the reader to power the second card")
    for _ in range(LOOKS):  # nothing on this screen says when it is seen
        kiosk.person.look()
    kiosk.person.press(ENGLISH("language.endonym"))
    headings = {ENGLISH("several-cards.heading"), ENGLISH("pin1.heading")}
    return kiosk.person.wait_until(lambda seen: seen.heading in headings, "an answer").heading


def test_of_two_cards_at_once_none_is_chosen_until_one_is_out(kiosk: "Town") -> None:
    for _ in range(ROUNDS):
        if offer_two_cards(kiosk) == ENGLISH("several-cards.heading"):
            break
        for reader in kiosk.world.readers:  # the second was seen too late
            reader.remove_slowly()
        kiosk.person.wait_for("MessageScreen", ENGLISH("stopped.heading"))
        kiosk.person.press(ENGLISH("stopped.button"))
        kiosk.person.wait_for("AttractScreen")
    assert kiosk.person.look().heading == ENGLISH("several-cards.heading")
    kiosk.world.readers[1].remove()
    kiosk.person.wait_for("PinScreen", ENGLISH("pin1.heading"))


def test_the_pcsc_service_killed_while_nobody_is_there_comes_back_unnoticed(kiosk: "Town") -> None:
    kiosk.world.pcscd.stop()
    kiosk.world.pcscd.start()
    finish(kiosk, kiosk.visitor())


def test_the_pcsc_service_killed_during_a_form_stops_the_visit_cleanly_and_the_next_one_works(kiosk: "Town") -> None:
    before = kiosk.stored()
    visitor = kiosk.visitor()
    kiosk.go(visitor, "question-house")
    kiosk.world.pcscd.stop()
    kiosk.person.wait_for("MessageScreen", ENGLISH("stopped.heading"))
    visitor.remove_card()
    kiosk.world.pcscd.start()
    kiosk.person.press(ENGLISH("stopped.button"))
    kiosk.person.wait_for("AttractScreen")
    assert kiosk.stored() == before
    finish(kiosk, kiosk.visitor())


def test_the_next_visit_is_another_process_and_shows_nothing_of_the_one_before(kiosk: "Town") -> None:
    first, _standby = kiosk.processes.visits()
    one = kiosk.visitor()
    one.answers = {**one.answers, "street": "Kanaarilinnu", "previous_address": "Vikerkaare 99"}
    number = finish(kiosk, one)
    seen: list[str] = []
    other = replace(kiosk.visitor(holder=JUHAN), watch=lambda _name: seen.append(kiosk.person.read()))
    second_number = finish(kiosk, other)
    words = "\n".join(seen)
    for secret in ("Kanaarilinnu", "Vikerkaare", one.holder.surname, one.holder.personal_code, number):
        assert secret not in words
    assert other.holder.surname in words
    assert second_number in words
    kiosk.until(lambda: first not in kiosk.processes.visits(), "the first visit's process to end")
