# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from the services to the document that will be signed."""

from townhall_forms.questions import Question
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.visit.asking import asked_questions
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import (
    Answer,
    Choice,
    ChoiceScreen,
    DateWords,
    DocumentScreen,
    EntryKind,
    KeyboardWords,
    QuestionScreen,
    ReviewScreen,
    WorkingScreen,
)


def services(desk: Desk, around: Surroundings) -> ChoiceScreen:
    """What this person can do here."""
    text, language = around.text, around.language
    assert desk.identity is not None  # noqa: S101  # the table opens this state only after PIN 1 was accepted
    choices = tuple(
        Choice(service.id, service.titles[language], hint=service.summaries[language]) for service in around.services
    )
    heading = text("services.heading", name=f"{desk.identity.given_names} {desk.identity.surname}")
    return ChoiceScreen(
        frame(around, heading, stop=True),
        choices,
        introduction=text("services.introduction"),
        paging=page_words(around),
    )


def _opened(desk: Desk) -> tuple[Service, FormSession]:
    assert desk.service is not None  # noqa: S101  # the table opens these states only with a form on the desk
    assert desk.form is not None  # noqa: S101
    return desk.service, desk.form


def question(state: at.Answering, desk: Desk, around: Surroundings) -> QuestionScreen:
    """One question."""
    text = around.text
    _service, form = _opened(desk)
    questions = asked_questions(form)
    asked = questions[state.question]
    value = state.refused if state.problem else asked.value
    heading = frame(
        around,
        asked.label,
        proceed=text("button.continue"),
        back=True,
        stop=True,
        step=text("form.step", current=state.question + 1, total=len(questions)),
    )
    return QuestionScreen(
        heading,
        EntryKind(asked.kind.value),
        value,
        _keyboard_words(around),
        DateWords(text("date.day"), text("date.month"), text("date.year")),
        hint=asked.hint,
        source=text("form.from-card") if asked.source else "",
        problem=state.problem,
        choices=_choices(asked, value),
        is_read_only=asked.is_read_only,
        paging=page_words(around),
    )


def _choices(asked: Question, value: str) -> tuple[Choice, ...]:
    chosen = value.split()
    return tuple(Choice(choice.value, choice.label, is_chosen=choice.value in chosen) for choice in asked.choices)


def _keyboard_words(around: Surroundings) -> KeyboardWords:
    text = around.text
    return KeyboardWords(
        space=text("key.space"),
        delete=text("key.delete"),
        shift=text("key.shift"),
        more_letters=text("key.more-letters"),
        symbols=text("key.symbols"),
        letters=text("key.letters"),
    )


def review(desk: Desk, around: Surroundings) -> ReviewScreen:
    """All answers, each with a way to change it."""
    text = around.text
    _service, form = _opened(desk)
    changeable = {asked.ref for asked in asked_questions(form)}
    answers = tuple(
        Answer(
            line.ref,
            line.label,
            line.shown or text("review.not-answered"),
            text("review.change") if line.ref in changeable else None,
        )
        for line in form.answers()
    )
    heading = frame(around, text("review.heading"), proceed=text("button.continue"), stop=True)
    return ReviewScreen(
        heading,
        answers,
        text("review.introduction"),
        text("page.previous"),
        text("page.next"),
        text("page.of", page="{page}", pages="{pages}"),
    )


def making_document(around: Surroundings) -> WorkingScreen:
    """The document is being made."""
    text = around.text
    return WorkingScreen(frame(around, text("making.heading")), (text("making.step"),), 0, text("working.leave-card"))


def document(desk: Desk, around: Surroundings) -> DocumentScreen:
    """Exactly what will be signed."""
    text = around.text
    assert desk.document is not None  # noqa: S101  # the table opens this state only with a document on the desk
    heading = frame(around, text("document.heading"), proceed=text("document.button"), back=True, stop=True)
    return DocumentScreen(
        heading,
        desk.document.pages,
        desk.document.text,
        text("document.introduction"),
        text("page.previous"),
        text("page.next"),
        text("page.of", page="{page}", pages="{pages}"),
    )
