# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The answers of one session and everything computed from them, kept up to date node by node."""

import uuid
from collections.abc import Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import count, takewhile

from townhall_forms.actions import Action, Event
from townhall_forms.binds import IDENTITY_KEYS, Bind, Preload
from townhall_forms.calculated import stored
from townhall_forms.computing import Computation
from townhall_forms.controls import Control
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.errors import EvaluationError, FormError, PrefillMisuseError
from townhall_forms.form import Form
from townhall_forms.nodes import Node
from townhall_forms.offers import Offers
from townhall_forms.record import SessionRecord, draw
from townhall_forms.repeats import Repeat
from townhall_forms.texts import fill
from townhall_forms.tree import InstanceTree
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import NodeSet, moment_text, to_boolean

MAX_EVENTS = 1_000
"""Actions that one answer may set off."""


class FormState:
    """One filling of a form. Pure: what it needs of the world is in the record, and the clock stands still.

    The public attributes are for reading; changes go through ``put``, ``add`` and ``remove``. A ref that is not in the
    instance is a ``KeyError``.
    """

    def __init__(self, form: Form, *, language: str, record: SessionRecord, prefill: Mapping[str, str]) -> None:
        if record.opened.tzinfo is None:
            raise ValueError("now has no time zone")
        self.form = form
        self.tree = InstanceTree(form)
        self.sources: dict[Node, str] = {}  # key of every value that was prefilled, as long as it stands
        self.stated: dict[Node, tuple[str, str]] = {}  # key and value of everything that was prefilled
        self.record = record
        self.environment = Environment(
            document=self.tree.document,
            instances=form.instances,
            now=record.opened,
            zone=record.opened.tzinfo,
            language=form.translations.match(language) or language,
            randomness=self._draw,
            choice_names=self._choice_name,
            texts=self._text,
            version=form.version,
        )
        self._computation = Computation(form, self.tree, self.environment)
        self._open(prefill)

    # Reading

    @property
    def document(self) -> Node:
        """The document node above the instance."""
        return self.tree.document

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Every node by its ref."""
        return self.tree.nodes

    def bind(self, ref: str) -> Bind:
        """Return the bind of a node; one without rules if the form has none."""
        return self.bind_of(self.nodes[ref])

    def bind_of(self, node: Node) -> Bind:
        """Return the bind of a node."""
        return self.form.binds.get(node.path) or Bind(node.path)

    def control_of(self, node: Node) -> Control | None:
        """Return the control that asks for a node, if any."""
        return self._computation.control_of(node.path)

    def answer_type(self, node: Node) -> DataType:
        """Return the type that an answer must have; a choice's value is taken as it is written."""
        control = self.control_of(node)
        return self.bind_of(node).data_type if control is None or not control.is_choice else DataType.STRING

    def value(self, ref: str) -> str:
        """Return what the node holds, relevant or not."""
        return self.nodes[ref].text

    def is_relevant(self, ref: str) -> bool:
        """Say whether the node and every group around it are relevant."""
        return self.nodes[ref].is_relevant

    def is_required(self, ref: str) -> bool:
        """Say whether an answer is required now."""
        return self._computation.required.get(self.nodes[ref], False)

    def is_fixed(self, node: Node) -> bool:
        """Say whether no answer can ever change the node: calculated, put in by the engine, identity, or `true()`."""
        if node.path in self.form.fixed:
            return True
        bind = self.bind_of(node)
        return node in self.sources and bind.readonly is None and bind.prefill in IDENTITY_KEYS

    def is_read_only(self, ref: str) -> bool:
        """Say whether the person may not change the node now; read only groups make everything inside read only."""
        node = self.nodes[ref]
        return self.is_fixed(node) or any(
            self._computation.readonly.get(each, False) for each, _bind in self._upwards(node)
        )

    def meets_constraint(self, ref: str) -> bool:
        """Say whether the node's value meets its constraint; an empty one always does."""
        node = self.nodes[ref]
        constraint = self.bind_of(node).constraint
        if constraint is None or not node.text:
            return True
        return to_boolean(constraint.run(self.environment, node))

    @property
    def offers(self) -> Offers:
        """The choices that questions offer."""
        return self._computation.offers

    # Changing

    def set_language(self, language: str) -> None:
        """Switch texts to ``language``, or to the nearest that the form has."""
        self.environment.language = self.form.translations.match(language) or language
        self._computation.worded()

    def put(self, ref: str, value: str) -> None:
        """Store an answer and bring everything that depends on it up to date."""
        self._set(self.nodes[ref], value)
        self._handle_events()

    def add(self, repeat: Repeat, parent: Node) -> Node:
        """Add an instance of a repeat behind the others and return it.

        Raises:
            EvaluationError: there are too many.
        """
        node = self.tree.add(repeat, parent)
        self._computation.after_repeat(repeat.path)
        self._computation.changes.append((Event.NEW_REPEAT, node))
        self._handle_events()
        return node

    def remove(self, node: Node) -> None:
        """Remove an instance of a repeat."""
        for each in node.walk():
            self.sources.pop(each, None)
            self.stated.pop(each, None)
        self._computation.drop(node)
        self._computation.after_repeat(node.path)
        self._handle_events()

    def correction(self, node: Node) -> tuple[str, str] | None:
        """Return key and value that a source stated where the person now says something else; None: no difference."""
        stated = self.stated.get(node)
        return stated if stated is not None and node.is_relevant and node.text != stated[1] else None

    def compute_all(self) -> None:
        """Compute every node, required and readonly."""
        self._computation.everything()
        self._handle_events()

    def restore(
        self, births: Mapping[str, int], parents: Container[str] | None = None, fixed: AbstractSet[str] = frozenset()
    ) -> None:
        """Make the repeats inside ``parents`` (None: inside all) those that ``births`` names by ref; compute nothing.

        Repeats at the paths of ``fixed`` stay as they are.
        """
        for path in sorted(self.form.repeats.keys() - fixed, key=lambda path: path.count("/")):
            repeat = self.form.repeats[path]
            for parent in self.tree.at(path.rpartition("/")[0]):
                ref = self.tree.refs[parent]
                if parents is not None and ref not in parents:
                    continue
                wanted = takewhile(births.__contains__, (f"{ref}/{repeat.template.local}[{n}]" for n in count(1)))
                self._computation.rebuild(repeat, parent, [births[each] for each in wanted])
            self.tree.index()

    def adopt(self, texts: Mapping[str, str], kept: Iterable[str] = ()) -> None:
        """Give nodes their texts, and compute the rest but for ``kept``; nothing of it counts as a change."""
        for ref, text in texts.items():
            self.nodes[ref].text = text
        self._computation.kept |= {self.nodes[ref] for ref in kept}
        self._computation.everything()
        self._computation.changes.clear()

    def finished_record(self) -> SessionRecord:
        """Return the record with the births of the repeats that are there."""
        births = tuple(
            (ref, node.birth)
            for ref, node in self.nodes.items()
            if node.birth and node.is_relevant and node.birth != node.position
        )
        return replace(self.record, births=births)

    # Opening

    def _open(self, prefill: Mapping[str, str]) -> None:
        for node in self.nodes.values():
            self._preload(node)
        first = [action for action in self.form.actions if Event.FIRST_LOAD in action.events]
        if first:
            self._computation.everything()
        for action in first:
            for node in self.tree.at(action.target):
                self._act(action, node)
        self._prefill(prefill)
        self._computation.everything()
        # What a form begins with is no change; but a repeat that its count made is a new one.
        changes = self._computation.changes
        changes[:] = [change for change in changes if change[0] is Event.NEW_REPEAT]
        self._handle_events()

    def _preload(self, node: Node) -> None:
        match self.form.preloads.get(node.path):
            case Preload.INSTANCE_ID:
                chance = draw(self.record.seed, node, "jr:preload", 1, 16)
                node.text = f"uuid:{uuid.UUID(bytes=chance, version=4)}"
            case Preload.STARTED | Preload.ENDED:
                node.text = moment_text(self.environment.now)
            case Preload.TODAY:
                node.text = self.environment.now.date().isoformat()
            case _:
                pass  # nothing about the device or its user is put into answers

    def _prefill(self, prefill: Mapping[str, str]) -> None:
        for bind in self.form.binds.values():
            given = prefill.get(bind.prefill, "") if bind.prefill else ""
            for node in self.tree.at(bind.path) if given else ():
                value = normalise(self.answer_type(node), given)
                if not value:
                    raise PrefillMisuseError(f"{bind.prefill} does not fit {bind.path}")
                node.text = value
                self.sources[node] = bind.prefill
                self.stated[node] = bind.prefill, value

    # Events

    def _handle_events(self) -> None:
        handled = 0
        changes = self._computation.changes
        while changes:
            event, node = changes.pop(0)
            for action in self.form.actions:
                if event in action.events and action.source == node.path:
                    for target in self.tree.below(node, action.target):
                        handled += 1
                        if handled > MAX_EVENTS:
                            raise EvaluationError("actions without end", action.target)
                        self._act(action, target)

    def _act(self, action: Action, node: Node) -> None:
        if self.bind_of(node).calculate is not None:
            return  # what is calculated is read only, and stays so for actions (W3C XForms 1.1, 6.1.2 and 10.2)
        value = action.value
        if not isinstance(value, str):
            value = stored(self.bind_of(node).data_type, value.run(self.environment, node), self.environment.zone)
        self._set(node, value)

    def _set(self, node: Node, value: str) -> None:
        if node.text != value:
            node.text = value
            key, stated = self.stated.get(node, ("", ""))
            if key and value == stated:
                self.sources[node] = key  # as if it had never been changed: the replay cannot know that it was
            else:
                self.sources.pop(node, None)  # it is the person's own now
            self._computation.after_answer(node)

    # What expressions ask of us

    def _draw(self, length: int) -> bytes:
        node, rule = self.environment.owner or (self.document, "")
        self.environment.drawn += 1
        return draw(self.record.seed, node, rule, self.environment.drawn, length)

    def _choice_name(self, value: str, path: str, current: Node) -> str:
        try:
            found = self.form.expressions.rule(path, current.path).run(self.environment, current)
        except FormError:
            return ""  # a path that is none, which an expression put together
        node = found.nodes[0] if isinstance(found, NodeSet) and found.nodes else None
        control = None if node is None else self.control_of(node)
        if node is None or control is None or not control.is_choice:
            return ""
        return next((each.label for each in self.offers.choices(control, node) if each.value == value), "")

    def _text(self, text_id: str, current: Node) -> str:
        parts = self.form.translations.find(text_id, self.environment.language)
        return fill(parts, self.environment, current)

    def _upwards(self, node: Node) -> Iterator[tuple[Node, Bind]]:
        around: Node | None = node
        while around is not None and around.path:
            bind = self.form.binds.get(around.path)
            if bind is not None:
                yield around, bind
            around = around.parent
