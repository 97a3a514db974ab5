# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Absolute paths through repeats: which instance they mean (ODK XForms, "A big deviation with XForms")."""

import math
from collections.abc import Iterator, Sequence

from townhall_forms.nodes import Node
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.steps import Walk
from townhall_forms.xpath.syntax import Axis, Expression, NameTest, Path
from townhall_forms.xpath.values import NodeSet, Value, to_number


def plain_path(expression: Expression) -> str:
    """Return an absolute path that is names only, without prefixes; nothing for any other expression."""
    if not isinstance(expression, Path) or not expression.is_absolute:
        return ""
    names = [step.test.local for step in expression.steps if isinstance(step.test, NameTest) and not step.predicates]
    return "/" + "/".join(names) if len(names) == len(expression.steps) else ""


def passes(path: Path, repeats: frozenset[str]) -> list[tuple[int, str]]:
    """Return (steps so far, repeat) for every repeat that an absolute path goes through, the innermost first.

    A repeat in the last step means all of its instances, as does one behind a predicate: `count(/data/person)` counts
    them, and `/data/person[2]/name` says itself which it means.
    """
    found: list[tuple[int, str]] = []
    place = ""
    for number, step in enumerate(path.steps[:-1], 1):
        if step.axis is not Axis.CHILD or not isinstance(step.test, NameTest) or step.predicates:
            break
        place += f"/{step.test.local}"
        if place in repeats:
            found.append((number, place))
    return found[::-1]


def own_instance(passed: Sequence[tuple[str, Walk]], walk: Walk) -> Evaluator:
    """Compile a path that stays in the instance of a repeat in which the context is, and is absolute elsewhere."""

    def run(scope: Scope) -> Value:
        for repeat, rest in passed:
            instance = _instance(scope, repeat)
            if instance is not None:
                return NodeSet(rest(scope, [instance]))
        return NodeSet(walk(scope, [scope.environment.document]))

    return run


def _instance(scope: Scope, repeat: str) -> Node | None:
    """Find the instance around the context node, or around the owner where the context is in another document."""
    for node in (scope.node, scope.current):
        found = node.instance_of(repeat)
        if found is not None and found.root() is scope.environment.document:
            return found
    return None


def indexed_repeat(paths: Sequence[str], arguments: Sequence[Evaluator]) -> Evaluator:
    """Compile `indexed-repeat(node, repeat, index, ...)`; ``paths`` are the arguments' paths where they are plain."""

    def run(scope: Scope) -> Value:
        path = _path(scope, paths[0], arguments[0])
        places = {
            _path(scope, paths[number], arguments[number]): to_number(
                arguments[number + 1](scope), scope.environment.zone
            )
            for number in range(1, len(arguments) - 1, 2)
        }
        nodes = [scope.environment.document]
        for place in _prefixes(path):
            nodes = [each for node in nodes for each in node.named.get(place.rpartition("/")[2], ())]
            scope.environment.spend(len(nodes))
            if place in places:
                nodes = _nth(nodes, places[place])  # counted as position() counts: the hidden ones too
            elif len(nodes) > 1:
                own = _instance(scope, place)
                nodes = nodes if own is None else [own]
            nodes = [each for each in nodes if each.is_relevant]
        return NodeSet(nodes)

    return run


def _path(scope: Scope, path: str, argument: Evaluator) -> str:
    if path:
        return path
    value = argument(scope)
    return value.nodes[0].path if isinstance(value, NodeSet) and value.nodes else ""


def _prefixes(path: str) -> Iterator[str]:
    steps = path.split("/")
    return ("/".join(steps[:length]) for length in range(2, len(steps) + 1))


def _nth(nodes: list[Node], place: float) -> list[Node]:
    if math.isnan(place) or not 1 <= place <= len(nodes):
        return []
    return [nodes[int(place) - 1]]
