# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Computes nodes in the order of the graph: relevance, values, choices, how often repeats repeat, what is required."""

from collections.abc import Iterable, Sequence

from townhall_forms.actions import Event
from townhall_forms.calculated import stored
from townhall_forms.controls import Control
from townhall_forms.errors import EvaluationError
from townhall_forms.expressions import Rule
from townhall_forms.form import Form
from townhall_forms.graph import Wave
from townhall_forms.nodes import Node
from townhall_forms.offers import Offers
from townhall_forms.repeats import MAX_INSTANCES, Repeat
from townhall_forms.tree import InstanceTree
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import to_boolean, to_number

STEPS_OF_AN_ANSWER = 1_000_000
"""Nodes that all expressions together may look at for one answer."""
MAX_TEXT = 100_000
"""Characters of one computed value: a form that doubles a text with each calculation ends here."""


class Computation:
    """The computed side of a session. ``changes`` are the events that happened and that nobody handled yet."""

    def __init__(self, form: Form, tree: InstanceTree, environment: Environment) -> None:
        self._form = form
        self._tree = tree
        self._environment = environment
        self._controls = {control.path: control for control in form.controls}
        self._watched = {action.source for action in form.actions if Event.VALUE_CHANGED in action.events}
        self.offers = Offers(form, environment)
        self.required: dict[Node, bool] = {}
        self.readonly: dict[Node, bool] = {}
        self.kept: set[Node] = set()  # calculations that are not computed again, because their value was adopted
        self.changes: list[tuple[Event, Node]] = []

    def control_of(self, path: str) -> Control | None:
        """Return the control that asks for the nodes at a path, if any."""
        return self._controls.get(path)

    def everything(self) -> None:
        """Compute every node, required and readonly."""
        self._run(self._form.graph.order, set())
        for path in self._form.binds:
            self._observe(path)

    def worded(self) -> None:
        """Compute what depends on the language."""
        self.offers.forget_labels()
        self._run(self._form.worded, set())

    def after_answer(self, node: Node) -> None:
        """Compute what depends on a node that was given another value."""
        self._note_change(node)
        self._run(self._form.graph.dependents.get(node.path, ()), {node.path})

    def after_repeat(self, path: str) -> None:
        """Compute what is in a repeat and what looks at it, after instances came or went."""
        self._tree.index()
        inside = self._form.inside[path]
        following = {each for one in inside for each in self._form.graph.dependents.get(one, ())}
        self._run([*inside, *following], set(inside))

    def drop(self, node: Node) -> None:
        """Take an instance of a repeat out of the tree."""
        self._tree.drop(node)
        for each in node.walk():
            self.offers.forget(each)
            self.required.pop(each, None)
            self.readonly.pop(each, None)
            self.kept.discard(each)

    def resize(self, repeat: Repeat, parent: Node, count: int) -> bool:
        """Make it so many instances without computing anything; say whether that changed something."""
        instances = repeat.instances(parent)
        for each in instances[count:]:
            self.drop(each)
        added = [self._tree.add(repeat, parent) for _missing in range(count - len(instances))]
        self.changes.extend((Event.NEW_REPEAT, node) for node in added)
        return len(instances) != count

    def rebuild(self, repeat: Repeat, parent: Node, births: Sequence[int]) -> None:
        """Make the instances those of the given births, rising: those that the form came with stay what they were."""
        known = {node.birth: node for node in repeat.instances(parent)}
        for birth in known.keys() - set(births):
            self.drop(known[birth])
        for birth in births:
            if birth not in known:
                self._tree.add(repeat, parent).birth = birth

    def _run(self, start: Iterable[str], touched: set[str]) -> None:
        wave = self._form.graph.wave(start)
        self._environment.is_metered = True
        self._environment.steps_left = STEPS_OF_AN_ANSWER
        try:
            for path in wave:
                if self._compute(path, wave, touched):
                    touched.add(path)
                    wave.changed(path)
        finally:
            self._environment.is_metered = False
        if self._form.has_living_choices:
            self.offers.forget_labels()
        observers = self._form.graph.observers
        for path in {observer for each in touched for observer in (*observers.get(each, ()), each)}:
            self._observe(path)

    def _compute(self, path: str, wave: Wave, touched: set[str]) -> bool:
        """Compute every node at a path; say whether relevance or value of one changed."""
        repeat = self._form.repeats.get(path)
        if repeat is not None and repeat.count is not None and self._count(repeat, repeat.count):
            self._tree.index()
            touched.update(self._form.inside[path])
            wave.also(self._form.inside[path])
            for each in self._form.inside[path]:
                wave.changed(each)
        nodes = self._tree.at(path)
        if path in self._form.settling:
            return self._settle(path, nodes)
        return self._compute_each(path, nodes)

    def _compute_each(self, path: str, nodes: tuple[Node, ...]) -> bool:
        changes = [self._compute_node(path, node) for node in nodes]  # every one, whatever the first says
        return any(changes)

    def _settle(self, path: str, nodes: tuple[Node, ...]) -> bool:
        """Compute instances that look at each other, from the same beginning each time, until they stand.

        Those that look at themselves never stand; they end as they are after one round an instance and one more.
        """
        before = [(node.is_relevant, node.text) for node in nodes]
        noted = len(self.changes)
        bind = self._form.binds[path]
        for node in nodes:
            node.is_relevant = node.parent is None or node.parent.is_relevant
            if bind.calculate is not None and path not in self._form.historic and node not in self.kept:
                node.text = ""
        for _round in range(len(nodes) + 1):
            if not self._compute_each(path, nodes):
                break
        del self.changes[noted:]  # what came and went is no change
        changed = [node for node, held in zip(nodes, before, strict=True) if (node.is_relevant, node.text) != held]
        for node, (_was_relevant, text) in zip(nodes, before, strict=True):
            if node.text != text:
                self._note_change(node)
        return bool(changed)

    def _count(self, repeat: Repeat, count: Rule) -> bool:
        has_changed = False
        for parent in self._tree.at(repeat.path.rpartition("/")[0]):
            asking = repeat.template.copy()  # the count is asked from inside a repeat, even where there is none yet
            asking.parent = parent
            wanted = to_number(count.run(self._environment, asking), self._environment.zone)
            if wanted > MAX_INSTANCES:
                raise EvaluationError(f"more than {MAX_INSTANCES} instances", repeat.path)
            has_changed |= self.resize(repeat, parent, int(wanted) if wanted >= 1 else 0)
        return has_changed

    def _compute_node(self, path: str, node: Node) -> bool:
        """Compute relevance, value and choices of one node; say whether relevance or value changed."""
        bind = self._form.binds.get(path)
        was_relevant, before = node.is_relevant, node.text
        is_relevant = node.parent is None or node.parent.is_relevant
        if is_relevant and bind is not None and bind.relevant is not None:
            is_relevant = to_boolean(bind.relevant.run(self._environment, node))
        node.is_relevant = is_relevant
        if is_relevant:
            if bind is not None and bind.calculate is not None and node not in self.kept:
                node.text = self._bounded(
                    stored(bind.data_type, bind.calculate.run(self._environment, node), self._environment.zone), path
                )
            control = self._controls.get(path)
            if control is not None and control.is_choice:
                self.offers.renew(control, node)
                if node.text and path not in self._form.fixed:
                    node.text = self.offers.still_offered(control, node)
        if node.text != before:
            self._note_change(node)
        return node.is_relevant != was_relevant or node.text != before

    @staticmethod
    def _bounded(text: str, path: str) -> str:
        if len(text) > MAX_TEXT:
            raise EvaluationError("a value that is too long", path)
        return text

    def _note_change(self, node: Node) -> None:
        if node.path in self._watched:
            self.changes.append((Event.VALUE_CHANGED, node))

    def _observe(self, path: str) -> None:
        bind = self._form.binds.get(path)
        if bind is None or (bind.required is None and bind.readonly is None):
            return
        for node in self._tree.at(path):
            if bind.required is not None:
                self.required[node] = to_boolean(bind.required.run(self._environment, node))
            if bind.readonly is not None:
                self.readonly[node] = to_boolean(bind.readonly.run(self._environment, node))
