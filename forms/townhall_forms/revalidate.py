# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's check of answers: could this form have produced them?

The form is run again: every answer that a person could have given is put into a fresh state, everything else is
computed, and the two instances are compared node by node. What depends on more than answers and the day
(``uuid()``, ``now()``, ``once()``, time stamps) is taken over from the instance after a check of its shape.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from townhall_forms.binds import Preload
from townhall_forms.body import Control, ControlKind
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.errors import EvaluationError, InstanceFault, InstanceProblem, InstanceRefusedError
from townhall_forms.form import Form
from townhall_forms.instance_xml import read_document, write_document
from townhall_forms.markup import XFORMS, MarkupLimitError, MarkupRefusedError, parse_xml
from townhall_forms.nodes import Node
from townhall_forms.questions import AnsweredLine, RefusalReason
from townhall_forms.session import FormSession
from townhall_forms.xpath.values import parse_moment

MAX_INSTANCE_BYTES = 1024 * 1024
MAX_REASONS = 100
LONGEST_SESSION = timedelta(hours=4)  # between opening the form and ``now``
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


def revalidate(
    form: Form, untrusted_instance: bytes, prefill: Mapping[str, str] | None, now: datetime, *, language: str = ""
) -> RevalidatedInstance:
    """Run the form's logic over an instance and return what it says.

    ``now`` is when the form was finished, with the kiosk's offset; a form opened up to ``LONGEST_SESSION`` before, on
    the day before, counts too. A ``now`` in ``datetime.UTC`` says that the offset is not known: then every day counts
    that it was on some kiosk of the world. ``prefill`` is what the card is known to have stated, None where that is not
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
    """When the form was finished, and the same time on the day that is tried."""

    finished: datetime
    opened: datetime


class _Replay:
    """One run of the form over one instance, for one day."""

    def __init__(self, form: Form, root: Node, prefill: Mapping[str, str], clock: _Clock, language: str) -> None:
        self._form = form
        self._root = root
        self._clock = clock
        wanted = language or form.default_language or "en"
        self._session = FormSession(form, language=wanted, now=clock.opened, prefill=prefill, randomness=_zeros)
        self._state = self._session.state
        self._found: list[InstanceProblem] = []

    def run(self) -> RevalidatedInstance:
        self._check_form()
        given = self._given()
        self._raise_found()
        try:
            self._adopt(given)
            self._compare(given)
        except EvaluationError as exc:
            raise InstanceRefusedError((InstanceProblem(exc.place, InstanceFault.WRONG_TYPE),)) from exc
        self._raise_found()
        return RevalidatedInstance(
            answers=self._session.answers(),
            instance=write_document(self._state.document.children[0], self._form.prefixes),
            provenance=self._session.provenance(),
        )

    def _raise_found(self) -> None:
        if self._found:
            raise InstanceRefusedError(tuple(self._found[:MAX_REASONS]))

    def _report(self, path: str, fault: InstanceFault) -> None:
        self._found.append(InstanceProblem(path, fault))

    def _check_form(self) -> None:
        if _identity(self._root) != _identity(self._form.root):
            self._report(self._form.root.path, InstanceFault.WRONG_FORM)
            self._raise_found()

    def _given(self) -> dict[str, Node]:
        """Return the instance's nodes by path; anything that the form does not have is reported."""
        given: dict[str, Node] = {}
        for node in self._root.walk():
            known = self._state.nodes.get(node.path)
            is_extra = known is None or node.path in given or not _is_same_element(node, known)
            if is_extra or not _has_same_kind(node, known):
                self._report(node.path, InstanceFault.EXTRA_NODE)
            else:
                given[node.path] = node
        if not self._found and list(given) != [path for path in self._state.nodes if path in given]:
            self._report(self._root.path, InstanceFault.WRONG_ORDER)
        return given

    def _adopt(self, given: Mapping[str, Node]) -> None:
        """Put every answer that a person could have given into the state, then compute the rest."""
        for path, node in given.items():
            if self._state.nodes[path].children:
                continue
            if not self._state.is_fixed(path):
                self._take_answer(path, node.text)
            elif self._is_unrepeatable(path, node.text):
                self._state.nodes[path].text = node.text
                self._state.kept.add(path)
        self._state.compute_all()

    def _take_answer(self, path: str, text: str) -> None:
        if normalise(self._state.answer_type(path), text) != text:
            self._report(path, InstanceFault.WRONG_TYPE)
            return
        if self._state.nodes[path].text != text:
            self._state.sources.pop(path, None)
        self._state.nodes[path].text = text

    def _is_unrepeatable(self, path: str, text: str) -> bool:
        """Say whether a value that nobody can compute again has the shape that the engine gives it."""
        match self._state.preload(path):
            case Preload.INSTANCE_ID:
                return _INSTANCE_ID.fullmatch(text) is not None
            case Preload.STARTED | Preload.ENDED:
                moment = parse_moment(text, self._state.environment.zone)
                return isinstance(moment, datetime) and abs(moment - self._clock.finished) <= LONGEST_SESSION
            case _:
                return path in self._form.unrepeatable and normalise(DataType.STRING, text) == text

    def _compare(self, given: Mapping[str, Node]) -> None:
        for path, node in self._state.nodes.items():
            if node.is_relevant and path not in given:
                self._report(path, InstanceFault.MISSING_NODE)
            elif not node.is_relevant and path in given:
                self._report(path, InstanceFault.IRRELEVANT_NODE)
            elif node.is_relevant and not node.children and given[path].text != node.text:
                self._report(path, self._difference(path))
        for control in self._controls():
            self._check_choice(control, given)
        known = {problem.ref for problem in self._found}
        for each in self._session.problems():
            if each.ref not in known:
                self._report(each.ref, _FAULTS[each.reason])

    def _difference(self, path: str) -> InstanceFault:
        if self._state.bind(path).calculate is not None:
            return InstanceFault.CHANGED_CALCULATION
        if not self._state.is_fixed(path):
            return InstanceFault.UNKNOWN_CHOICE  # the state dropped it: not, or no longer, offered
        return InstanceFault.CHANGED_READ_ONLY

    def _controls(self) -> Iterator[Control]:
        return (control for control in self._form.controls if self._state.is_relevant(control.path))

    def _check_choice(self, control: Control, given: Mapping[str, Node]) -> None:
        node = given.get(control.path)
        if node is None or control.kind is ControlKind.INPUT or self._state.is_fixed(control.path):
            return
        is_reported = any(problem.ref == control.path for problem in self._found)
        if not is_reported and self._session.read_answer(control, node.text) != node.text:
            self._report(control.path, InstanceFault.UNKNOWN_CHOICE)


def _zeros(count: int) -> bytes:
    return bytes(count)


def _identity(root: Node) -> tuple[str, str, frozenset[tuple[str, str, str]]]:
    attributes = frozenset((each.namespace, each.local, each.text) for each in root.attributes)
    return root.local, _namespace(root), attributes


def _namespace(node: Node) -> str:
    return "" if node.namespace == XFORMS else node.namespace


def _has_same_kind(node: Node, known: Node | None) -> bool:
    """Say whether a group is still a group and a question still a question: text in a group is no answer."""
    if known is None:
        return False
    return not node.text.strip() if known.children else not node.children


def _is_same_element(node: Node, known: Node) -> bool:
    return _identity(node) == _identity(known)
