# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Comparisons (XPath 1.0 §3.4): a node-set compares true when one of its nodes does."""

import operator
from collections.abc import Callable, Mapping
from datetime import tzinfo

from townhall_forms.xpath.values import NodeSet, Value, to_boolean, to_number, to_string

_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def equal(left: Value, right: Value, zone: tzinfo, *, negated: bool) -> bool:
    """Return ``left = right``, or ``left != right``, which is not its opposite where a node-set is compared."""
    if isinstance(left, bool) or isinstance(right, bool):
        return (to_boolean(left) == to_boolean(right)) is not negated
    return any(_atoms_equal(one, other, zone) is not negated for one in _atoms(left) for other in _atoms(right))


def relates(relation: str, left: Value, right: Value, zone: tzinfo) -> bool:
    """Return ``left < right`` and its like; both sides are compared as numbers."""
    compare = _RELATIONS[relation]
    if isinstance(left, bool) or isinstance(right, bool):
        return compare(float(to_boolean(left)), float(to_boolean(right)))
    return any(compare(to_number(one, zone), to_number(other, zone)) for one in _atoms(left) for other in _atoms(right))


def _atoms(value: Value) -> tuple[float | str | bool, ...]:
    if isinstance(value, NodeSet):
        return tuple(node.string_value() for node in value.nodes)
    return (value,)


def _atoms_equal(left: float | str | bool, right: float | str | bool, zone: tzinfo) -> bool:  # noqa: FBT001 - values
    if isinstance(left, str) and isinstance(right, str):
        return to_string(left) == to_string(right)
    return to_number(left, zone) == to_number(right, zone)
