# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A member of staff comes to the kiosk of the demo, looks how it stands, tests it and has the report made."""

from collections.abc import Callable
from pathlib import Path

from townhall_kiosk.demo.person import Person
from townhall_kiosk.demo.world import STAFF, World
from townhall_kiosk.texts import Texts

_TESTS = ("journal", "clock", "disk", "reader")


def staff_round(world: World, text: Texts, watch: Callable[[str], None]) -> Path:
    """Go the round; ``watch`` is told the name of each screen. Return the report's file.

    Raises:
        PersonLostError: a screen or a button was not there.
    """
    person, reader = world.person, world.readers[0]
    person.press(text("attract.touch"))
    person.wait_for("MessageScreen", text("insert-card.heading"))
    reader.insert(world.card_of(STAFF[0]))
    _enter_pin(person, text, text("pin1.heading"))
    person.wait_for("ChoiceScreen")
    watch("services")
    person.press(text("services.staff"))
    _enter_pin(person, text, text("counter.pin.heading"))
    person.wait_for("StatusScreen", text("counter.menu.heading"))
    watch("status")
    person.press(text("counter.do.tests"))
    person.wait_for("StatusScreen", text("counter.tests.heading"))
    for count, test in enumerate(_TESTS, start=1):
        person.press(text(f"staff.test.{test}"))
        _count_lines(person, text("staff.verdict.passed"), count)
    watch("tests")
    person.press(text("counter.do.report"))
    _read_until(person, text("staff.told.done"))
    reader.remove_slowly()
    person.wait_for("AttractScreen")
    return max((world.home / "reports").glob("*.pdf"))


def _enter_pin(person: Person, text: Texts, heading: str) -> None:
    person.wait_for("PinScreen", heading)
    for digit in "1234":
        person.press(digit)
    person.press(text("pin1.button"))


def _count_lines(person: Person, words: str, count: int) -> None:
    """Wait until so many lines of the screen are these words; the machine works in between."""
    person.wait_until(
        lambda seen: seen.kind == "StatusScreen" and person.read().splitlines().count(words) == count,
        f"{count} x {words!r}",
    )


def _read_until(person: Person, words: str) -> None:
    """Wait until words stand on the screen."""
    person.wait_until(lambda seen: seen.kind == "StatusScreen" and words in person.read(), repr(words))
