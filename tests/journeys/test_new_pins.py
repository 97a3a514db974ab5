# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""New PINs on the real stack: real window, real pcscd; the next visit needs the new one."""

import pytest
from tests.journeys.conftest import ENGLISH, Town

from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import Visitor
from townhall_smartcard.simulation.estonian_card_pins import PinReference

NEW = "80527"
PUK = "12345678"


def set_new(visitor: Visitor, heading: str, code: str) -> None:
    """Enter the code that gives the right, and the new PIN 1 twice; back on the screen after "it is set"."""
    pin1 = ENGLISH("pins.name.pin1")
    person = visitor.person
    for asked, digits, button in (
        (heading, code, "button.continue"),
        (ENGLISH("pins.new.heading", pin=pin1), NEW, "button.continue"),
        (ENGLISH("pins.repeat.heading", pin=pin1), NEW, ""),
    ):
        person.wait_for("PinScreen", asked)
        for digit in digits:
            person.press(digit)
        person.press(ENGLISH(button) if button else ENGLISH("pins.repeat.button", pin=pin1))
    person.wait_for("MessageScreen", ENGLISH("pins.set.heading", pin=pin1))
    person.press(ENGLISH("button.continue"))


def leave(visitor: Visitor) -> None:
    visitor.person.press(ENGLISH("button.stop"))
    visitor.person.wait_for("MessageScreen", ENGLISH("take-card.heading"))
    visitor.remove_card()
    visitor.person.wait_for_next_visit()


@pytest.mark.parametrize("hands", [Hands.TOUCH, Hands.KEYBOARD])
def test_a_person_changes_pin1_and_the_next_visit_needs_the_new_one(kiosk: Town, hands: Hands) -> None:
    kiosk.person.hands = hands
    card = kiosk.card()
    visitor = kiosk.visitor(card=card)
    kiosk.go(visitor, "services")
    visitor.choose(ENGLISH("pins.heading"))
    kiosk.person.wait_for("ChoiceScreen", ENGLISH("pins.heading"))
    visitor.choose(ENGLISH("pins.change", pin=ENGLISH("pins.name.pin1")))
    set_new(visitor, ENGLISH("pins.present.heading", pin=ENGLISH("pins.name.pin1")), "1234")
    kiosk.person.wait_for("ChoiceScreen")
    leave(visitor)
    again = kiosk.visitor(card=card)
    again.pin1 = NEW
    kiosk.go(again, "services")
    assert card.tries_left(PinReference.PIN1) == 3


def test_a_person_whose_pin1_is_blocked_sets_a_new_one_with_the_puk_and_is_served(kiosk: Town) -> None:
    card = kiosk.card()
    for _ in range(3):
        card._security.pins[PinReference.PIN1].verify(b"9" * 12)
    visitor = kiosk.visitor(card=card)
    visitor.pin1 = NEW
    steps = visitor.steps()
    while next(steps) != "insert-card":
        pass
    visitor.insert_card()
    kiosk.person.wait_for("MessageScreen", ENGLISH("card-pin1-blocked.heading"))
    kiosk.person.press(ENGLISH("pins.blocked.button"))
    set_new(visitor, ENGLISH("pins.puk.heading"), PUK)
    kiosk.person.wait_for("PinScreen", ENGLISH("pin1.heading"))
    for digit in NEW:
        kiosk.person.press(digit)
    kiosk.person.press(ENGLISH("pin1.button"))
    kiosk.person.wait_for("ChoiceScreen")
    assert card.tries_left(PinReference.PIN1) == 3
