# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The answers of one session and everything computed from them, kept up to date node by node."""

import os
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from townhall_forms.binds import IDENTITY_KEYS, Bind, Preload
from townhall_forms.body import Control, ControlKind, Itemset
from townhall_forms.calculated import stored
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.errors import EvaluationError, PrefillMisuseError
from townhall_forms.form import Form
from townhall_forms.nodes import Node
from townhall_forms.questions import FormChoice
from townhall_forms.texts import fill, show
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import NodeSet, moment_text, to_boolean, to_string

Randomness: TypeAlias = Callable[[int], bytes]

TRIGGERED = "OK"  # what a trigger leaves in its node (ODK XForms, `trigger`)
_INSTANCE_ID = re.compile(r"/[^/]+/meta/instanceID")


class FormState:
    """One filling of a form. Pure but for ``randomness``; the clock is ``now`` and stands still.

    The public attributes are for reading; changes go through ``put``.
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
        if now.tzinfo is None:
            raise ValueError("now has no time zone")
        self.form = form
        self.document = form.document.copy()
        self.nodes: Mapping[str, Node] = {node.path: node for node in self.document.walk() if node.path}
        self.sources: dict[str, str] = {}  # path -> key, of every value that was prefilled
        self.kept: set[str] = set()  # calculations that are not computed again, because their value was adopted
        self.environment = Environment(
            document=self.document,
            instances=form.instances,
            now=now,
            zone=now.tzinfo,
            language=form.translations.match(language) or language,
            randomness=randomness,
            choice_names=self._choice_name,
            texts=self._text,
        )
        self._controls = {control.path: control for control in form.controls}
        self._offered: dict[str, tuple[tuple[str, Node | None], ...]] = {}
        self._labelled: dict[str, tuple[FormChoice, ...]] = {}
        self._required: dict[str, bool] = {}
        self._readonly: dict[str, bool] = {}
        self._preload()
        self._prefill(prefill)
        self.compute_all()

    # Reading

    def bind(self, path: str) -> Bind:
        """Return the bind of a node; one without rules if the form has none."""
        return self.form.binds.get(path) or Bind(path)

    def answer_type(self, path: str) -> DataType:
        """Return the type that an answer must have; a choice's value is taken as it is written."""
        control = self._controls.get(path)
        return self.bind(path).data_type if control is None or not control.is_choice else DataType.STRING

    def value(self, path: str) -> str:
        """Return what the node holds, relevant or not."""
        return self.nodes[path].text

    def is_relevant(self, path: str) -> bool:
        """Say whether the node and every group around it are relevant."""
        return self.nodes[path].is_relevant

    def is_required(self, path: str) -> bool:
        """Say whether an answer is required now."""
        return self._required.get(path, False)

    def is_fixed(self, path: str) -> bool:
        """Say whether no answer can ever change the node: calculated, put in by the engine, identity, or `true()`."""
        bind = self.bind(path)
        if bind.calculate is not None or self._preload_of(path) is not Preload.NONE or path not in self._controls:
            return True
        if path in self.sources and bind.readonly is None and bind.prefill in IDENTITY_KEYS:
            return True
        return any(each.readonly is not None and each.readonly.is_always_true for each in self._binds_upwards(path))

    def is_read_only(self, path: str) -> bool:
        """Say whether the person may not change the node now; read only groups make everything inside read only."""
        return self.is_fixed(path) or any(self._readonly.get(bind.path, False) for bind in self._binds_upwards(path))

    def meets_constraint(self, path: str) -> bool:
        """Say whether the node's value meets its constraint; an empty one always does."""
        constraint = self.bind(path).constraint
        node = self.nodes[path]
        if constraint is None or not node.text:
            return True
        return to_boolean(constraint.run(self.environment, node))

    def preload(self, path: str) -> Preload:
        """Return what the engine puts into the node, if anything."""
        return self._preload_of(path)

    def choices(self, control: Control) -> tuple[FormChoice, ...]:
        """Return the choices now, labelled in the session's language."""
        known = self._labelled.get(control.path)
        if known is None:
            known = tuple(self._label(control, value, node) for value, node in self._offered.get(control.path, ()))
            self._labelled[control.path] = known
        return known

    def offers(self, control: Control) -> tuple[str, ...]:
        """Return the values of the choices now."""
        return tuple(value for value, _node in self._offered.get(control.path, ()))

    # Changing

    def set_language(self, language: str) -> None:
        """Switch texts to ``language``, or to the nearest that the form has."""
        self.environment.language = self.form.translations.match(language) or language
        self._labelled.clear()
        self._recompute(self.form.worded)

    def put(self, path: str, value: str) -> None:
        """Store an answer and bring everything that depends on it up to date."""
        node = self.nodes[path]
        if node.text != value:
            node.text = value
            self.sources.pop(path, None)  # it is the person's own now
            self._recompute(self.form.graph.dependents.get(path, ()), path)

    def compute_all(self) -> None:
        """Compute every node, required and readonly."""
        self._recompute(self.form.graph.order)
        for bind in self.form.binds.values():
            self._observe(bind.path)

    def _recompute(self, start: Iterable[str], changed: str = "") -> None:
        touched = {changed} if changed else set()
        wave = self.form.graph.wave(start)
        for path in wave:
            if self._compute(path):
                touched.add(path)
                wave.changed(path)
        if self.form.has_living_choices:
            self._labelled.clear()
        observers = self.form.graph.observers
        for path in {observer for each in touched for observer in observers.get(each, ())}:
            self._observe(path)

    def _compute(self, path: str) -> bool:
        """Compute relevance, value and choices of one node; say whether relevance or value changed."""
        node, bind = self.nodes[path], self.form.binds.get(path)
        before = (node.is_relevant, node.text)
        is_relevant = node.parent is None or node.parent.is_relevant
        if is_relevant and bind is not None and bind.relevant is not None:
            is_relevant = to_boolean(bind.relevant.run(self.environment, node))
        node.is_relevant = is_relevant
        if is_relevant:
            if bind is not None and bind.calculate is not None and path not in self.kept:
                node.text = self._calculated(bind, node)
            control = self._controls.get(path)
            if control is not None and control.is_choice:
                self._offer(control, node)
        return (node.is_relevant, node.text) != before

    def _calculated(self, bind: Bind, node: Node) -> str:
        if bind.calculate is None:
            return node.text
        value = bind.calculate.run(self.environment, node)
        return stored(bind.data_type, value, self.environment.zone)

    def _observe(self, path: str) -> None:
        bind = self.bind(path)
        node = self.nodes[path]
        if bind.required is not None:
            self._required[path] = to_boolean(bind.required.run(self.environment, node))
        if bind.readonly is not None:
            self._readonly[path] = to_boolean(bind.readonly.run(self.environment, node))

    # Choices

    def _offer(self, control: Control, node: Node) -> None:
        """Take the choices anew and drop a chosen value that is offered no more, as the other engines do."""
        offered = self._read_offer(control, node)
        if offered != self._offered.get(control.path):
            self._offered[control.path] = offered
            self._labelled.pop(control.path, None)
        if node.text and not self.is_fixed(control.path):
            values = {value for value, _item in offered}
            if control.kind is ControlKind.SELECT_ONE:
                node.text = node.text if node.text in values else ""
            else:
                node.text = " ".join(value for value in node.text.split() if value in values)

    def _read_offer(self, control: Control, node: Node) -> tuple[tuple[str, Node | None], ...]:
        choices = control.choices
        if not isinstance(choices, Itemset):
            return tuple((item.value, None) for item in choices)
        selected = choices.nodes.run(self.environment, node)
        if not isinstance(selected, NodeSet):
            raise EvaluationError("an itemset that selects no nodes", control.path)
        return tuple((to_string(choices.value.run(self.environment, item)), item) for item in selected.nodes)

    def _label(self, control: Control, value: str, item: Node | None) -> FormChoice:
        choices = control.choices
        if isinstance(choices, Itemset):
            text, node = choices.label, item
        else:
            text, node = next(each.label for each in choices if each.value == value), self.nodes[control.path]
        label = show(text, self.form.translations, self.environment, node or self.nodes[control.path])
        return FormChoice(value, label or value)

    # What expressions ask of us

    def _choice_name(self, value: str, path: str, current: Node) -> str:
        del current  # paths of choice names are absolute in a form without repeats
        control = self._controls.get(path.strip())
        if control is None:
            return ""
        if control.path not in self._offered:
            self._offered[control.path] = self._read_offer(control, self.nodes[control.path])
        return next((choice.label for choice in self.choices(control) if choice.value == value), "")

    def _text(self, text_id: str, current: Node) -> str:
        parts = self.form.translations.find(text_id, self.environment.language)
        return fill(parts, self.environment, current)

    # Before the first answer

    def _preload_of(self, path: str) -> Preload:
        bind = self.form.binds.get(path)
        if bind is not None and (bind.preload is not Preload.NONE or bind.calculate is not None):
            return bind.preload
        # Every engine gives a record its identity, whether or not the form asks for it (ODK XForms, Metadata).
        is_identity = _INSTANCE_ID.fullmatch(path) is not None and path not in self._controls
        return Preload.INSTANCE_ID if is_identity else Preload.NONE

    def _preload(self) -> None:
        now = self.environment.now.astimezone(self.environment.zone)
        for path, node in self.nodes.items():
            match self._preload_of(path):
                case Preload.INSTANCE_ID:
                    node.text = f"uuid:{self._uuid()}"
                case Preload.STARTED | Preload.ENDED:
                    node.text = moment_text(now)
                case Preload.TODAY:
                    node.text = now.date().isoformat()
                case Preload.NONE | Preload.DEVICE:
                    continue

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self.environment.randomness(16), version=4))

    def _prefill(self, prefill: Mapping[str, str]) -> None:
        for bind in self.form.binds.values():
            given = prefill.get(bind.prefill, "") if bind.prefill else ""
            if not given:
                continue
            value = normalise(self.answer_type(bind.path), given)
            if not value:
                raise PrefillMisuseError(f"{bind.prefill} does not fit {bind.path}")
            self.nodes[bind.path].text = value
            self.sources[bind.path] = bind.prefill

    def _binds_upwards(self, path: str) -> Iterable[Bind]:
        node: Node | None = self.nodes[path]
        while node is not None and node.path:
            bind = self.form.binds.get(node.path)
            if bind is not None:
                yield bind
            node = node.parent
