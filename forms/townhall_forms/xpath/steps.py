# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Walks the steps of a path. Nodes that are not relevant are not there for an expression (ODK XForms, `relevant`)."""

from collections.abc import Callable, Iterable, Mapping

from townhall_forms.nodes import Node, in_document_order
from townhall_forms.xpath.errors import UnsupportedXPathError
from townhall_forms.xpath.lookups import compile_lookup
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.syntax import Axis, Expression, NameTest, NodeTypeTest, Step
from townhall_forms.xpath.values import to_boolean

_FEW = 8  # children that cost no more to walk than to count
Walk = Callable[[Scope, list[Node]], list[Node]]
Compile = Callable[[Expression], Evaluator]


def compile_steps(steps: tuple[Step, ...], compile_expression: Compile, namespaces: Mapping[str, str]) -> Walk:
    """Compile the steps of one path into a function from start nodes to end nodes, in document order."""
    walks = [_compile_step(step, compile_expression, namespaces) for step in steps]

    def walk(scope: Scope, nodes: list[Node]) -> list[Node]:
        for step in walks:
            nodes = step(scope, nodes)
        return nodes

    return walk


def matches_name(node: Node, test: NameTest, namespace: str) -> bool:
    """Say whether ``node`` has the tested name; without a prefix the namespace does not matter."""
    return test.local in {"*", node.local} and (not test.prefix or node.namespace == namespace)


def resolve_prefix(test: NameTest, namespaces: Mapping[str, str]) -> str:
    """Return the namespace of a test's prefix, or nothing.

    Raises:
        UnsupportedXPathError: the form does not declare the prefix.
    """
    if test.prefix and test.prefix not in namespaces:
        raise UnsupportedXPathError(f"undeclared prefix {test.prefix}")
    return namespaces.get(test.prefix, "") if test.prefix else ""


def _compile_step(step: Step, compile_expression: Compile, namespaces: Mapping[str, str]) -> Walk:
    predicates = [compile_expression(predicate) for predicate in step.predicates]
    accepts = _test(step.test, namespaces)
    if step.axis is Axis.CHILD and isinstance(step.test, NameTest) and step.test.local != "*" and not predicates:
        return _named_children(step.test.local, accepts)
    candidates = AXES[step.axis]
    lookup = compile_lookup(step, compile_expression)

    def walk(scope: Scope, nodes: list[Node]) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            known = None if lookup is None else lookup(scope, node)
            if known is not None:
                found.extend(known)
                continue
            selected = [other for other in candidates(node) if accepts(other)]
            scope.environment.spend(len(selected))
            for predicate in predicates:
                selected = filter_nodes(scope, selected, predicate)
            found.extend(selected)
        return in_document_order(found) if len(nodes) > 1 or step.axis in _REVERSE else found

    return walk


def _named_children(local: str, accepts: Callable[[Node], bool]) -> Walk:
    """Walk the commonest step by the index of names, without looking at every child."""

    def walk(scope: Scope, nodes: list[Node]) -> list[Node]:
        found = [child for node in nodes for child in node.named.get(local, ()) if child.is_relevant and accepts(child)]
        if len(found) > _FEW:
            scope.environment.spend(len(found))
        return found

    return walk


def _test(test: NameTest | NodeTypeTest, namespaces: Mapping[str, str]) -> Callable[[Node], bool]:
    if isinstance(test, NameTest):
        namespace = resolve_prefix(test, namespaces)
        return lambda node: matches_name(node, test, namespace)
    if test is NodeTypeTest.NODE:
        return lambda _node: True
    return lambda node: bool(node.text)


def filter_nodes(scope: Scope, nodes: list[Node], predicate: Evaluator) -> list[Node]:
    """Keep the nodes for which ``predicate`` holds; a number means a position (XPath 1.0 §2.4)."""
    size = len(nodes)
    scope.environment.spend(size)
    kept: list[Node] = []
    for position, node in enumerate(nodes, 1):
        value = predicate(Scope(scope.environment, node, scope.current, position, size))
        if isinstance(value, float) and not isinstance(value, bool):
            if value == position:
                kept.append(node)
        elif to_boolean(value):
            kept.append(node)
    return kept


def _children(node: Node) -> Iterable[Node]:
    return (child for child in node.children if child.is_relevant)


def _self(node: Node) -> Iterable[Node]:
    return (node,)


def _parent(node: Node) -> Iterable[Node]:
    return () if node.parent is None else (node.parent,)


def _descendants(node: Node) -> Iterable[Node]:
    for child in _children(node):
        yield child
        yield from _descendants(child)


def _ancestors(node: Node) -> Iterable[Node]:
    """Yield nearest first: positions count away from the node (§2.4)."""
    while node.parent is not None:
        node = node.parent
        yield node


def _following(node: Node) -> Iterable[Node]:
    siblings = list(_children(node.parent)) if node.parent else []
    return siblings[siblings.index(node) + 1 :] if node in siblings else ()


def _preceding(node: Node) -> Iterable[Node]:
    siblings = list(_children(node.parent)) if node.parent else []
    return reversed(siblings[: siblings.index(node)]) if node in siblings else ()


_REVERSE = frozenset({Axis.ANCESTOR, Axis.ANCESTOR_OR_SELF, Axis.PRECEDING_SIBLING})

AXES: Mapping[Axis, Callable[[Node], Iterable[Node]]] = {
    Axis.CHILD: _children,
    Axis.SELF: _self,
    Axis.PARENT: _parent,
    Axis.ATTRIBUTE: lambda node: node.attributes,
    Axis.DESCENDANT: _descendants,
    Axis.DESCENDANT_OR_SELF: lambda node: (node, *_descendants(node)),
    Axis.ANCESTOR: _ancestors,
    Axis.ANCESTOR_OR_SELF: lambda node: (node, *_ancestors(node)),
    Axis.FOLLOWING_SIBLING: _following,
    Axis.PRECEDING_SIBLING: _preceding,
}
