# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds items of a long list by one of their values without looking at each: `item[name = current()/../town]`."""

from collections.abc import Callable, Mapping

from townhall_forms.nodes import Node
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.syntax import Axis, Call, Chain, Expression, Filter, Literal, NameTest, Path, Step
from townhall_forms.xpath.values import NodeSet

_LONG = 32  # children; a shorter list is looked through

Find = Callable[[Scope, Node], list[Node] | None]


def compile_lookup(step: Step, compile_expression: Callable[[Expression], Evaluator]) -> Find | None:
    """Compile `child[name = value]` where the value is the same for each child, or return None for other steps.

    The function gives the children of a node, or None where they must be looked through: of the primary instance,
    because it changes, of a short list, and where the value is neither text nor nodes.
    """
    parts = _key_and_value(step)
    if parts is None or not isinstance(step.test, NameTest):
        return None
    child, (key, value) = step.test.local, parts
    evaluate = compile_expression(value)

    def find(scope: Scope, node: Node) -> list[Node] | None:
        if len(node.named.get(child, ())) < _LONG or node.root() is scope.environment.document:
            return None
        wanted = evaluate(Scope(scope.environment, node, scope.current))
        if isinstance(wanted, NodeSet):
            texts = {each.string_value() for each in wanted.nodes}
        elif isinstance(wanted, str):
            texts = {wanted}
        else:
            return None
        index = _index(scope, node, child, key)
        places = sorted({place for text in texts for place in index.get(text, ())})
        scope.environment.spend(len(places))
        return [node.named[child][place] for place in places]

    return find


def _key_and_value(step: Step) -> tuple[str, Expression] | None:
    """Return the child's name that is compared and what with, if the only predicate is such a comparison."""
    if step.axis is not Axis.CHILD or not isinstance(step.test, NameTest) or step.test.local == "*" or step.test.prefix:
        return None
    match step.predicates:
        case (Chain(first=Path(is_absolute=False, steps=(only,)), rest=(("=", value),)),):
            is_name = only.axis is Axis.CHILD and isinstance(only.test, NameTest) and not only.predicates
            if is_name and isinstance(only.test, NameTest) and only.test.local != "*" and _is_constant(value):
                return only.test.local, value
    return None


def _is_constant(value: Expression) -> bool:
    """Say whether an expression gives the same for every node that is tested."""
    match value:
        case Literal() | Path(is_absolute=True):
            return True
        case Filter(primary=Call(name="current"), predicates=()):
            return True
        case _:
            return False


def _index(scope: Scope, node: Node, child: str, key: str) -> Mapping[str, list[int]]:
    indexes = scope.environment.indexes
    known = indexes.get((id(node), child, key))
    if known is None:
        known = {}
        for place, each in enumerate(node.named[child]):
            for text in {other.string_value() for other in each.named.get(key, ())}:
                known.setdefault(text, []).append(place)
        indexes[id(node), child, key] = known
    return known
