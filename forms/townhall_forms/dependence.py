# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds what each node of a form depends on."""

from collections.abc import Iterable, Mapping

from townhall_forms.binds import Bind
from townhall_forms.controls import Control, Itemset
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Rule
from townhall_forms.graph import Graph, build_graph
from townhall_forms.nodes import Node
from townhall_forms.texts import ComputedText, InlineText
from townhall_forms.xpath.functions import HISTORIC_FUNCTIONS, VOLATILE_FUNCTIONS, WORDED_FUNCTIONS
from townhall_forms.xpath.references import Definition, References

MAX_VISITED = 1_500_000
"""Nodes of the definition that all expressions of a form may lead to, again and again."""


class Dependence:
    """Collects the edges of the graph from binds and choices, and what they say about replaying the form."""

    def __init__(
        self,
        definition: Definition,
        nodes: Mapping[str, Node],
        binds: Mapping[str, Bind],
        controls: Iterable[Control],
        counts: Mapping[str, Rule],
    ) -> None:
        self._definition = definition
        self._nodes = nodes
        self._reads: dict[str, set[str]] = {
            path: {node.parent.path} for path, node in nodes.items() if node.parent is not None and node.parent.path
        }
        self._observes: dict[str, set[str]] = {}
        self.volatile: set[str] = set()  # paths computed from the clock or from chance
        self.historic: set[str] = set()  # paths computed from what they held before
        self.worded: set[str] = set()  # paths computed from texts, so from the language too
        self.settling: set[str] = set()  # paths computed from the same path in other instances of a repeat
        self.has_living_choices = False
        self._visited = 0
        self._known: dict[tuple[str, str], References] = {}
        self.warnings: list[str] = []
        for bind in binds.values():
            self._add_bind(bind)
        for control in controls:
            self._add_choices(control)
        for path, count in counts.items():
            self._reads.setdefault(path, set()).update(self._paths(count, path))

    def graph(self) -> Graph:
        """Return the graph.

        Raises:
            FormRefusedError: nodes depend on each other in a circle.
        """
        return build_graph(self._nodes, self._reads, self._observes)

    def _add_bind(self, bind: Bind) -> None:
        for rule in (bind.relevant, bind.calculate):
            if rule is not None:
                self._reads.setdefault(bind.path, set()).update(self._without_self(rule, bind.path))
        for rule in (bind.required, bind.readonly):
            if rule is not None:
                self._observes.setdefault(bind.path, set()).update(self._paths(rule, bind.path))
        if bind.constraint is not None:
            self._paths(bind.constraint, bind.path)
        self._add_functions(bind)

    def _add_functions(self, bind: Bind) -> None:
        for rule in (bind.relevant, bind.calculate):
            functions = set() if rule is None else self._references(rule, bind.path).functions
            if functions & VOLATILE_FUNCTIONS:
                self.volatile.add(bind.path)
            if functions & WORDED_FUNCTIONS:
                self.worded.add(bind.path)
            # `once()` of the clock or of chance alone keeps what would be computed again anyway.
            if rule is not None and functions & HISTORIC_FUNCTIONS and self._paths(rule, bind.path):
                self.historic.add(bind.path)

    def _without_self(self, rule: Rule, path: str) -> set[str]:
        """Return what a rule reads, without the node itself where it is that of another instance of its repeat."""
        references = self._references(rule, path)
        if path not in references.elsewhere:
            return references.paths
        self.settling.add(path)
        return references.paths - {path}

    def _add_choices(self, control: Control) -> None:
        if not isinstance(control.choices, Itemset):
            labels = [item.label for item in control.choices if isinstance(item.label, InlineText)]
            self.has_living_choices |= any(isinstance(part, Rule) for label in labels for part in label.parts)
            return
        paths = self._paths(control.choices.nodes, control.path)
        self._reads.setdefault(control.path, set()).update(paths - {control.path})
        if isinstance(control.choices.label, ComputedText):
            self.has_living_choices |= bool(self._paths(control.choices.label.rule, control.path))

    def _references(self, rule: Rule, path: str) -> References:
        known = self._known.get((path, rule.text))
        if known is None:
            known = rule.references(self._definition, self._nodes[path])
            self._known[path, rule.text] = known
            self._visited += known.visited
            if self._visited > MAX_VISITED:
                raise FormRefusedError(RefusalCause.LIMIT, "expressions that lead everywhere", path)
            self.warnings.extend(f"{path} reads {each}, which is not in the instance" for each in known.dangling)
        return known

    def _paths(self, rule: Rule, path: str) -> set[str]:
        return self._references(rule, path).paths
