# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody who cannot see goes through the change-of-address visit: by headphones and a keyboard, and by nothing else.

They know their own answers, the words of their language, and where the reader is. All they learn of the kiosk is what
the speech service was told to say; all they do is press keys, and put their card in and take it out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from townhall_forms.questions import Question, QuestionKind
from townhall_kiosk.demo.ears import EarsAndFingers
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import World
from townhall_kiosk.texts import Texts


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """What somebody answers to a question: words to type, or choices by their names."""

    kind: QuestionKind
    words: tuple[str, ...]


@dataclass(slots=True)
class Listener:
    """One person; ``answers`` are by the question as it is asked in their language."""

    by: EarsAndFingers
    text: Texts
    service: str
    answers: Mapping[str, KnownAnswer]
    insert_card: Callable[[], None]
    remove_card: Callable[[], None]
    pin1: str = "1234"
    pin2: str = "12345"
    access_number: str = ""  # of a card that is held to the reader; known by heart

    def visit(self) -> str:
        """Go through the visit; return what was said about the receipt."""
        text, by = self.text, self.by
        by.enter(text("attract.touch"), is_whole=False)
        by.press_on(text("attract.touch"))
        by.enter(text("insert-card.heading"))
        self.insert_card()
        if self.access_number:
            by.give_pin(text("access-number.heading"), self.access_number)
        by.give_pin(text("pin1.heading"), self.pin1)
        by.enter(text("services.heading", name=""))
        by.press_on(self.service)
        self._answer_all()
        by.press_on(text("button.continue"))
        by.enter(text("document.heading"))
        by.press_on(text("document.button"))
        by.give_pin(text("pin2.heading"), self.pin2)
        receipt = by.enter(text("receipt.heading"))
        by.press_on(text("receipt.finish"))
        by.enter(text("take-card.heading"))
        self.remove_card()
        by.enter(text("thanks.heading"))
        return receipt

    def _answer_all(self) -> None:
        """Answer what is asked, until the answers are to be checked."""
        review = self.text("review.heading")
        while True:
            told = self.by.enter(*self.answers, review)
            asked = next((label for label in self.answers if told.startswith(label)), None)
            if asked is None:
                return
            self._answer(asked, self.answers[asked])
            self.by.press_on(self.text("button.continue"))

    def _answer(self, asked: str, answer: KnownAnswer) -> None:
        if answer.kind in {QuestionKind.CHOOSE_ONE, QuestionKind.CHOOSE_MANY}:
            for words in answer.words:
                self.by.go_to(words)
                self.by.press("Space")
            return
        if answer.words:
            is_date = answer.kind is QuestionKind.DATE
            self.by.press("Backtab")  # what is typed into comes first, so it is one step away
            self.by.go_to(f"{asked} {self.text('date.day')}" if is_date else asked)
        for number, words in enumerate(answer.words):
            if number:
                self.by.press("Tab")
            self.by.type(words)


def listener_of(world: World, visitor: Visitor) -> Listener:
    """Return somebody who knows what ``visitor`` knows, and has ears and fingers only."""
    return Listener(
        by=EarsAndFingers(world.speech, world.person),
        text=visitor.text,
        service=visitor.service.titles[visitor.text.language],
        answers={
            asked.label: KnownAnswer(asked.kind, _words_of(asked, value)) for asked, value in visitor.known_answers()
        },
        insert_card=visitor.insert_card,
        remove_card=visitor.remove_card,
        access_number=visitor.access_number,
    )


def _words_of(asked: Question, value: str) -> tuple[str, ...]:
    match asked.kind:
        case QuestionKind.CHOOSE_ONE | QuestionKind.CHOOSE_MANY:
            labels = {choice.value: choice.label for choice in asked.choices}
            return tuple(labels[chosen] for chosen in value.split())
        case QuestionKind.DATE:
            return tuple(reversed(value.split("-")))
        case _:
            return (value,) if value else ()
