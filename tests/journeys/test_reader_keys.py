# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader with keys on the real stack: real window, real pcscd, and a driver that writes the digits by itself."""

from collections.abc import Iterator

import pytest
from tests.journeys.conftest import ENGLISH, Town
from tests.smartcard.pin_pad.keypad import Keypad, compile_driver

from townhall_kiosk.demo.script import Visitor
from townhall_smartcard.simulation.keypad import CANCEL, Finger


@pytest.fixture
def finger(kiosk: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finger]:
    """Give the kiosk's reader keys: pcscd comes back with another driver, and the kiosk finds it again."""
    pcscd = kiosk.world.pcscd
    pcscd.use_cover(compile_driver(tmp_path_factory.mktemp("keypad")))
    with Keypad(pcscd.drivers[0], Finger()) as keypad:
        yield keypad.finger
    pcscd.use_cover(None)


def begin_at_reader(kiosk: Town, pin: str) -> None:
    kiosk.person.wait_for("MessageScreen", ENGLISH("at-reader.heading", pin=ENGLISH(f"pins.name.{pin}")))
    kiosk.person.press(ENGLISH("at-reader.button"))


def come_in(visitor: Visitor) -> None:
    steps = visitor.identify()
    while next(steps) != "insert-card":
        pass
    visitor.insert_card()


def test_a_form_is_signed_with_pins_that_no_window_and_no_process_of_the_kiosk_had(kiosk: Town, finger: Finger) -> None:
    visitor = kiosk.visitor()
    come_in(visitor)
    finger.answers(CANCEL)
    begin_at_reader(kiosk, "pin1")
    kiosk.person.wait_until(lambda _seen: ENGLISH("pin.cancelled") in kiosk.person.read(), "why no PIN came")
    finger.enters(b"1234")
    begin_at_reader(kiosk, "pin1")
    kiosk.person.wait_for("ChoiceScreen")
    for _question in visitor.fill_in():
        pass
    kiosk.person.wait_for("ReviewScreen")
    kiosk.person.press(ENGLISH("button.continue"))
    kiosk.person.wait_for("DocumentScreen")
    kiosk.person.press(ENGLISH("document.button"))
    finger.enters(b"12345")
    begin_at_reader(kiosk, "pin2")
    leaving = visitor.leave()
    assert next(leaving) == "receipt"
    assert kiosk.number_on_screen() in kiosk.stored()
    for _step in leaving:
        pass
    assert [(asked.shortest, asked.longest) for asked in finger.seen] == [(4, 12), (4, 12), (5, 12)]
