# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns a syntax tree into Python closures, so that an answer costs microseconds an expression."""

import math
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial

from townhall_forms.nodes import Node, in_document_order
from townhall_forms.xpath.comparison import equal, relates
from townhall_forms.xpath.errors import UnknownFunctionError, UnsupportedXPathError, XPathValueError
from townhall_forms.xpath.functions import FUNCTIONS, UNSUPPORTED_FUNCTIONS
from townhall_forms.xpath.functions.logic import check_pattern
from townhall_forms.xpath.repeated import indexed_repeat, own_instance, passes, plain_path
from townhall_forms.xpath.scope import Evaluator, Scope
from townhall_forms.xpath.steps import compile_steps, filter_nodes
from townhall_forms.xpath.syntax import (
    Call,
    Chain,
    Expression,
    Filter,
    Literal,
    Logical,
    Negation,
    Number,
    Path,
    Step,
    Union,
)
from townhall_forms.xpath.values import NodeSet, Value, to_boolean, to_number


def compile_expression(
    expression: Expression, namespaces: Mapping[str, str], repeats: frozenset[str] = frozenset()
) -> Evaluator:
    """Compile; ``namespaces`` gives the prefixes that name tests may use, ``repeats`` the paths of nodes that repeat.

    Raises:
        UnknownFunctionError: a function that the standard does not have, or a wrong number of arguments.
        UnsupportedXPathError: a function that this engine does not run yet, or an unknown prefix.
    """
    return _Compiler(namespaces, repeats).expression(expression)


class _Compiler:
    def __init__(self, namespaces: Mapping[str, str], repeats: frozenset[str]) -> None:
        self._namespaces = namespaces
        self._repeats = repeats

    def expression(self, expression: Expression) -> Evaluator:  # noqa: PLR0911 - one branch a kind of node
        match expression:
            case Number(value=constant) | Literal(text=constant):
                return lambda _scope: constant
            case Call():
                return self._call(expression)
            case Path():
                return self._path(expression)
            case Filter():
                return self._filter(expression)
            case Logical():
                return self._logical(expression)
            case Chain():
                return self._chain(expression)
            case Negation(operand=operand):
                inner = self.expression(operand)
                return lambda scope: -to_number(inner(scope), scope.environment.zone)
            case Union(operands=operands):
                return _union([self.expression(operand) for operand in operands])

    def _call(self, call: Call) -> Evaluator:
        if call.name in UNSUPPORTED_FUNCTIONS:
            raise UnsupportedXPathError(f"function {call.name}()")
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise UnknownFunctionError(f"function {call.name}()")
        count = len(call.arguments)
        if count < function.minimum or (function.maximum is not None and count > function.maximum):
            raise UnknownFunctionError(f"function {call.name}() with {count} arguments")
        if call.name == "regex" and isinstance(call.arguments[1], Literal):
            check_pattern(call.arguments[1].text)
        arguments = tuple(self.expression(argument) for argument in call.arguments)
        if call.name == "indexed-repeat":
            return indexed_repeat([plain_path(argument) for argument in call.arguments], arguments)
        run = function.run
        return lambda scope: run(scope, arguments)

    def _steps(self, steps: tuple[Step, ...]) -> Callable[[Scope, list[Node]], list[Node]]:
        return compile_steps(steps, self.expression, self._namespaces)

    def _path(self, path: Path) -> Evaluator:
        walk = self._steps(path.steps)
        if path.is_absolute:
            passed = [(repeat, self._steps(path.steps[length:])) for length, repeat in passes(path, self._repeats)]
            if passed:
                return own_instance(passed, walk)
            return lambda scope: NodeSet(walk(scope, [scope.environment.document]))
        return lambda scope: NodeSet(walk(scope, [scope.node]))

    def _filter(self, filtered: Filter) -> Evaluator:
        primary = self.expression(filtered.primary)
        predicates = [self.expression(predicate) for predicate in filtered.predicates]
        walk = self._steps(filtered.steps)

        def run(scope: Scope) -> Value:
            nodes = _nodes(primary(scope))
            for predicate in predicates:
                nodes = filter_nodes(scope, nodes, predicate)
            return NodeSet(walk(scope, nodes))

        return run

    def _logical(self, logical: Logical) -> Evaluator:
        operands = [self.expression(operand) for operand in logical.operands]
        if logical.is_and:
            return lambda scope: all(to_boolean(operand(scope)) for operand in operands)
        return lambda scope: any(to_boolean(operand(scope)) for operand in operands)

    def _chain(self, chain: Chain) -> Evaluator:
        first = self._operand(chain.first)
        rest = [(_OPERATORS[operator], self._operand(operand)) for operator, operand in chain.rest]
        if len(rest) == 1:
            (apply, second), *_ = rest
            return lambda scope: apply(first(scope), second(scope), scope)

        def run(scope: Scope) -> Value:
            value = first(scope)
            for apply, operand in rest:
                value = apply(value, operand(scope), scope)
            return value

        return run

    def _operand(self, operand: Expression) -> Evaluator:
        """Compile what is compared or counted with: what is not relevant counts as empty, as in the other engines.

        XPath 1.0 (§3.4) says that nothing equals or differs from an empty node-set. But a path without conditions is
        only empty where its nodes are not relevant, and `/data/ill != 'yes'` has to hold for who was not asked.
        """
        evaluate = self.expression(operand)
        if not _is_unconditional(operand):
            return evaluate

        def run(scope: Scope) -> Value:
            value = evaluate(scope)
            return "" if isinstance(value, NodeSet) and not value.nodes else value

        return run


def _is_unconditional(expression: Expression) -> bool:
    if not isinstance(expression, Path | Filter):
        return False
    has_none = not any(step.predicates for step in expression.steps)
    return has_none and (isinstance(expression, Path) or not expression.predicates)


def _nodes(value: Value) -> list[Node]:
    if not isinstance(value, NodeSet):
        raise XPathValueError("a path goes on from something that is no node")
    return value.nodes


def _union(operands: list[Evaluator]) -> Evaluator:
    return lambda scope: NodeSet(in_document_order([node for part in operands for node in _nodes(part(scope))]))


def _comparison(compare: Callable[[Value, Value, tzinfo], bool]) -> Callable[[Value, Value, Scope], Value]:
    def run(left: Value, right: Value, scope: Scope) -> Value:
        if isinstance(left, NodeSet) and isinstance(right, NodeSet):
            scope.environment.spend(len(left.nodes) * len(right.nodes))  # in the worst case each with each
        return compare(left, right, scope.environment.zone)

    return run


def _arithmetic(calculate: Callable[[float, float], float]) -> Callable[[Value, Value, Scope], Value]:
    def run(left: Value, right: Value, scope: Scope) -> Value:
        zone = scope.environment.zone
        return calculate(to_number(left, zone), to_number(right, zone))

    return run


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _modulo(left: float, right: float) -> float:
    if not right or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


_OPERATORS: Mapping[str, Callable[[Value, Value, Scope], Value]] = {
    "=": _comparison(lambda left, right, zone: equal(left, right, zone, negated=False)),
    "!=": _comparison(lambda left, right, zone: equal(left, right, zone, negated=True)),
    **{relation: _comparison(partial(relates, relation)) for relation in ("<", "<=", ">", ">=")},
    "+": _arithmetic(lambda left, right: left + right),
    "-": _arithmetic(lambda left, right: left - right),
    "*": _arithmetic(lambda left, right: left * right),
    "div": _arithmetic(_divide),
    "mod": _arithmetic(_modulo),
}
