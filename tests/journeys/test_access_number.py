# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole visits with a card that is held to a reader, on the real stack: its number typed, mistyped, and never heard."""

import re
from typing import TYPE_CHECKING

from townhall_kiosk.demo.listener import listener_of
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import BRIEF_ANSWERS, Visitor
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.pace_gate import CAN

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
WRONG_CAN = "317426"


def visitor_with_held_card(kiosk: "Town", waits: list[float], text: Texts = ENGLISH) -> Visitor:
    visitor = kiosk.visitor(card=ContactlessCard(kiosk.card(), pause=waits.append), text=text)
    visitor.access_number = CAN.decode()
    visitor.answers = BRIEF_ANSWERS
    return visitor


def mistype(kiosk: "Town") -> None:
    for digit in WRONG_CAN:
        kiosk.person.press(digit)
    kiosk.person.press(ENGLISH("access-number.button"))
    wrong = ENGLISH("access-number.wrong")
    kiosk.until(lambda: wrong in kiosk.person.read(), "the news that the number was wrong")


def test_the_number_mistyped_once_and_then_typed_by_touch_leads_to_exactly_one_case(kiosk: "Town") -> None:
    waits: list[float] = []
    for step in visitor_with_held_card(kiosk, waits).steps():
        if step == "access-number":
            mistype(kiosk)
        if step == "receipt":
            kiosk.number_on_screen()
        if step == "thanks":
            kiosk.person.type(" ")
    assert waits == [1.0], "the card took its time once"
    assert CAN not in kiosk.log.read_bytes()
    kiosk.settle()


def test_the_number_typed_by_keyboard_alone_leads_to_exactly_one_case(kiosk: "Town") -> None:
    kiosk.person.hands = Hands.KEYBOARD
    for step in visitor_with_held_card(kiosk, [], Texts("et")).steps():
        if step == "receipt":
            kiosk.number_on_screen()
        if step == "thanks":
            kiosk.person.type(" ")
    kiosk.settle()


def test_somebody_who_cannot_see_types_the_number_and_no_digit_of_it_is_heard(kiosk: "Town") -> None:
    visitor = visitor_with_held_card(kiosk, [])
    kiosk.world.jack.plug()
    listener = listener_of(kiosk.world, visitor)
    receipt = listener.visit()
    kiosk.world.jack.pull()
    number = kiosk.stored()[-1]
    assert number in receipt
    kiosk.told.add(number)
    assert visitor.access_number not in "\n".join(kiosk.world.speech.texts)
    counted = re.compile(r"Digits entered: [0-9]+|digit [0-9]+ of [0-9]+")
    assert "digit 6 of 6" in listener.by.at_pins
    assert not any(re.search("[0-9]", counted.sub("", each)) for each in listener.by.at_pins)


def test_a_held_card_taken_away_at_the_pad_stops_the_visit_and_nothing_is_sent(kiosk: "Town") -> None:
    before = kiosk.stored()
    visitor = visitor_with_held_card(kiosk, [])
    kiosk.go(visitor, "access-number")
    visitor.remove_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("stopped.heading"))
    assert ENGLISH("stopped.nothing-sent") in kiosk.person.read()
    kiosk.person.press(ENGLISH("stopped.button"))
    kiosk.person.wait_for("AttractScreen")
    assert kiosk.stored() == before
