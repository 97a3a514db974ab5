# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's check of answers: could this form have produced them?

The form is run again: every answer that a person could have given is put into a fresh state, everything else is
computed, and the two instances are compared node by node. With the session's record the clock and every value of
chance are computed again too. Without it, what depends on them (``uuid()``, ``now()``, time stamps) is taken over after
a check of its shape; as is what depends on the order of the answers (``once()`` of an answer, values set by an event).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from townhall_forms.actions import Event
from townhall_forms.binds import Preload
from townhall_forms.controls import Control, ControlKind
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.errors import EvaluationError, InstanceFault, InstanceProblem, InstanceRefusedError
from townhall_forms.form import Form
from townhall_forms.given import Given, are_rising, births_of, is_same_element, match, number_repeats
from townhall_forms.instance_xml import read_document, write_document
from townhall_forms.markup import MarkupLimitError, MarkupRefusedError, parse_xml
from townhall_forms.nodes import Node
from townhall_forms.questions import AnsweredLine, RefusalReason
from townhall_forms.record import SEED_BYTES, SessionRecord
from townhall_forms.session import FormSession
from townhall_forms.tree import places
from townhall_forms.xpath.values import parse_moment

MAX_INSTANCE_BYTES = 1024 * 1024
MAX_REASONS = 100
LONGEST_SESSION = timedelta(hours=4)  # between opening the form and ``now``
CLOCK_STEP = timedelta(minutes=2)  # that the clock may have been set back while the form was open
_MAX_BIRTH = 1_000_000
_WESTERNMOST = timedelta(hours=12)
_EASTERNMOST = timedelta(hours=14)

_INSTANCE_ID = re.compile(r"uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_FAULTS: Mapping[RefusalReason, InstanceFault] = {
    RefusalReason.REQUIRED: InstanceFault.REQUIRED,
    RefusalReason.TYPE: InstanceFault.WRONG_TYPE,
    RefusalReason.CONSTRAINT: InstanceFault.CONSTRAINT,
}


@dataclass(frozen=True, slots=True)
class RevalidatedInstance:
    """Answers that the form could have produced."""

    answers: tuple[AnsweredLine, ...]
    instance: bytes  # written anew from the checked nodes
    provenance: tuple[tuple[str, str], ...]  # as ``FormSession.provenance``
    corrections: tuple[tuple[str, str], ...] = ()  # as ``FormSession.corrections``


def revalidate(  # noqa: PLR0913  # each is stated by another: publisher, citizen, card, envelope, kiosk
    form: Form,
    untrusted_instance: bytes,
    prefill: Mapping[str, str] | None,
    now: datetime,
    *,
    language: str = "",
    record: SessionRecord | None = None,
) -> RevalidatedInstance:
    """Run the form's logic over an instance and return what it says.

    ``now`` is when the form was finished, with the kiosk's offset. ``record`` are the circumstances that the kiosk
    states; its clock must lie within ``LONGEST_SESSION`` before ``now``. Where there is none, a form opened on the day
    before counts too, and a ``now`` in ``datetime.UTC`` says that the offset is not known: then every day counts that
    it was on some kiosk of the world. ``prefill`` is what the card is known to have stated, None where that is not
    known: then prefilled answers are checked like answers. ``language`` is the session's, the form's default if empty.

    Raises:
        InstanceRefusedError: the form could not have produced it; ``reasons`` says why, at most ``MAX_REASONS``.
        EvaluationError: an expression of the form fails before any answer.
        PrefillMisuseError: ``prefill`` holds a value that does not fit its question.
    """
    try:
        root = read_document(parse_xml(untrusted_instance, max_bytes=MAX_INSTANCE_BYTES)).children[0]
    except MarkupLimitError:
        raise InstanceRefusedError((InstanceProblem("", InstanceFault.TOO_LARGE),)) from None
    except MarkupRefusedError:
        raise InstanceRefusedError((InstanceProblem("", InstanceFault.NOT_XML),)) from None
    if record is not None:
        return _Replay(form, root, prefill or {}, _recorded(record, now), language).run()
    refusals: list[InstanceRefusedError] = []
    for days in _days(now):
        try:
            return _Replay(form, root, prefill or {}, _Clock(now, now + timedelta(days=days)), language).run()
        except InstanceRefusedError as exc:
            refusals.append(exc)
    raise refusals[0]


def _days(now: datetime) -> list[int]:
    """Return the days, counted from that of ``now`` and nearest first, on which the form may have been opened."""
    earliest, latest = now - LONGEST_SESSION, now
    if now.tzinfo is UTC:
        earliest, latest = earliest - _WESTERNMOST, latest + _EASTERNMOST
    first, last = ((moment.date() - now.date()).days for moment in (earliest, latest))
    return sorted(range(first, last + 1), key=abs)


@dataclass(frozen=True, slots=True)
class _Clock:
    """When the form was finished, and the same time on the day that is tried; or what the kiosk recorded."""

    finished: datetime
    opened: datetime
    record: SessionRecord | None = None


def _recorded(record: SessionRecord, now: datetime) -> _Clock:
    if not now - LONGEST_SESSION <= record.opened <= now + CLOCK_STEP or len(record.seed) != SEED_BYTES:
        raise InstanceRefusedError((InstanceProblem("", InstanceFault.WRONG_CLOCK),))
    return _Clock(now, record.opened, record)


class _Replay:
    """One run of the form over one instance, for one day."""

    def __init__(self, form: Form, root: Node, prefill: Mapping[str, str], clock: _Clock, language: str) -> None:
        self._form = form
        self._root = root
        self._clock = clock
        self._record = clock.record or SessionRecord(clock.opened, bytes(SEED_BYTES))
        wanted = language or form.default_language or "en"
        self._session = FormSession(
            form, language=wanted, now=clock.opened, prefill=prefill, randomness=lambda _count: self._record.seed
        )
        self._state = self._session.state
        self._found: list[InstanceProblem] = []

    def run(self) -> RevalidatedInstance:
        self._check_form()
        try:
            self._repeat()
            given = match(self._root, self._state)
            self._found.extend(given.problems)
            self._raise_found()
            self._adopt(given)
            self._compare(given)
        except EvaluationError as exc:
            raise InstanceRefusedError((InstanceProblem(exc.place, InstanceFault.WRONG_TYPE),)) from exc
        self._raise_found()
        return RevalidatedInstance(
            answers=self._session.answers(),
            instance=write_document(self._state.tree.root, self._form.prefixes),
            provenance=self._session.provenance(),
            corrections=self._session.corrections(),
        )

    def _raise_found(self) -> None:
        if self._found:
            raise InstanceRefusedError(tuple(self._found[:MAX_REASONS]))

    def _report(self, ref: str, fault: InstanceFault) -> None:
        self._found.append(InstanceProblem(ref, fault))

    def _check_form(self) -> None:
        if not is_same_element(self._root, self._form.root, frozenset(self._form.attributes)):
            self._report(self._form.root.path, InstanceFault.WRONG_FORM)
            self._raise_found()

    def _repeat(self) -> None:
        """Give the state as many repeats as the instance has, with the births that the kiosk recorded."""
        problem = number_repeats(self._root, self._form)
        if problem is not None:
            raise InstanceRefusedError((problem,))
        births = births_of(self._root)
        for ref, birth in self._record.births:
            if ref not in births or not 0 < birth <= _MAX_BIRTH:
                self._report(ref, InstanceFault.EXTRA_NODE)
            births[ref] = birth
        if not are_rising(births):
            self._report(self._root.path, InstanceFault.EXTRA_NODE)
        self._raise_found()
        fixed = {path for path, repeat in self._form.repeats.items() if repeat.is_fixed and repeat.count is None}
        self._state.restore(births, {ref for ref, _node in places(self._root)}, fixed)

    def _adopt(self, given: Given) -> None:
        """Put every answer that a person could have given into the state, then compute the rest."""
        taken: dict[str, str] = {}
        kept: list[str] = []
        for ref, node in given.nodes.items():
            known = self._state.nodes[ref]
            if known.children:
                continue
            if not self._state.is_fixed(known):
                self._take_answer(ref, known, node.text, taken)
            elif self._is_unrepeatable(known, node.text):
                taken[ref] = node.text
                kept.append(ref)
        self._state.adopt(taken, kept)

    def _take_answer(self, ref: str, known: Node, text: str, taken: dict[str, str]) -> None:
        if normalise(self._state.answer_type(known), text) != text:
            self._report(ref, InstanceFault.WRONG_TYPE)
            return
        if known.text != text:
            self._state.sources.pop(known, None)
        taken[ref] = text

    def _is_unrepeatable(self, known: Node, text: str) -> bool:
        """Say whether a value that nobody can compute again has the shape that the engine gives it."""
        is_exact = self._clock.record is not None
        match self._form.preloads.get(known.path):
            case Preload.INSTANCE_ID:
                return not is_exact and _INSTANCE_ID.fullmatch(text) is not None
            case Preload.STARTED | Preload.ENDED:
                moment = parse_moment(text, self._state.environment.zone)
                is_near = isinstance(moment, datetime) and abs(moment - self._clock.finished) <= LONGEST_SESSION
                return not is_exact and is_near
            case _:
                is_open = known.path in self._open_paths(is_exact=is_exact)
                return is_open and normalise(DataType.STRING, text) == text

    def _open_paths(self, *, is_exact: bool) -> frozenset[str]:
        """Return the paths whose values follow from more than the answers and, if there is one, the record."""
        by_event = frozenset(
            action.target for action in self._form.actions if not (is_exact and action.events <= {Event.FIRST_LOAD})
        )
        return self._form.historic | by_event | (frozenset() if is_exact else self._form.volatile)

    def _compare(self, given: Given) -> None:
        for ref, node in self._state.nodes.items():
            if node.is_relevant and ref not in given.nodes:
                self._report(ref, InstanceFault.MISSING_NODE)
            elif not node.is_relevant and ref in given.nodes:
                self._report(ref, InstanceFault.IRRELEVANT_NODE)
            elif node.is_relevant and not node.children and given.nodes[ref].text != node.text:
                self._report(ref, self._difference(node))
        for ref, (control, node) in self._state.tree.placed.items():
            if node.is_relevant and ref in given.nodes:
                self._check_choice(ref, control, node, given.nodes[ref].text)
        known = {problem.ref for problem in self._found}
        for each in self._session.problems():
            if each.ref not in known:
                self._report(each.ref, _FAULTS[each.reason])

    def _difference(self, node: Node) -> InstanceFault:
        if self._state.bind_of(node).calculate is not None:
            return InstanceFault.CHANGED_CALCULATION
        if not self._state.is_fixed(node):
            return InstanceFault.UNKNOWN_CHOICE  # the state dropped it: not, or no longer, offered
        return InstanceFault.CHANGED_READ_ONLY

    def _check_choice(self, ref: str, control: Control, node: Node, text: str) -> None:
        if control.kind is ControlKind.INPUT or self._state.is_fixed(node):
            return
        is_reported = any(problem.ref == ref for problem in self._found)
        if not is_reported and self._session.read_answer(control, node, text) != text:
            self._report(ref, InstanceFault.UNKNOWN_CHOICE)
