# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""People who use the kiosk in their own way finish the visit, with only what they have."""

import re
from typing import TYPE_CHECKING

from townhall_forms.questions import Question, QuestionKind
from townhall_kiosk.demo.listener import listener_of
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import BRIEF_ANSWERS, Visitor
from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

HEARD_S = 60.0


def test_somebody_who_cannot_see_finishes_the_visit_by_headphones_and_keys(kiosk: "Town") -> None:
    visitor = kiosk.visitor()
    visitor.answers = BRIEF_ANSWERS
    kiosk.world.jack.plug()
    listener = listener_of(kiosk.world, visitor)
    receipt = listener.visit()
    kiosk.world.jack.pull()
    number = kiosk.stored()[-1]
    assert number in receipt
    kiosk.told.add(number)
    said = "\n".join(kiosk.world.speech.texts)
    assert visitor.pin1 not in said
    assert visitor.pin2 not in said
    # Which digit, and of how many, may be heard; what the digit is may not.
    counted = re.compile(r"Digits entered: [0-9]+|digit [0-9]+ of [0-9]+")
    assert len(listener.by.at_pins) >= len(visitor.pin1 + visitor.pin2)
    assert not any(re.search("[0-9]", counted.sub("", each)) for each in listener.by.at_pins)


def test_a_speech_service_that_breaks_off_costs_nobody_the_visit_and_reads_on_when_it_is_back(kiosk: "Town") -> None:
    speech, text = kiosk.world.speech, Texts("en")
    kiosk.world.jack.plug()
    assert speech.wait_until(lambda _record: any(text("attract.heading") in each for each in speech.texts), HEARD_S)
    speech.break_off()
    before = len(speech.texts)
    kiosk.go(kiosk.visitor(), "pin1")  # what is said meanwhile is lost, the visit is not
    assert speech.wait_until(
        lambda _record: any(each.startswith(text("pin1.heading")) for each in speech.texts[before:]), HEARD_S
    )
    kiosk.world.jack.pull()


def test_somebody_with_one_switch_finishes_the_visit(kiosk: "Town") -> None:
    kiosk.person.hands = Hands.SWITCH
    visitor = kiosk.visitor()
    visitor.answers = BRIEF_ANSWERS
    for step in visitor.steps():
        if step == "receipt":
            kiosk.number_on_screen()
    kiosk.settle()


ARABIC = Texts("ar")
HEADINGS = {
    "attract": "attract.touch",
    "insert-card": "insert-card.heading",
    "pin1": "pin1.heading",
    "services": "services.introduction",
    "review": "review.heading",
    "document": "document.heading",
    "pin2": "pin2.heading",
    "receipt": "receipt.heading",
    "take-card": "take-card.heading",
    "thanks": "thanks.heading",
    "attract-again": "attract.touch",
}


class Reader(Visitor):
    """Knows where they are only by the words on the glass."""

    def _at(self, name: str, _kind: str, _heading: str = "") -> str:
        self._read(self.text(HEADINGS[name]))
        self.watch(name)
        return name

    def _at_question(self, label: str) -> None:
        self._read(label)

    def _enter(self, asked: Question, value: str) -> None:
        if asked.kind in {QuestionKind.CHOOSE_ONE, QuestionKind.CHOOSE_MANY}:
            super()._enter(asked, value)
        else:  # by the keys on the glass; a date begins with the day
            self.person.press_signs("".join(reversed(value.split("-"))))

    def _read(self, words: str) -> None:
        self.person.wait_until(lambda _seen: words in self.person.read(), f"the words {words!r}")


def foreign(words: str, own: tuple[str, ...]) -> list[str]:
    """What on the glass is written in Latin letters and is neither the person's own nor on a key."""
    for each in own:
        words = words.replace(each, "")
    words = re.sub(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", "", words)  # the receipt's number
    return [line for line in words.splitlines() if re.search("[A-Za-z]{2}", line)]


def test_somebody_who_reads_only_arabic_finishes_the_visit_and_meets_no_other_words(kiosk: "Town") -> None:
    plain = kiosk.visitor(text=ARABIC)
    reader = Reader(
        person=kiosk.person,
        holder=plain.holder,
        text=ARABIC,
        service=plain.service,
        watch=lambda _name: None,
        insert_card=plain.insert_card,
        remove_card=plain.remove_card,
        answers={**BRIEF_ANSWERS, "street": "شارع", "town": "تارتو"},
    )
    holder = plain.holder
    own = (holder.surname, holder.given_names, holder.personal_code, "Tamme Library", "PUK", "change-of-address", "ABC")
    met = dict[str, list[str]]()
    for step in reader.steps():
        if step == "receipt":
            kiosk.number_on_screen()
        if not step.startswith("attract"):
            met[step] = foreign(kiosk.person.read(), own)
    assert {step: words for step, words in met.items() if words} == {}
    kiosk.settle()


class Waverer:
    """Somebody who changes their mind at each screen, and comes back to exactly where they were."""

    def __init__(self, kiosk: "Town") -> None:
        self.kiosk, self.person = kiosk, kiosk.person
        self.visitor = kiosk.visitor()
        self.visitor.answers = {**BRIEF_ANSWERS, "street": "Tamme puiestee"}
        self.text = self.visitor.text

    def visit(self) -> None:
        steps = self.visitor.steps()
        for step in steps:
            if step == "receipt":
                self.kiosk.number_on_screen()
            if step not in {"thanks", "attract-again"}:
                self.look_aside()
                self.go_back(step)

    def look_aside(self) -> None:
        """To the ways to use, to help from there, and to help again; everything is there as it was."""
        seen, words = self.person.look(), self.words()
        self.person.press(self.text("button.ways"))
        self.person.wait_for("WaysScreen", self.text("ways.heading"))
        for size in ("third", "second"):
            self.person.press(f"{self.text('ways.text-size')}: {self.text(f'ways.text-size.{size}')}")
        self.person.press(self.text("button.help"))
        self.person.wait_for("MessageScreen", self.text("help.heading"))
        self.person.press(self.text("help.done"))
        self.person.wait_for("WaysScreen", self.text("ways.heading"))
        self.person.press(self.text("ways.done"))
        self.person.wait_for(seen.kind, seen.heading)
        self.person.press(self.text("button.help"))
        self.person.wait_for("MessageScreen", self.text("help.heading"))
        self.person.press(self.text("help.done"))
        self.person.wait_for(seen.kind, seen.heading)
        assert self.words() == words

    def words(self) -> str:
        """What is typed or chosen here: all words but those of the band at the top."""
        band = (self.text("help.status"), self.text("status.line-down"))
        lines = self.person.read().splitlines()
        return "\n".join(line for line in lines if not any(told in line for told in band))

    def find_change(self) -> str:
        """Turn the pages of the review to the first answer that can be changed."""
        while True:
            beginning = f"{self.text('review.change')}: "
            found = next((line for line in self.person.read().splitlines() if line.startswith(beginning)), None)
            if found is not None:
                return found
            self.person.press(self.text("page.next"))

    def go_back(self, step: str) -> None:
        """Back, and on again; a change of the review, and back from it, and the change after all."""
        text, press = self.text, self.person.press
        if step == "review":
            for proceed in (text("button.back"), text("button.continue")):
                change = self.find_change()
                press(change)
                self.person.wait_for("QuestionScreen", change.split(": ", 1)[1])
                press(proceed)
                self.person.wait_for("ReviewScreen")
        elif step == "document":
            press(text("button.back"))
            self.person.wait_for("ReviewScreen")
            press(text("button.continue"))
            self.person.wait_for("DocumentScreen")
        elif step == "pin2":
            press(text("button.back"))
            self.person.wait_for("DocumentScreen")
            press(text("document.button"))
            self.person.wait_for("PinScreen", text("pin2.heading"))
        elif step == "question-house":
            label = self.person.look().heading
            press(text("button.back"))
            self.person.wait_until(lambda seen: seen.heading != label, "the question before")
            assert "Tamme puiestee" in self.person.read()
            press(text("button.continue"))
            self.person.wait_for("QuestionScreen", label)
            self.person.type(BRIEF_ANSWERS["house"])  # was typed, but not yet given


def test_somebody_who_changes_their_mind_at_each_screen_loses_nothing_and_finishes(kiosk: "Town") -> None:
    Waverer(kiosk).visit()
    kiosk.settle()
