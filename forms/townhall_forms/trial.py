# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Walks through a form in a terminal, one question after the other, for its author."""

from collections.abc import Callable

from townhall_forms.questions import AnswerRefused, Question, QuestionKind, RefusalReason, RepeatState
from townhall_forms.session import FormSession

_REASONS = {
    RefusalReason.REQUIRED: "an answer is needed",
    RefusalReason.TYPE: "not an answer of this kind",
    RefusalReason.CONSTRAINT: "not allowed",
}
_FORMS = {
    QuestionKind.DATE: "year-month-day",
    QuestionKind.TIME: "hours:minutes",
    QuestionKind.DATE_TIME: "year-month-dayThours:minutes",
    QuestionKind.PLACE: "latitude longitude",
    QuestionKind.LINE: "latitude longitude; latitude longitude; ...",
    QuestionKind.AREA: "latitude longitude; ...; the first again",
    QuestionKind.FILE: "a file's name",
    QuestionKind.CHOOSE_MANY: "values parted by spaces",
    QuestionKind.RANK: "all values, best first",
}


class Trial:
    """One walk. ``ask`` shows a line and returns what was typed, and raises ``EOFError`` where nothing more comes."""

    def __init__(self, session: FormSession, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
        self._session = session
        self._ask = ask
        self._say = say
        self._done: set[str] = set()
        self._closed: set[str] = set()  # repeats that take no more

    def walk(self) -> bytes | None:
        """Ask everything, and return the instance; None where the answers end before the form does."""
        try:
            while not self._is_finished():
                pass
        except EOFError:
            return None
        for line in self._session.answers():
            self._say(f"{line.label or line.ref}: {line.shown or '-'}")
        return self._session.finish()

    def _is_finished(self) -> bool:
        """Put the next thing to the person; say whether there is none."""
        repeat, question = self._open_repeat(), self._next_question()
        if repeat is not None and (question is None or question.repeat not in repeat.instances):
            self._offer(repeat)
            return False
        if question is not None:
            self._put(question)
            return False
        problems = self._session.problems()
        for problem in problems:
            self._say(f"{problem.ref}: {problem.message or _REASONS[problem.reason]}")
            self._done.discard(problem.ref)
        if problems and all(self._session.question(problem.ref).is_read_only for problem in problems):
            raise EOFError  # nobody can mend what the form computes itself
        return not problems

    def _next_question(self) -> Question | None:
        return next((each for each in self._session.questions() if each.ref not in self._done), None)

    def _open_repeat(self) -> RepeatState | None:
        """Return the repeat that may grow now: what is in it is answered; an empty one waits until all is."""
        question = self._next_question()
        refs = [each.ref for each in self._session.questions()]
        reached = len(refs) if question is None else refs.index(question.ref)
        for repeat in reversed(self._session.repeats()):
            inside = [number for number, ref in enumerate(refs) if ref.startswith(f"{repeat.ref}[")]
            is_reached = max(inside) < reached if inside else question is None
            if repeat.can_change and repeat.ref not in self._closed and is_reached:
                return repeat
        return None

    def _offer(self, repeat: RepeatState) -> None:
        label = repeat.label or repeat.ref
        if self._ask(f"Add to {label!r} ({len(repeat.instances)} so far)? y/N ").strip().lower() == "y":
            self._session.add_repeat(repeat.ref)
        else:
            self._closed.add(repeat.ref)

    def _put(self, question: Question) -> None:
        self._say(f"\n{question.label or question.ref}" + (" *" if question.is_required else ""))
        if question.hint:
            self._say(f"  ({question.hint})")
        for choice in question.choices:
            self._say(f"  {choice.value} = {choice.label}")
        if question.is_read_only:
            if question.value:
                self._say(f"  = {question.value}")
            self._done.add(question.ref)
            return
        typed = self._ask(self._prompt(question)).strip()
        outcome = self._session.answer(question.ref, typed or question.value)
        if isinstance(outcome, AnswerRefused):
            self._say(f"! {outcome.message or _REASONS[outcome.reason]}")
        else:
            self._done.add(question.ref)

    @staticmethod
    def _prompt(question: Question) -> str:
        expected = _FORMS.get(question.kind, question.kind.value)
        bounds = question.bounds
        if bounds is not None:
            expected = f"{bounds.start} to {bounds.end} by {bounds.step}"
        return f"[{expected}]" + (f" {question.value}" if question.value else "") + " > "
