# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a person goes through the change-of-address visit, step by step, in any language."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from townhall_forms.questions import Question, QuestionKind
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_kiosk.demo.person import Person, PersonLostError
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.asking import asked_questions
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder

ANSWERS: Mapping[str, str] = {
    "street": "Tamme puiestee",
    "house": "12",
    "flat": "3",
    "postcode": "50403",
    "town": "Tartu",
    "previous_place": "country",
    "previous_address": "Pikk 7, 10123 Tallinn",
    "movers": "partner children",
    "people": "3",
    "people_names": "Mart, Liis, Anu",
    "tenure": "renting",
    "owner_name": "Kivi Kodud",
    "owner_consent": "yes",
    "phone": "",
    "email": "",
    "declaration": "yes",
}
BRIEF_ANSWERS: Mapping[str, str] = {
    "street": "tamme",
    "house": "1",
    "postcode": "50403",
    "town": "tartu",
    "previous_place": "none",
    "movers": "nobody",
    "tenure": "owner",
    "declaration": "yes",
}
"""Answers as short as the form takes them: each letter costs somebody with a switch many steps."""

_TOUCHES = 5
_TOUCH_AGAIN_S = 1.0

Watch = Callable[[str], None]


@dataclass(slots=True)
class Visitor:
    """One person with a card, a language and answers; ``watch`` is told the name of each screen as it is reached."""

    person: Person
    holder: CardHolder
    text: Texts
    service: Service
    watch: Watch
    insert_card: Callable[[], None]
    remove_card: Callable[[], None]
    pin1: str = "1234"
    pin2: str = "12345"
    access_number: str = ""  # of a card that is held to the reader
    answers: Mapping[str, str] = field(default_factory=lambda: ANSWERS)

    def steps(self) -> Iterator[str]:
        """Go through the visit; yields the name of each step once its screen is there and before it is left."""
        yield from self.identify()
        yield from self.fill_in()
        yield from self.sign()
        yield from self.leave()

    def identify(self) -> Iterator[str]:
        """From the attract screen to the list of services."""
        yield self._at("attract", "AttractScreen")
        self._start()
        yield self._at("insert-card", "MessageScreen", self.text("insert-card.heading"))
        self.insert_card()
        if self.access_number:
            yield self._at("access-number", "AccessNumberScreen", self.text("access-number.heading"))
            self._pin(self.access_number, "access-number.button")
        yield self._at("pin1", "PinScreen", self.text("pin1.heading"))
        self._pin(self.pin1, "pin1.button")
        yield self._at("services", "ChoiceScreen")

    def fill_in(self) -> Iterator[str]:
        """Choose the service and answer every question that is put."""
        language = self.text.language
        self.choose(self.service.titles[language])
        form = self._own_copy()
        position = 0
        while position < len(asked_questions(form)):
            asked = asked_questions(form)[position]
            name = asked.ref.rsplit("/", 1)[-1]
            self._at_question(asked.label)
            value = self._answer(name)
            self._enter(asked, value)
            self.watch(f"question-{name}")
            yield f"question-{name}"
            if asked.kind is not QuestionKind.NOTE:
                form.answer(asked.ref, value)
            self.person.press(self.text("button.continue"))
            position += 1

    def choose(self, label: str) -> None:
        """Press a choice, on whichever page it stands."""
        while label not in self.person.read().splitlines():
            self.person.press(self.text("page.next"))
        self.person.press(label)

    def sign(self) -> Iterator[str]:
        """Review, read the document, sign it."""
        yield self._at("review", "ReviewScreen")
        self.person.press(self.text("button.continue"))
        yield self._at("document", "DocumentScreen")
        self.person.press(self.text("document.button"))
        yield self._at("pin2", "PinScreen", self.text("pin2.heading"))
        self._pin(self.pin2, "pin2.button")

    def leave(self) -> Iterator[str]:
        """Print the receipt, take the card, go."""
        yield self._at("receipt", "ReceiptScreen")
        self.person.press(self.text("receipt.print"))
        self.person.press(self.text("receipt.finish"))
        yield self._at("take-card", "MessageScreen", self.text("take-card.heading"))
        self.remove_card()
        yield self._at("thanks", "MessageScreen", self.text("thanks.heading"))
        self.person.wait_for_next_visit()
        self.watch("attract-again")
        yield "attract-again"

    def known_answers(self) -> Iterator[tuple[Question, str]]:
        """Yield each question that will be put, and what this person answers."""
        form = self._own_copy()
        position = 0
        while position < len(asked_questions(form)):
            asked = asked_questions(form)[position]
            value = self._answer(asked.ref.rsplit("/", 1)[-1])
            yield asked, value
            if asked.kind is not QuestionKind.NOTE:
                form.answer(asked.ref, value)
            position += 1

    def _start(self) -> None:
        """Touch until the kiosk answers: between two visits a touch can fall on the window that leaves."""
        for _ in range(_TOUCHES):
            with contextlib.suppress(PersonLostError):
                self.person.press(self.text("attract.touch"))
                self.person.wait_for("MessageScreen", self.text("insert-card.heading"), within_s=_TOUCH_AGAIN_S)
                return

    def _at_question(self, label: str) -> None:
        self.person.wait_for("QuestionScreen", label)

    def _at(self, name: str, kind: str, heading: str = "") -> str:
        self.person.wait_for(kind, heading)
        self.watch(name)
        return name

    def _pin(self, pin: str, button: str) -> None:
        for digit in pin:
            self.person.press(digit)
        self.person.press(self.text(button))

    def _answer(self, name: str) -> str:
        if name == "from_date":
            return (date.today() + timedelta(days=7)).isoformat()  # noqa: DTZ011  # a person's own calendar
        return self.answers.get(name, "")

    def _enter(self, asked: Question, value: str) -> None:
        match asked.kind:
            case QuestionKind.CHOOSE_ONE | QuestionKind.CHOOSE_MANY:
                labels = {choice.value: choice.label for choice in asked.choices}
                for chosen in value.split():
                    self.choose(labels[chosen])
            case QuestionKind.DATE if value:
                self.person.type("\t".join(reversed(value.split("-"))))
            case QuestionKind.TIME if value:
                self.person.type(value.replace(":", "\t"))
            case QuestionKind.NOTE:
                pass
            case _ if not value.isascii():  # no key of the desk's keyboard has these letters
                self.person.press_signs(value)
            case _:
                self.person.type(value)

    def _own_copy(self) -> FormSession:
        """Follow the form in the person's head: which question comes next, and what it is called."""
        holder = self.holder
        prefill = {
            "eid:personal_code": holder.personal_code,
            "eid:given_names": holder.given_names,
            "eid:surname": holder.surname,
            "eid:birth_date": holder.birth.isoformat(),
            "eid:sex": holder.sex.value,
            "eid:citizenship": holder.citizenship,
            "eid:document_number": holder.document_number,
        }
        now = datetime.now().astimezone()
        return FormSession(self.service.form, language=self.text.language, now=now, prefill=prefill)
