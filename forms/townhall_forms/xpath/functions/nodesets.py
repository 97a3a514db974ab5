# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Functions on nodes, positions and instances."""

import hashlib
import math
from collections.abc import Mapping

from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathValueError
from townhall_forms.xpath.functions.signature import Arguments, Function, node_set, text
from townhall_forms.xpath.repeated import indexed_repeat
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.values import NodeSet, Value, to_number, to_string

_PARK_MILLER = 2**31 - 1
_SEED_BYTES = 4


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
    return float(nodes[0].position)


def _instance(scope: Scope, arguments: Arguments) -> Value:
    name = text(scope, arguments[0])
    document = scope.environment.instances.get(name)
    if document is None:
        raise XPathValueError("instance() of an unknown instance")
    return NodeSet([document])


def _pulldata(scope: Scope, arguments: Arguments) -> Value:
    """`pulldata(instance, wanted, key, value)`: one value of the first item whose `key` has the value."""
    name, wanted, key, value = (text(scope, each) for each in arguments)
    document = scope.environment.instances.get(name)
    if document is None:
        raise XPathValueError("pulldata() from an unknown instance")
    items = document.children[0].named.get("item", ())
    scope.environment.spend(len(items))
    found = next((item for item in items if value in _texts(item, key)), None)
    return "" if found is None else next(iter(_texts(found, wanted)), "")


def _texts(item: Node, name: str) -> list[str]:
    return [each.string_value() for each in item.named.get(name, ())]


def _randomize(scope: Scope, arguments: Arguments) -> Value:
    nodes = node_set(scope, arguments[0])
    if len(arguments) == 1:
        return NodeSet(shuffled(nodes, int.from_bytes(scope.environment.randomness(_SEED_BYTES), "big")))
    return NodeSet(shuffled(nodes, _seed(scope, arguments[1])))


def _seed(scope: Scope, argument: Evaluator) -> int:
    """Turn a seed into a whole number; words give the first eight bytes of their SHA-256, as in JavaRosa."""
    value = argument(scope)
    seed = to_number(value, scope.environment.zone)
    if not math.isnan(seed) and not math.isinf(seed):
        return int(seed)
    digest = hashlib.sha256(to_string(value).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def shuffled(nodes: list[Node], seed: int) -> list[Node]:
    """Shuffle inside out with the generator of Park and Miller, as the specification has it."""
    state = abs(seed) % _PARK_MILLER * (-1 if seed < 0 else 1)  # the remainder has the sign of the seed
    if state <= 0:
        state += _PARK_MILLER - 1
    mixed: list[Node] = []
    for place, node in enumerate(nodes):
        state = state * 16_807 % _PARK_MILLER
        other = int((state - 1) / (_PARK_MILLER - 1) * (place + 1))
        if other == place:
            mixed.append(node)
        else:
            mixed.append(mixed[other])
            mixed[other] = node
    return mixed


def _indexed_repeat(scope: Scope, arguments: Arguments) -> Value:
    return indexed_repeat([""] * len(arguments), arguments)(scope)


NODE_SETS: Mapping[str, Function] = {
    "count": Function(_count, 1, 1),
    "count-non-empty": Function(_count_non_empty, 1, 1),
    "position": Function(_position, 0, 1),
    "last": Function(lambda scope, _arguments: float(scope.size), 0, 0),
    "instance": Function(_instance, 1, 1),
    "current": Function(lambda scope, _arguments: NodeSet([scope.current]), 0, 0),
    "pulldata": Function(_pulldata, 4, 4),
    "randomize": Function(_randomize, 1, 2),
    "indexed-repeat": Function(_indexed_repeat, 3, 7),
}
