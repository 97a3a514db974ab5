# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Functions on nodes, positions and instances."""

from collections.abc import Mapping

from townhall_forms.xpath.errors import XPathValueError
from townhall_forms.xpath.functions.signature import Arguments, Function, node_set, text
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import NodeSet, Value


def _count(scope: Scope, arguments: Arguments) -> Value:
    return float(len(node_set(scope, arguments[0])))


def _count_non_empty(scope: Scope, arguments: Arguments) -> Value:
    return float(sum(1 for node in node_set(scope, arguments[0]) if node.string_value()))


def _position(scope: Scope, arguments: Arguments) -> Value:
    """Return the context position, or the place of a node among its siblings of the same name."""
    if not arguments:
        return float(scope.position)
    nodes = node_set(scope, arguments[0])
    if not nodes:
        raise XPathValueError("position() of no node")
    node = nodes[0]
    if node.parent is None:
        return 1.0
    return float(next(place for place, each in enumerate(node.parent.named[node.local], 1) if each is node))


def _instance(scope: Scope, arguments: Arguments) -> Value:
    name = text(scope, arguments[0])
    document = scope.environment.instances.get(name)
    if document is None:
        raise XPathValueError("instance() of an unknown instance")
    return NodeSet([document])


NODE_SETS: Mapping[str, Function] = {
    "count": Function(_count, 1, 1),
    "count-non-empty": Function(_count_non_empty, 1, 1),
    "position": Function(_position, 0, 1),
    "last": Function(lambda scope, _arguments: float(scope.size), 0, 0),
    "instance": Function(_instance, 1, 1),
    "current": Function(lambda scope, _arguments: NodeSet([scope.current]), 0, 0),
}
