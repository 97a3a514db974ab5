# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from a chosen service to the document that will be signed."""

from townhall_forms.questions import Question, QuestionKind, RefusalReason, RepeatState
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.visit.asking import asked_steps, step_at
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.answer_way import answer_way
from townhall_kiosk.visit.presenters.ballot_words import rank_words
from townhall_kiosk.visit.presenters.entry_words import date_words, keyboard_words, place_words, scale
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.presenters.repeat import how_many, instance_of, removal, repeat
from townhall_kiosk.visit.sources import answer_lines, correction_words, source_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import (
    Answer,
    Choice,
    ChoiceScreen,
    DocumentScreen,
    QuestionScreen,
    ReviewScreen,
    WorkingScreen,
)


def _opened(desk: Desk) -> tuple[Service, FormSession]:
    assert desk.service is not None  # noqa: S101  # the table opens these states only with a form on the desk
    assert desk.form is not None  # noqa: S101
    return desk.service, desk.form


def question(state: at.Answering, desk: Desk, around: Surroundings) -> QuestionScreen | ChoiceScreen:
    """One question, or one repeat."""
    text = around.text
    _service, form = _opened(desk)
    steps = asked_steps(form)
    asked = step_at(form, state.question)
    step = text("form.step", current=state.question + 1, total=len(steps))
    if isinstance(asked, RepeatState):
        if desk.removing in asked.instances:
            return removal(asked, desk.removing, form, around, step)
        return repeat(asked, form, around, step)
    value = state.refused if state.problem else asked.value
    heading = frame(
        around,
        asked.label,
        proceed=text("button.continue"),
        back=True,
        stop=True,
        step=" · ".join(part for part in (step, instance_of(asked, form)) if part),
    )
    way = answer_way(asked, value, desk.sought, around)
    return QuestionScreen(
        heading,
        way.kind,
        way.value,
        keyboard_words(around),
        date_words(around),
        hint=" ".join(part for part in (asked.hint, way.told) if part),
        source=source_words(asked.source, around),
        problem=state.problem,
        choices=way.choices,
        is_read_only=asked.is_read_only,
        paging=page_words(around),
        place=place_words(around) if asked.kind is QuestionKind.PLACE else None,
        scale=scale(asked, around),
        ranks=rank_words(text, len(asked.choices)) if asked.kind is QuestionKind.RANK else None,
    )


def review(desk: Desk, around: Surroundings) -> ReviewScreen:
    """All answers, each with a way to change it."""
    text = around.text
    _service, form = _opened(desk)
    answers = _answers(form, around)
    heading = frame(around, text("review.heading"), proceed=text("button.continue"), stop=True)
    left_open = sum(not line.shown for line in form.answers())
    told = [text("review.introduction")]
    if desk.is_provisional:
        told.append(text("trust.provisional"))
    if left_open:
        told.append(text.counted("review.left-open", left_open))
    return ReviewScreen(
        heading,
        answers,
        " ".join(told),
        text("page.previous"),
        text("page.next"),
        text("page.of", page="{page}", pages="{pages}"),
    )


def left_open(desk: Desk, around: Surroundings) -> ChoiceScreen:
    """What keeps the form from being finished: each question with the reason, which leads to it."""
    text = around.text
    _service, form = _opened(desk)
    steps = {step.ref: step for step in asked_steps(form)}
    problems = [(steps[problem.ref], problem) for problem in form.problems() if problem.ref in steps]
    choices = []
    for asked, problem in problems:
        own = "form.answer-needed" if problem.reason is RefusalReason.REQUIRED else "form.answer-unfit"
        instance = instance_of(asked, form) if isinstance(asked, Question) else ""
        label = " · ".join(part for part in (asked.label, instance) if part)
        choices.append(Choice(asked.ref, label, hint=problem.message or text(own)))
    return ChoiceScreen(
        frame(around, text.counted("mend.heading", len(choices)), proceed=text("review.heading"), stop=True),
        tuple(choices),
        introduction=text("mend.introduction"),
        paging=page_words(around),
    )


def _answers(form: FormSession, around: Surroundings) -> tuple[Answer, ...]:
    """Every answer, and behind those of a repeat how many there are."""
    text, steps = around.text, asked_steps(form)
    changeable = {asked.ref for asked in steps}
    answers = [
        Answer(
            line.ref,
            line.label,
            answer_lines(line, around),
            text("review.change") if line.ref in changeable else None,
            correction_words(line, around),
        )
        for line in form.answers()
    ]
    for position, asked in enumerate(steps):
        if isinstance(asked, RepeatState):
            heading = asked.label or text("repeat.heading")
            before = [step.ref for step in steps[:position]]
            inside = [number for number, answer in enumerate(answers, 1) if answer.id.startswith(f"{asked.ref}[")]
            earlier = [number for number, answer in enumerate(answers, 1) if answer.id in before]
            place = max(inside or earlier, default=0)
            answers.insert(place, Answer(asked.ref, heading, how_many(asked, around), text("review.change")))
    return tuple(answers)


def making_document(around: Surroundings) -> WorkingScreen:
    """The document is being made."""
    text = around.text
    return WorkingScreen(
        frame(around, text("making.heading"), ways=False), (text("making.step"),), 0, text("working.leave-card")
    )


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
