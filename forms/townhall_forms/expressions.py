# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Compiles the expressions of one form, each text once, and turns what is wrong with them into refusals."""

from collections.abc import Mapping
from dataclasses import dataclass

from townhall_forms.errors import EvaluationError, FormRefusedError, RefusalCause
from townhall_forms.nodes import Node
from townhall_forms.xpath.compiler import compile_expression
from townhall_forms.xpath.errors import (
    UnknownFunctionError,
    UnsupportedXPathError,
    XPathError,
    XPathLimitError,
    XPathSyntaxError,
)
from townhall_forms.xpath.functions import DRAWING_FUNCTIONS
from townhall_forms.xpath.parser import parse
from townhall_forms.xpath.references import Definition, References, called_functions, find_references
from townhall_forms.xpath.scope import STEPS_OF_A_RULE, Environment, Evaluator, Scope
from townhall_forms.xpath.syntax import Call, Expression
from townhall_forms.xpath.values import Value

MAX_KEPT = 20_000

_CAUSES: Mapping[type[XPathError], RefusalCause] = {
    XPathSyntaxError: RefusalCause.XPATH_SYNTAX,
    UnknownFunctionError: RefusalCause.UNKNOWN_FUNCTION,
    UnsupportedXPathError: RefusalCause.UNSUPPORTED,
    XPathLimitError: RefusalCause.LIMIT,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled expression and where it stands in the form."""

    text: str
    place: str
    syntax: Expression
    evaluate: Evaluator
    is_volatile: bool = False  # it draws random values

    @property
    def is_always_true(self) -> bool:
        """Whether it is literally ``true()``."""
        return self.syntax == Call("true", ())

    @property
    def is_always_false(self) -> bool:
        """Whether it is literally ``false()``."""
        return self.syntax == Call("false", ())

    def run(self, environment: Environment, node: Node) -> Value:
        """Evaluate with ``node`` as context and as current node.

        Raises:
            EvaluationError: a function met a value that it cannot work on.
        """
        if not environment.is_metered:
            environment.steps_left = STEPS_OF_A_RULE
        before = (environment.owner, environment.drawn)
        if self.is_volatile:
            environment.owner, environment.drawn = (node, self.text), 0
        try:
            return self.evaluate(Scope(environment, node, node))
        except (XPathError, ArithmeticError, RecursionError) as exc:
            # Not only our own: an instance from outside must not be able to stop the centre with a strange number.
            raise EvaluationError(type(exc).__name__, self.place) from exc
        finally:
            environment.owner, environment.drawn = before

    def references(self, definition: Definition, current: Node) -> References:
        """Find what the expression reads when ``current`` owns it.

        Raises:
            FormRefusedError: it names an instance that the form does not have.
        """
        try:
            return find_references(self.syntax, definition, current)
        except XPathError as exc:
            cause = _CAUSES.get(type(exc), RefusalCause.BAD_REFERENCE)
            raise FormRefusedError(cause, f"{exc} in {self.text[:200]!r}", self.place) from exc


class Expressions:
    """The compiler of one form; equal texts are compiled once."""

    def __init__(self, namespaces: Mapping[str, str], repeats: frozenset[str] = frozenset()) -> None:
        self._namespaces = namespaces
        self._repeats = repeats
        self._compiled: dict[str, tuple[Expression, Evaluator, bool]] = {}

    def rule(self, text: str, place: str) -> Rule:
        """Compile one expression.

        Raises:
            FormRefusedError: it is no expression, or none that this engine runs.
        """
        known = self._compiled.get(text)
        if known is None:
            try:
                syntax = parse(text)
                evaluate = compile_expression(syntax, self._namespaces, self._repeats)
                known = (syntax, evaluate, bool(called_functions(syntax) & DRAWING_FUNCTIONS))
            except XPathError as exc:
                raise FormRefusedError(
                    _CAUSES.get(type(exc), RefusalCause.BAD_REFERENCE), f"{exc} in {text[:200]!r}", place
                ) from exc
            if len(self._compiled) < MAX_KEPT:  # an expression may put paths together from answers
                self._compiled[text] = known
        return Rule(text, place, *known)

    def optional(self, text: str, place: str) -> Rule | None:
        """Compile an expression unless it is empty."""
        return self.rule(text, place) if text.strip() else None
