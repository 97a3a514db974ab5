# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person's way through a form: questions, answers, problems, and the instance at the end."""

import os
from collections.abc import Mapping
from datetime import datetime

from townhall_forms.body import Control, ControlKind, Group
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.errors import AnswerMisuseError, UnfinishedError
from townhall_forms.form import Form
from townhall_forms.instance_xml import write_document
from townhall_forms.questions import (
    Accepted,
    AnsweredLine,
    AnswerRefused,
    FormChoice,
    Problem,
    Question,
    QuestionKind,
    RefusalReason,
)
from townhall_forms.shown import shown_choices, shown_value
from townhall_forms.state import TRIGGERED, FormState, Randomness
from townhall_forms.texts import Text, show

_KINDS: Mapping[DataType, QuestionKind] = {
    DataType.INT: QuestionKind.INTEGER,
    DataType.DECIMAL: QuestionKind.DECIMAL,
    DataType.DATE: QuestionKind.DATE,
}


class FormSession:
    """One person filling in one form. No input or output; the clock is ``now`` and stands still.

    ``now`` carries the kiosk's offset: the form's "today" is the day on that clock. ``prefill`` holds values by key
    ("eid:surname"), dates in ISO form; keys that the form does not ask for are ignored, and a key without a value
    leaves the question to the person. ``randomness`` returns that many random bytes.
    """

    def __init__(
        self,
        form: Form,
        *,
        language: str,
        now: datetime,
        prefill: Mapping[str, str],
        randomness: Randomness = os.urandom,
    ) -> None:
        """Open the form.

        Raises:
            PrefillMisuseError: a prefilled value does not have the type of its question.
            EvaluationError: an expression of the form cannot work on the values it meets.
        """
        self._state = FormState(form, language=language, now=now, prefill=prefill, randomness=randomness)
        self._controls = {control.path: control for control in form.controls}

    @property
    def state(self) -> FormState:
        """The answers and everything computed from them; the centre's replay works on it."""
        return self._state

    @property
    def form(self) -> Form:
        """The form that is filled in."""
        return self._state.form

    @property
    def language(self) -> str:
        """The language in use: the nearest to the wanted one that the form has."""
        return self._state.environment.language

    def set_language(self, language: str) -> None:
        """Switch every text to ``language``, or to the nearest that the form has; answers stay."""
        self._state.set_language(language)

    def questions(self) -> tuple[Question, ...]:
        """Return the relevant questions and notes in the form's order."""
        return tuple(self._question(control) for control in self.form.controls if self._state.is_relevant(control.path))

    def question(self, ref: str) -> Question:
        """Return one relevant question.

        Raises:
            AnswerMisuseError: there is no such question now.
        """
        return self._question(self._asked(ref))

    def answer(self, ref: str, value: str) -> Accepted | AnswerRefused:
        """Take an answer, in the form that ``Question.value`` has; an empty one clears. A refused one changes nothing.

        Raises:
            AnswerMisuseError: the question is unknown, not relevant, read only, or a note.
            EvaluationError: an expression of the form cannot work on the answer.
        """
        control = self._asked(ref)
        if self._state.is_read_only(ref) or self._kind(control) is QuestionKind.NOTE:
            raise AnswerMisuseError("a question that takes no answer")
        text = self.read_answer(control, value)
        if text is None:
            return AnswerRefused(RefusalReason.TYPE, "")
        if not text and self._state.is_required(ref):
            return AnswerRefused(RefusalReason.REQUIRED, self._required_message(ref))
        node = self._state.nodes[ref]
        before, node.text = node.text, text
        try:
            is_allowed = self._state.meets_constraint(ref)
        finally:
            node.text = before
        if not is_allowed:
            return AnswerRefused(RefusalReason.CONSTRAINT, self._constraint_message(ref))
        self._state.put(ref, text)
        return Accepted()

    def read_answer(self, control: Control, value: str) -> str | None:
        """Return an answer as the instance holds it, or None if it has not the type of its question."""
        text = normalise(self._state.answer_type(control.path), value)
        match control.kind:
            case ControlKind.INPUT:
                return text
            case ControlKind.TRIGGER:
                return text if text in {"", TRIGGERED} else None
            case ControlKind.SELECT_ONE:
                return text if not text or text in self._state.offers(control) else None
            case ControlKind.SELECT_MANY:
                chosen, offered = set(value.split()), dict.fromkeys(self._state.offers(control))
                return " ".join(each for each in offered if each in chosen) if chosen <= offered.keys() else None

    def problems(self) -> tuple[Problem, ...]:
        """Return what keeps the form from being finished, in the form's order."""
        found: list[Problem] = []
        for control in self.form.controls:
            if self._state.is_relevant(control.path) and self._kind(control) is not QuestionKind.NOTE:
                problem = self._problem(control)
                if problem is not None:
                    found.append(problem)
        return tuple(found)

    def _problem(self, control: Control) -> Problem | None:
        ref = control.path
        value = self._state.value(ref)
        is_fixed = self._state.is_fixed(ref)
        if not value:
            if self._state.is_required(ref) and not self._state.is_read_only(ref):
                return Problem(ref, RefusalReason.REQUIRED, self._required_message(ref))
            return None
        if not is_fixed and self.read_answer(control, value) != value:
            return Problem(ref, RefusalReason.TYPE, "")
        if not self._state.meets_constraint(ref):
            return Problem(ref, RefusalReason.CONSTRAINT, self._constraint_message(ref))
        return None

    def answers(self) -> tuple[AnsweredLine, ...]:
        """Return every relevant question with its answer as people read it; notes are left out."""
        return tuple(
            AnsweredLine(
                ref=control.path,
                label=self._show(control.label, control.path),
                shown=self._shown(control),
                source=self._state.sources.get(control.path, ""),
                group=self._group_label(control.group),
            )
            for control in self.form.controls
            if self._state.is_relevant(control.path) and self._kind(control) is not QuestionKind.NOTE
        )

    def provenance(self) -> tuple[tuple[str, str], ...]:
        """Return (ref, source) of every relevant answer that stands as it was prefilled, in the form's order."""
        sources = self._state.sources
        return tuple(
            (ref, sources[ref]) for ref in self._state.nodes if ref in sources and self._state.is_relevant(ref)
        )

    def finish(self) -> bytes:
        """Return the instance as XML (UTF-8) without nodes that are not relevant; same answers, same bytes.

        Raises:
            UnfinishedError: ``problems()`` is not empty.
        """
        if self.problems():
            raise UnfinishedError("the form has problems left")
        return write_document(self._state.document.children[0], self.form.prefixes)

    # Presentation

    def _asked(self, ref: str) -> Control:
        control = self._controls.get(ref)
        if control is None or not self._state.is_relevant(ref):
            raise AnswerMisuseError("a question that is not asked now")
        return control

    def _question(self, control: Control) -> Question:
        ref = control.path
        kind = self._kind(control)
        return Question(
            ref=ref,
            label=self._show(control.label, ref),
            hint=self._show(control.hint, ref),
            kind=kind,
            value=self._state.value(ref),
            choices=self._choices(control),
            is_required=self._state.is_required(ref),
            is_read_only=kind is QuestionKind.NOTE or self._state.is_read_only(ref),
            source=self._state.sources.get(ref, ""),
        )

    def _kind(self, control: Control) -> QuestionKind:
        match control.kind:
            case ControlKind.SELECT_ONE:
                return QuestionKind.CHOOSE_ONE
            case ControlKind.SELECT_MANY:
                return QuestionKind.CHOOSE_MANY
            case ControlKind.TRIGGER:
                return QuestionKind.NOTE if self._state.is_fixed(control.path) else QuestionKind.CHOOSE_MANY
            case ControlKind.INPUT:
                return self._input_kind(control)

    def _input_kind(self, control: Control) -> QuestionKind:
        bind = self._state.bind(control.path)
        is_note = bind.readonly is not None and bind.readonly.is_always_true and not bind.prefill
        if is_note and not self._state.value(control.path):
            return QuestionKind.NOTE
        if bind.data_type in _KINDS:
            return _KINDS[bind.data_type]
        return QuestionKind.LONG_TEXT if "multiline" in control.appearance else QuestionKind.TEXT

    def _choices(self, control: Control) -> tuple[FormChoice, ...]:
        if control.kind is ControlKind.TRIGGER:
            # A trigger is one thing to confirm: its own label is the only choice.
            return (FormChoice(TRIGGERED, self._show(control.label, control.path)),)
        return self._state.choices(control)

    def _shown(self, control: Control) -> str:
        value = self._state.value(control.path)
        if control.kind is ControlKind.INPUT:
            return shown_value(self._state.bind(control.path).data_type, value, self.language)
        return shown_choices(value, self._choices(control), self.language)

    def _group_label(self, group: Group | None) -> str:
        while group is not None:
            label = self._show(group.label, group.path or self.form.root.path)
            if label:
                return label
            group = group.outer
        return ""

    def _show(self, text: Text | None, ref: str) -> str:
        return show(text, self.form.translations, self._state.environment, self._state.nodes[ref])

    def _required_message(self, ref: str) -> str:
        return self._show(self._state.bind(ref).required_message, ref)

    def _constraint_message(self, ref: str) -> str:
        return self._show(self._state.bind(ref).constraint_message, ref)
