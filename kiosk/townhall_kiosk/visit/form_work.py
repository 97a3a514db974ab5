# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does with the form: open it, answer it, make the document of it."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from townhall_crypto.trust_verdict import Outcome
from townhall_forms.document import DocumentModel, document_text, render_document
from townhall_forms.document_pictures import page_pictures
from townhall_forms.errors import PrefillMisuseError
from townhall_forms.page import PageSigner, page_model
from townhall_forms.page_words import PageWords
from townhall_forms.questions import AnswerRefused, Question, QuestionKind, RefusalReason, RepeatState
from townhall_forms.record import PageFacts, with_plain_offset
from townhall_forms.registers.register import asked_values
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Clock
from townhall_kiosk.visit.asking import Asked, RepeatChange, asked_steps, read_choice, step_at
from townhall_kiosk.visit.choice_search import SEARCH_AGAIN, Sought, find, found_of, is_searched
from townhall_kiosk.visit.desk import Desk, Document
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import PinRole

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class FormWork:
    """Works on the form of the desk."""

    desk: Desk
    around: Surroundings
    clock: Clock
    fonts: Path

    def open(self, job: do.OpenService) -> on.Event:
        """Put the form on the desk, filled in from the card where the form says so."""
        service = next((service for service in self.around.services if service.id == job.service), None)
        identity = self.desk.identity
        if service is None or identity is None:
            raise VisitError("no such service, or nobody to serve")
        verdict = self.desk.verdicts.get(service.id)
        if verdict is None or verdict.outcome is Outcome.REFUSED:
            return on.CardFailed(CardProblem.UNCERTAIN)
        self.desk.service = service
        self._fill_in(service, prefill_of(identity))
        return on.ServiceOpened(has_local_facts=self.around.local_facts(service.id) is not None)

    def _fill_in(self, service: Service, of_card: Mapping[str, str]) -> None:
        """Open the form with what the card and the registers state; without these where their values do not fit it."""
        asked = asked_values(service.form)
        known = {name: each for name, each in self.desk.known.items() if name in asked}
        values = {key: value for each in known.values() for key, value in each.values.items()}
        now, language = self.clock.now(), self.around.language
        self.desk.told = tuple(each.statement.disclosing(asked[name]) for name, each in known.items())
        try:
            self.desk.form = FormSession(service.form, language=language, now=now, prefill={**of_card, **values})
        except PrefillMisuseError as exc:
            if not values:
                raise
            _log.warning("%s: %s: registers are left out", exc.code, service.id)
            self.desk.told = ()
            self.desk.form = FormSession(service.form, language=language, now=now, prefill=of_card)

    def answer(self, job: do.GiveAnswer, *, is_changing: bool) -> on.Event:
        """Hand one answer to the form and find what follows."""
        form = self._form()
        asked = step_at(form, job.question)
        if isinstance(asked, RepeatState):  # a second touch, when the first has led on
            return on.AnswerAccepted(job.question, job.question)
        shown = {choice.value for choice in found_of(asked, self.desk.sought)}
        if is_searched(asked) and job.value and job.value not in shown:
            return self._search(asked, job)
        if asked.kind is not QuestionKind.NOTE:
            outcome = form.answer(asked.ref, job.value)
            if isinstance(outcome, AnswerRefused):
                return on.AnswerRefused(job.question, job.value, outcome.message or self._own_words(outcome.reason))
        return on.AnswerAccepted(job.question, _following(form, asked.ref, is_changing=is_changing))

    def _search(self, asked: Question, job: do.GiveAnswer) -> on.Event:
        """Look for what was typed, or ask anew; a second touch, when what is found is shown already, does nothing."""
        if job.value == SEARCH_AGAIN:
            self.desk.sought = None
        elif not found_of(asked, self.desk.sought):
            if not find(asked.choices, job.value):
                return on.AnswerRefused(job.question, job.value, self.around.text("search.none"))
            self.desk.sought = Sought(asked.ref, job.value)
        return on.AnswerAccepted(job.question, job.question)

    def change_repeat(self, job: do.ChangeRepeat, *, is_changing: bool) -> on.Event:
        """Add, open or remove an instance of a repeat, or go on, and find what follows.

        Before one is removed the person is asked once more. A second touch in the moment of the first changes nothing.
        """
        form, removing = self._form(), self.desk.removing
        asked, self.desk.removing = step_at(form, job.question), ""
        following: int | None = job.question
        try:
            change, instance = _read(asked, job.chosen)
            is_answer = change in {RepeatChange.KEEP, RepeatChange.REMOVE_NOW}
            if is_answer is not bool(removing) or (is_answer and instance != removing):
                raise ValueError("an answer to another question")  # noqa: TRY301  # as any touch that came late
            if change is RepeatChange.REMOVE:
                self.desk.removing = instance
            else:
                following = _change_repeat(form, asked, change, instance, is_changing=is_changing)
        except ValueError:
            self.desk.removing = removing
        return on.AnswerAccepted(job.question, following)

    def _own_words(self, reason: RefusalReason) -> str:
        which = "form.answer-needed" if reason is RefusalReason.REQUIRED else "form.answer-unfit"
        return self.around.text(which)

    async def make_document(self) -> on.Event:
        """Make the document, and pictures of these very bytes for the screen."""
        contents = self.desk.contents
        if contents is None:
            raise VisitError("nobody to sign")
        if (missing := _first_problem(self._form())) is not None:  # a change brought up a question that was left open
            return on.AnswerMissing(missing, is_only_one=len(self._form().problems()) == 1)
        facts = PageFacts(self.around.place, with_plain_offset(self.clock.now().replace(microsecond=0)))
        model = self._model(facts)
        # A page takes longer than a tap may wait for its answer, and typst works outside the interpreter's lock.
        pdf = await asyncio.to_thread(render_document, model, self.fonts)
        pages = await asyncio.to_thread(page_pictures, pdf)
        self.desk.document = Document(pdf, pages, "\n".join(document_text(model, self.fonts)), facts)
        return on.DocumentMade(contents.tries[PinRole.SIGNATURE].left)

    def _model(self, facts: PageFacts) -> DocumentModel:
        form, service, identity, text = self._form(), self.desk.service, self.desk.identity, self.around.text
        if service is None or identity is None:
            raise VisitError("no service")
        words = PageWords.of(text.language, text.pattern)
        signer = PageSigner(identity.given_names, identity.surname, identity.personal_code)
        extracts = {name: register.named for name, register in self.around.registers.items()}
        return page_model(service, words, facts, signer, form.answers(), form.finish(), extracts)

    def _form(self) -> FormSession:
        if self.desk.form is None:
            raise VisitError("no form is open")
        return self.desk.form


def _read(asked: Asked, chosen: str) -> tuple[RepeatChange, str]:
    """Return what was chosen.

    Raises:
        ValueError: it was chosen on a screen that is not there any more.
    """
    if not isinstance(asked, RepeatState):
        raise ValueError("no repeat")  # noqa: TRY004  # a touch that came late is no mistake of a caller
    return read_choice(chosen, asked)


def _change_repeat(
    form: FormSession, asked: Asked, change: RepeatChange, instance: str, *, is_changing: bool
) -> int | None:
    """Do what was chosen, and return the step that follows."""
    match change:
        case RepeatChange.NONE:
            return _following(form, asked.ref, is_changing=is_changing)
        case RepeatChange.ADD:
            instance = form.add_repeat(asked.ref)
        case RepeatChange.REMOVE_NOW:
            form.remove_repeat(instance)
            instance = ""
        case RepeatChange.KEEP | RepeatChange.REMOVE:
            instance = ""
        case RepeatChange.CHANGE:
            pass
        case _:
            assert_never(change)
    steps = asked_steps(form)
    inside = (number for number, step in enumerate(steps) if instance and step.ref.startswith(f"{instance}/"))
    return next(inside, _position(steps, asked.ref))


def _position(steps: tuple[Asked, ...], ref: str) -> int:
    return next(number for number, step in enumerate(steps) if step.ref == ref)


def _following(form: FormSession, ref: str, *, is_changing: bool) -> int | None:
    """Return the next step; after the last, or after a change, the first question that still has a problem.

    A change inside a repeat goes on through its instance to the repeat itself: a new instance is asked as a whole.
    """
    steps = asked_steps(form)
    following = _position(steps, ref) + 1
    repeats = [step for step in steps if isinstance(step, RepeatState)]
    is_inside = any(ref.startswith(f"{instance}/") for repeat in repeats for instance in repeat.instances)
    return following if following < len(steps) and (is_inside or not is_changing) else _first_problem(form)


def _first_problem(form: FormSession) -> int | None:
    """Return the first question that keeps the form from being finished."""
    problems = {problem.ref for problem in form.problems()}
    return next((position for position, asked in enumerate(asked_steps(form)) if asked.ref in problems), None)


def prefill_of(identity: Identity) -> dict[str, str]:
    """Return what a form may ask of the card, under the names of docs/formats/service.md."""
    stated = identity.stated
    return {
        "eid:personal_code": identity.personal_code,
        "eid:given_names": identity.given_names,
        "eid:surname": identity.surname,
        "eid:birth_date": identity.birth_date.isoformat() if identity.birth_date else "",
        "eid:sex": stated.sex,
        "eid:citizenship": stated.nationality,
        "eid:document_number": stated.document_number,
    }
