# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a function of the standard is described: its argument counts, and what it does with unevaluated arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathValueError
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.values import NodeSet, Value, to_number, to_string

Arguments: TypeAlias = tuple[Evaluator, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """One function; ``maximum`` None takes any number. Arguments come unevaluated, so ``if`` evaluates one branch."""

    run: Callable[[Scope, Arguments], Value]
    minimum: int = 0
    maximum: int | None = None


def of_strings(function: Callable[..., Value], minimum: int, maximum: int | None) -> Function:
    """Describe a function whose arguments all become strings."""
    return Function(
        lambda scope, arguments: function(*(to_string(each(scope)) for each in arguments)), minimum, maximum
    )


def of_numbers(function: Callable[..., Value], minimum: int, maximum: int | None) -> Function:
    """Describe a function whose arguments all become numbers."""
    return Function(lambda scope, arguments: function(*(number(scope, each) for each in arguments)), minimum, maximum)


def text(scope: Scope, argument: Evaluator) -> str:
    """Evaluate an argument as a string."""
    return to_string(argument(scope))


def number(scope: Scope, argument: Evaluator) -> float:
    """Evaluate an argument as a number."""
    return to_number(argument(scope), scope.environment.zone)


def node_set(scope: Scope, argument: Evaluator) -> list[Node]:
    """Evaluate an argument that must be a node-set.

    Raises:
        XPathValueError: it is none.
    """
    value = argument(scope)
    if not isinstance(value, NodeSet):
        raise XPathValueError("a node-set is expected")
    return value.nodes


def texts(scope: Scope, arguments: Arguments) -> list[str]:
    """Evaluate arguments as strings, every node of a node-set giving one."""
    found: list[str] = []
    for argument in arguments:
        value = argument(scope)
        if isinstance(value, NodeSet):
            found.extend(node.string_value() for node in value.nodes)
        else:
            found.append(to_string(value))
    return found
