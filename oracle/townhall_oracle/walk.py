# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person who answers at random, and the same answers given to another engine."""

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hypothesis import strategies as st

from townhall_forms.form import Form
from townhall_forms.instance_xml import write_document
from townhall_forms.questions import Accepted, Question, QuestionKind, RepeatState
from townhall_forms.session import FormSession
from townhall_oracle.engines import Engine

NOW: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
MOST_INSTANCES: Final = 4
_TEXTS: Final = ("text", "a", "2", "yes", "Mari", "10", "a b", "šõ")
_ANSWERS: Final[Mapping[QuestionKind, tuple[str, ...]]] = {
    QuestionKind.INTEGER: ("7", "0", "1", "18", "100", "3", "-2"),
    QuestionKind.DECIMAL: ("7", "0.5", "2.25", "18", "-1.5"),
    QuestionKind.DATE: ("2026-11-22", "2000-02-29", "1970-01-01"),
    QuestionKind.TIME: ("10:30", "00:00", "23:59"),
    QuestionKind.DATE_TIME: ("2026-11-22T10:30", "2000-02-29T00:00"),
    QuestionKind.PLACE: ("59.4 24.7", "-1.5 0 3 4"),
    QuestionKind.LINE: ("59 24; 58 24",),
    QuestionKind.AREA: ("59 24; 58 24; 58 25; 59 24",),
}
_CLEARS: Final = 11
"""One answer in so many takes back what was there."""


class Act(enum.Enum):
    """What a person does next."""

    ANSWER = "answer"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; where and with what follow from the form as it stands then."""

    act: Act
    where: int
    what: int


NUMBERS: Final = st.integers(0, 1_000_000)
ACTS: Final = st.sampled_from([*[Act.ANSWER] * 8, Act.ADD, Act.REMOVE])
STEPS: Final = st.lists(st.builds(Step, ACTS, NUMBERS, NUMBERS), max_size=20)


class Walk:
    """One session of ours and one of theirs."""

    def __init__(self, form: Form, engine: Engine) -> None:
        """``engine`` has just opened the same form."""
        self._session = FormSession(form, language=form.default_language or "en", now=NOW, prefill={})
        self._engine = engine
        self.done: list[str] = []  # the steps, for whoever reads a difference

    def take(self, step: Step) -> None:
        """Take a step in both, if there is anything to do there; what ours refuses is not asked of theirs.

        Raises:
            EngineRefusedError: theirs does not.
        """
        match step.act:
            case Act.ANSWER:
                self._answer(step)
            case Act.ADD:
                self._add(step)
            case Act.REMOVE:
                self._remove(step)

    def instance(self) -> bytes:
        """Return ours as XML, finished or not."""
        return write_document(self._session.state.tree.root, self._session.form.prefixes)

    def _answer(self, step: Step) -> None:
        asked = [each for each in self._session.questions() if _can_answer(each)]
        if not asked:
            return
        question = asked[step.where % len(asked)]
        if self._session.answer(question.ref, _value(question, step.what)) == Accepted():
            held = self._session.state.value(question.ref)
            self.done.append(f"{question.ref} = {held!r}")
            self._engine.put(question.ref, held)

    def _add(self, step: Step) -> None:
        if repeats := [each for each in self._repeats() if len(each.instances) < MOST_INSTANCES]:
            ref = repeats[step.where % len(repeats)].ref
            self.done.append(f"add {ref}")
            self._session.add_repeat(ref)
            self._engine.add(ref)

    def _remove(self, step: Step) -> None:
        if repeats := [each for each in self._repeats() if each.instances]:
            repeat = repeats[step.where % len(repeats)]
            position = step.what % len(repeat.instances)
            self.done.append(f"remove {repeat.instances[position]}")
            self._session.remove_repeat(repeat.instances[position])
            self._engine.remove(repeat.ref, position + 1)

    def _repeats(self) -> list[RepeatState]:
        return [each for each in self._session.repeats() if each.can_change]


def _can_answer(question: Question) -> bool:
    # A file is not given as text to an engine made for browsers.
    return not question.is_read_only and question.kind not in {QuestionKind.NOTE, QuestionKind.FILE}


def _value(question: Question, number: int) -> str:
    values = [choice.value for choice in question.choices]
    if number % _CLEARS == 0:
        return ""
    match question.kind:
        case QuestionKind.CHOOSE_ONE:
            return values[number % len(values)] if values else ""
        case QuestionKind.CHOOSE_MANY:
            return " ".join(value for place, value in enumerate(values) if number >> place & 1)
        case QuestionKind.RANK:
            # Any order will do: nothing here is a secret.
            return " ".join(random.Random(number).sample(values, len(values)))  # noqa: S311
        case QuestionKind.RANGE if question.bounds is not None:
            return str(question.bounds.start)
        case kind:
            answers = _ANSWERS.get(kind, _TEXTS)
            return answers[number % len(answers)]
