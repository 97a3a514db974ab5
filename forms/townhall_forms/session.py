# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person's way through a form: questions, answers, problems, and the instance at the end."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from townhall_forms.answering import read_answer, with_offset
from townhall_forms.controls import Control, all_repeats
from townhall_forms.display import Display
from townhall_forms.errors import AnswerMisuseError, UnfinishedError
from townhall_forms.form import Form
from townhall_forms.instance_xml import write_document
from townhall_forms.nodes import Node
from townhall_forms.questions import (
    Accepted,
    AnsweredLine,
    AnswerRefused,
    Problem,
    Question,
    QuestionKind,
    RefusalReason,
    RepeatState,
)
from townhall_forms.record import SEED_BYTES, SessionRecord, with_plain_offset
from townhall_forms.repeats import Repeat
from townhall_forms.state import FormState
from townhall_forms.tree import Placed
from townhall_forms.xpath.values import to_boolean

Randomness: TypeAlias = Callable[[int], bytes]


class FormSession:
    """One person filling in one form. No input or output; the clock is ``now`` and stands still.

    ``now`` carries the kiosk's offset: the form's "today" is the day on that clock. ``prefill`` holds values by key
    ("eid:surname"), dates in ISO form; keys that the form does not ask for are ignored, and a key without a value
    leaves the question to the person. ``randomness`` returns that many random bytes; it is asked once.
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
        record = SessionRecord(with_plain_offset(now), randomness(SEED_BYTES))
        self._state = FormState(form, language=language, record=record, prefill=prefill)
        self._display = Display(self._state)

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
        """Return the relevant questions and notes in the form's order, those of every instance of a repeat."""
        return tuple(self._display.question(ref, *placed) for ref, placed in self._relevant())

    def question(self, ref: str) -> Question:
        """Return one relevant question.

        Raises:
            AnswerMisuseError: there is no such question now.
        """
        return self._display.question(ref, *self._asked(ref))

    def answer(self, ref: str, value: str) -> Accepted | AnswerRefused:
        """Take an answer, in the form that ``Question.value`` has; an empty one clears. A refused one changes nothing.

        Raises:
            AnswerMisuseError: the question is unknown, not relevant, read only, or a note.
            EvaluationError: an expression of the form cannot work on the answer.
        """
        control, node = self._asked(ref)
        if self._state.is_read_only(ref) or self._display.kind(control, node) is QuestionKind.NOTE:
            raise AnswerMisuseError("a question that takes no answer")
        data_type = self._state.answer_type(node)
        text = with_offset(self.read_answer(control, node, value), data_type, self._state.environment.now)
        if text is None:
            return AnswerRefused(RefusalReason.TYPE, "")
        if not text and self._state.is_required(ref):
            return AnswerRefused(RefusalReason.REQUIRED, self._display.required_message(node))
        before, node.text = node.text, text
        try:
            is_allowed = self._state.meets_constraint(ref)
        finally:
            node.text = before
        if not is_allowed:
            return AnswerRefused(RefusalReason.CONSTRAINT, self._display.constraint_message(node))
        self._state.put(ref, text)
        return Accepted()

    def read_answer(self, control: Control, node: Node, value: str) -> str | None:
        """Return an answer as the instance holds it, or None if it has not the type of its question."""
        return read_answer(control, self._state.answer_type(node), value, self._state.offers.values(node))

    # Repeats

    def repeats(self) -> tuple[RepeatState, ...]:
        """Return the repeats of the body that are asked now, outer ones first, one for every parent."""
        found: list[RepeatState] = []
        for item in all_repeats(self.form.items):
            repeat = self.form.repeats[item.path]
            for parent in self._state.tree.at(item.path.rpartition("/")[0]):
                if self._is_asked(repeat, parent):
                    instances = [each for each in repeat.instances(parent) if each.is_relevant]
                    can_change = repeat.count is None and not repeat.is_fixed
                    refs = tuple(self._state.tree.refs[each] for each in instances)
                    label = self._display.repeat_label(item, instances[0] if instances else parent)
                    above = self._state.tree.refs[parent]
                    found.append(RepeatState(f"{above}/{repeat.template.local}", label, refs, can_change))
        return tuple(found)

    def _is_asked(self, repeat: Repeat, parent: Node) -> bool:
        """Say whether a repeat is asked under ``parent``: some instance is relevant, or the first one would be."""
        instances = repeat.instances(parent)
        if not parent.is_relevant or instances:
            return parent.is_relevant and any(each.is_relevant for each in instances)
        bind = self.form.binds.get(repeat.path)
        if bind is None or bind.relevant is None:
            return True
        asking = repeat.template.copy()
        asking.parent = parent
        return to_boolean(bind.relevant.run(self._state.environment, asking))

    def add_repeat(self, ref: str) -> str:
        """Add an instance to a repeat, by its ``RepeatState.ref``, and return the new instance's ref.

        Raises:
            AnswerMisuseError: no such repeat is asked now, or the form adds by itself.
            EvaluationError: there are too many.
        """
        if not any(each.ref == ref and each.can_change for each in self.repeats()):
            raise AnswerMisuseError("a repeat that takes no more")
        parent = self._state.nodes[ref.rpartition("/")[0]]
        repeat = self.form.repeats[f"{parent.path}/{ref.rpartition('/')[2]}"]
        node = self._state.add(repeat, parent)
        return self._state.tree.refs[node]

    def remove_repeat(self, ref: str) -> None:
        """Remove an instance of a repeat, by its own ref; those behind it move up.

        Raises:
            AnswerMisuseError: no such instance is asked now, or the form removes by itself.
        """
        if not any(ref in each.instances and each.can_change for each in self.repeats()):
            raise AnswerMisuseError("a repeat that stays")
        self._state.remove(self._state.nodes[ref])

    # The end

    def problems(self) -> tuple[Problem, ...]:
        """Return what keeps the form from being finished, in the form's order."""
        found = (self._problem(ref, *placed) for ref, placed in self._relevant() if not self._display.is_note(*placed))
        return tuple(problem for problem in found if problem is not None)

    def _problem(self, ref: str, control: Control, node: Node) -> Problem | None:
        if not node.text:
            if self._state.is_required(ref) and not self._state.is_read_only(ref):
                return Problem(ref, RefusalReason.REQUIRED, self._display.required_message(node))
            return None
        if not self._state.is_fixed(node) and self.read_answer(control, node, node.text) != node.text:
            return Problem(ref, RefusalReason.TYPE, "")
        if not self._state.meets_constraint(ref):
            return Problem(ref, RefusalReason.CONSTRAINT, self._display.constraint_message(node))
        return None

    def answers(self) -> tuple[AnsweredLine, ...]:
        """Return every relevant question with its answer as people read it; notes are left out."""
        return tuple(
            self._line(ref, control, node)
            for ref, (control, node) in self._relevant()
            if not self._display.is_note(control, node)
        )

    def _line(self, ref: str, control: Control, node: Node) -> AnsweredLine:
        corrected, stated = self._state.correction(node) or ("", "")
        return AnsweredLine(
            ref=ref,
            label=self._display.show(control.label, node),
            shown=self._display.shown(control, node, node.text),
            source=self._state.sources.get(node, ""),
            corrects=corrected,
            stated=self._display.shown(control, node, stated) if stated else "",
            group=self._display.group_label(control.group, node),
        )

    def provenance(self) -> tuple[tuple[str, str], ...]:
        """Return (ref, source) of every relevant answer that stands as it was prefilled, in the form's order."""
        sources = self._state.sources
        return tuple(
            (ref, sources[node]) for ref, node in self._state.nodes.items() if node in sources and node.is_relevant
        )

    def corrections(self) -> tuple[tuple[str, str], ...]:
        """Return (ref, source) of every relevant answer that is not what its source states, in the form's order."""
        found = ((ref, self._state.correction(node)) for ref, node in self._state.nodes.items())
        return tuple((ref, correction[0]) for ref, correction in found if correction is not None)

    def finish(self) -> bytes:
        """Return the instance as XML (UTF-8) without nodes that are not relevant; same answers, same bytes.

        Raises:
            UnfinishedError: ``problems()`` is not empty.
        """
        if self.problems():
            raise UnfinishedError("the form has problems left")
        return write_document(self._state.tree.root, self.form.prefixes)

    def record(self) -> SessionRecord:
        """Return what the centre needs besides the instance to compute it again exactly."""
        return self._state.finished_record()

    def _relevant(self) -> list[tuple[str, Placed]]:
        return [(ref, placed) for ref, placed in self._state.tree.placed.items() if placed[1].is_relevant]

    def _asked(self, ref: str) -> Placed:
        placed = self._state.tree.placed.get(ref)
        if placed is None or not placed[1].is_relevant:
            raise AnswerMisuseError("a question that is not asked now")
        return placed
