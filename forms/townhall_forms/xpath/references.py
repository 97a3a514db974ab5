# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds what an expression reads, without evaluating it: the edges of the dependency graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathLimitError, XPathValueError
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
MAX_VISITED = 300_000
"""Nodes of the definition that one expression may lead to, again and again; honest ones lead to a few hundred."""

_BESIDE = frozenset({Axis.FOLLOWING_SIBLING, Axis.PRECEDING_SIBLING})
_SHALLOW = frozenset({"position", "name", "local-name", "count", "current"})


@dataclass(slots=True)
class References:
    """What one expression reads."""

    paths: set[str] = field(default_factory=set)  # of nodes of the primary instance
    elsewhere: set[str] = field(default_factory=set)  # those of them that are read in chosen instances of a repeat only
    functions: set[str] = field(default_factory=set)
    visited: int = 0  # nodes that were looked at
    dangling: list[str] = field(default_factory=list)  # absolute paths that lead nowhere


@dataclass(frozen=True, slots=True)
class Definition:
    """The pristine trees that paths are followed in; every node of them is relevant."""

    document: Node
    instances: Mapping[str, Node]
    namespaces: Mapping[str, str]
    repeats: frozenset[str] = frozenset()  # paths of nodes that repeat; the trees have each once


def called_functions(expression: Expression) -> set[str]:
    """Return the names of all functions that an expression calls."""
    match expression:
        case Number() | Literal():
            return set()
        case Path(steps=steps):
            return _called_in(steps)
        case Filter(primary=primary, predicates=predicates, steps=steps):
            return called_functions(primary) | _called_by_all(predicates) | _called_in(steps)
        case Call(name=name, arguments=arguments):
            return {name} | _called_by_all(arguments)
        case _:
            return _called_by_all(_operands(expression))


def _called_by_all(expressions: Iterable[Expression]) -> set[str]:
    return {name for each in expressions for name in called_functions(each)}


def _called_in(steps: Iterable[Step]) -> set[str]:
    return {name for step in steps for name in _called_by_all(step.predicates)}


def find_references(expression: Expression, definition: Definition, current: Node) -> References:
    """Follow every path of ``expression``, as owned by ``current``, through the pristine instance.

    A path that ends at a group reads everything below it. Predicates are followed, not applied.

    Raises:
        XPathValueError: it names an instance that the form does not have.
        XPathLimitError: it leads to more than ``MAX_VISITED`` nodes.
    """
    finder = _Finder(definition, current)
    finder.visit_whole(expression)
    finder.found.elsewhere -= finder.own
    return finder.found


class _Finder:
    def __init__(self, definition: Definition, current: Node) -> None:
        self._definition = definition
        self._current = current
        self.found = References()
        self.own: set[str] = set()  # read in the instance where the expression stands, or in all
        self._is_elsewhere = False

    def visit_whole(self, expression: Expression) -> None:
        """Record what a rule reads. `coalesce(., other)` keeps what is there: it is `once(other)` by another name."""
        match expression:
            case Call(name="coalesce", arguments=(Path() as held, other)) if self._is_current(held):
                self.found.functions |= {"coalesce", "once"}
                expression = other
            case _:
                pass
        self.visit(expression, [self._current], is_shallow=False)

    def _is_current(self, path: Path) -> bool:
        start = [self._definition.document] if path.is_absolute else [self._current]
        is_plain = all(not step.predicates for step in path.steps)
        return is_plain and self._steps(path.steps, start) == [self._current]

    def visit(self, expression: Expression, contexts: list[Node], *, is_shallow: bool) -> list[Node]:
        """Record what ``expression`` reads; return the nodes that it may select."""
        match expression:
            case Number() | Literal():
                return []
            case Path() | Filter():
                outside = self._is_elsewhere
                if isinstance(expression, Path):
                    nodes = self._path(expression, contexts)
                else:
                    nodes = self._filter(expression, contexts)
                self._record(nodes, is_shallow=is_shallow)
                self._is_elsewhere = outside
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
            repeats = self._definition.repeats
            is_chosen = bool(repeats) and any(node.path in repeats for node in nodes)
            for predicate in step.predicates:
                outside, self._is_elsewhere = self._is_elsewhere, False
                self.visit(predicate, nodes, is_shallow=False)
                self._is_elsewhere = outside or is_chosen
            self._is_elsewhere |= is_chosen and step.axis in _BESIDE
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
        return self._count(list(dict.fromkeys(reached)))

    def _call(self, call: Call, contexts: list[Node]) -> list[Node]:
        self.found.functions.add(call.name)
        if call.name == "current":
            return [self._current]
        if call.name == "instance" and call.arguments:
            return self._instances(call.arguments[0], contexts)
        if call.name in {"string", "number", "string-length", "normalize-space"} and not call.arguments:
            self._record(contexts, is_shallow=False)
        for number, argument in enumerate(call.arguments):
            outside = self._is_elsewhere
            # A position is a matter of the tree: a node that asks for its own waits for nothing.
            self._is_elsewhere |= call.name == "position" or (call.name == "indexed-repeat" and number == 0)
            is_shallow = call.name in _SHALLOW or (call.name == "indexed-repeat" and number % 2 == 1)
            self.visit(argument, contexts, is_shallow=is_shallow)
            self._is_elsewhere = outside
        return self.visit(call.arguments[0], contexts, is_shallow=True) if call.name == "randomize" else []

    def _instances(self, argument: Expression, contexts: list[Node]) -> list[Node]:
        if not isinstance(argument, Literal):
            self.visit(argument, contexts, is_shallow=False)
            return list(self._definition.instances.values())
        document = self._definition.instances.get(argument.text)
        if document is None:
            raise XPathValueError(f"instance({argument.text!r}) is not in the form")
        return [document]

    def _count(self, nodes: list[Node]) -> list[Node]:
        self.found.visited += len(nodes)
        if self.found.visited > MAX_VISITED:
            raise XPathLimitError("an expression that leads everywhere")
        return nodes

    def _record(self, nodes: list[Node], *, is_shallow: bool) -> None:
        for node in nodes:
            if node.root() is self._definition.document:
                below = {each.path for each in self._count([node] if is_shallow else list(node.walk()))}
                self.found.paths |= below
                if self._is_elsewhere:
                    self.found.elsewhere |= below
                else:
                    self.own |= below


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
