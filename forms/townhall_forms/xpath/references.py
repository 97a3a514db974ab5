# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds what an expression reads, without evaluating it: the edges of the dependency graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathValueError
from townhall_forms.xpath.steps import AXES, matches_name, resolve_prefix
from townhall_forms.xpath.syntax import (
    Axis,
    Call,
    Chain,
    Expression,
    Filter,
    Literal,
    Logical,
    NameTest,
    Negation,
    Number,
    Path,
    Step,
    Union,
)

# These look at a node's place or name, not at what it holds.
_SHALLOW = frozenset({"position", "name", "local-name", "count", "current"})


@dataclass(slots=True)
class References:
    """What one expression reads."""

    paths: set[str] = field(default_factory=set)  # of nodes of the primary instance
    functions: set[str] = field(default_factory=set)
    dangling: list[str] = field(default_factory=list)  # absolute paths that lead nowhere


@dataclass(frozen=True, slots=True)
class Definition:
    """The pristine trees that paths are followed in; every node of them is relevant."""

    document: Node
    instances: Mapping[str, Node]
    namespaces: Mapping[str, str]


def find_references(expression: Expression, definition: Definition, current: Node) -> References:
    """Follow every path of ``expression``, as owned by ``current``, through the pristine instance.

    A path that ends at a group reads everything below it. Predicates are followed, not applied.

    Raises:
        XPathValueError: it names an instance that the form does not have.
    """
    finder = _Finder(definition, current)
    finder.visit(expression, [current], is_shallow=False)
    return finder.found


class _Finder:
    def __init__(self, definition: Definition, current: Node) -> None:
        self._definition = definition
        self._current = current
        self.found = References()

    def visit(self, expression: Expression, contexts: list[Node], *, is_shallow: bool) -> list[Node]:
        """Record what ``expression`` reads; return the nodes that it may select."""
        match expression:
            case Number() | Literal():
                return []
            case Path():
                nodes = self._path(expression, contexts)
                self._record(nodes, is_shallow=is_shallow)
                return nodes
            case Filter():
                nodes = self._filter(expression, contexts)
                self._record(nodes, is_shallow=is_shallow)
                return nodes
            case Call():
                return self._call(expression, contexts)
            case _:
                parts = [self.visit(part, contexts, is_shallow=is_shallow) for part in _operands(expression)]
                return [node for part in parts for node in part] if isinstance(expression, Union) else []

    def _path(self, path: Path, contexts: list[Node]) -> list[Node]:
        start = [self._definition.document] if path.is_absolute else contexts
        nodes = self._steps(path.steps, start)
        if path.is_absolute and path.steps and not nodes:
            self.found.dangling.append("/" + "/".join(_step_text(step) for step in path.steps))
        return nodes

    def _filter(self, filtered: Filter, contexts: list[Node]) -> list[Node]:
        # Nodes of the primary itself are passed through, not read: current()/../x reads x alone.
        nodes = self.visit(filtered.primary, contexts, is_shallow=True)
        for predicate in filtered.predicates:
            self.visit(predicate, nodes, is_shallow=False)
        return self._steps(filtered.steps, nodes)

    def _steps(self, steps: tuple[Step, ...], nodes: list[Node]) -> list[Node]:
        for step in steps:
            nodes = self._step(step, nodes)
            for predicate in step.predicates:
                self.visit(predicate, nodes, is_shallow=False)
        return nodes

    def _step(self, step: Step, nodes: list[Node]) -> list[Node]:
        test = step.test
        if step.axis is Axis.CHILD and isinstance(test, NameTest) and test.local != "*":
            reached: Iterable[Node] = (child for node in nodes for child in node.named.get(test.local, ()))
        else:
            reached = (other for node in nodes for other in AXES[step.axis](node))
        if isinstance(test, NameTest):
            namespace = resolve_prefix(test, self._definition.namespaces)
            reached = (node for node in reached if matches_name(node, test, namespace))
        return list(dict.fromkeys(reached))

    def _call(self, call: Call, contexts: list[Node]) -> list[Node]:
        self.found.functions.add(call.name)
        if call.name == "current":
            return [self._current]
        if call.name == "instance" and call.arguments:
            return self._instances(call.arguments[0], contexts)
        if call.name in {"string", "number", "string-length", "normalize-space"} and not call.arguments:
            self._record(contexts, is_shallow=False)
        for argument in call.arguments:
            self.visit(argument, contexts, is_shallow=call.name in _SHALLOW)
        return []

    def _instances(self, argument: Expression, contexts: list[Node]) -> list[Node]:
        if not isinstance(argument, Literal):
            self.visit(argument, contexts, is_shallow=False)
            return list(self._definition.instances.values())
        document = self._definition.instances.get(argument.text)
        if document is None:
            raise XPathValueError(f"instance({argument.text!r}) is not in the form")
        return [document]

    def _record(self, nodes: list[Node], *, is_shallow: bool) -> None:
        for node in nodes:
            if node.root() is self._definition.document:
                below = [node] if is_shallow else node.walk()
                self.found.paths.update(each.path for each in below)


def _operands(expression: Negation | Union | Logical | Chain) -> tuple[Expression, ...]:
    match expression:
        case Negation(operand=operand):
            return (operand,)
        case Union(operands=operands) | Logical(operands=operands):
            return operands
        case Chain(first=first, rest=rest):
            return (first, *(operand for _operator, operand in rest))


def _step_text(step: Step) -> str:
    return step.test.local if isinstance(step.test, NameTest) else step.axis.value
