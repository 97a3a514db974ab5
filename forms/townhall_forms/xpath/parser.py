# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns an expression's text into its syntax tree (XPath 1.0 grammar, recursive descent)."""

from typing import NoReturn

from townhall_forms.xpath.errors import UnsupportedXPathError, XPathLimitError, XPathSyntaxError
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
    NodeTypeTest,
    Number,
    Path,
    Step,
    Union,
)
from townhall_forms.xpath.tokens import Token, TokenKind, tokenize

MAX_DEPTH = 60  # nested brackets; each costs about a dozen Python frames while parsing

_ANY = Step(Axis.DESCENDANT_OR_SELF, NodeTypeTest.NODE)
_LEVELS = (("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_NODE_TYPES = frozenset({"node", "text"})
_UNSUPPORTED_NODE_TYPES = frozenset({"comment", "processing-instruction"})
_UNSUPPORTED_AXES = frozenset({"following", "preceding", "namespace"})


def parse(expression: str) -> Expression:
    """Parse one expression.

    Raises:
        XPathSyntaxError: it is none.
        UnsupportedXPathError: it uses an axis or a node test that has no meaning here.
        XPathLimitError: it is too long or too deep.
    """
    return _Parser(tokenize(expression)).whole()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, tokens[-1]]  # the end twice, so that looking one ahead needs no check
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._expression()
        if self._peek().kind is not TokenKind.END:
            self._fail("something follows the expression")
        return expression

    # Tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[self._next + ahead]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _is(self, text: str, ahead: int = 0) -> bool:
        token = self._tokens[self._next + ahead]
        return token.text == text and token.is_mark

    def _accept(self, text: str) -> bool:
        if self._is(text):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            self._fail(f"{text!r} is missing")

    def _fail(self, detail: str) -> NoReturn:
        raise XPathSyntaxError(detail, self._peek().offset)

    # Operators, loosest first

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XPathLimitError(f"expression nested deeper than {MAX_DEPTH}")
        expression = self._logical(is_and=False)
        self._depth -= 1
        return expression

    def _logical(self, *, is_and: bool) -> Expression:
        operands = [self._chain(0) if is_and else self._logical(is_and=True)]
        while self._accept("and" if is_and else "or"):
            operands.append(self._chain(0) if is_and else self._logical(is_and=True))
        return operands[0] if len(operands) == 1 else Logical(is_and, tuple(operands))

    def _chain(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        first = self._chain(level + 1)
        rest: list[tuple[str, Expression]] = []
        while self._peek().is_mark and self._peek().text in _LEVELS[level]:
            operator = self._take().text
            rest.append((operator, self._chain(level + 1)))
        return Chain(first, tuple(rest)) if rest else first

    def _unary(self) -> Expression:
        signs = 0
        while self._accept("-"):
            signs += 1
        operand = self._union()
        if not signs:
            return operand
        return Negation(operand) if signs % 2 else Negation(Negation(operand))

    def _union(self) -> Expression:
        operands = [self._path()]
        while self._accept("|"):
            operands.append(self._path())
        return operands[0] if len(operands) == 1 else Union(tuple(operands))

    # Paths

    def _path(self) -> Expression:
        if self._starts_primary():
            return self._filter()
        if self._is("//"):
            return Path(is_absolute=True, steps=tuple(self._more_steps()))
        if self._accept("/"):
            if not self._starts_step():
                return Path(is_absolute=True, steps=())
            return Path(is_absolute=True, steps=(self._step(), *self._more_steps()))
        return Path(is_absolute=False, steps=(self._step(), *self._more_steps()))

    def _starts_primary(self) -> bool:
        token = self._peek()
        if token.kind in {TokenKind.NUMBER, TokenKind.LITERAL} or self._is("("):
            return True
        is_call = token.kind is TokenKind.NAME and self._is("(", 1)
        return is_call and token.text not in _NODE_TYPES | _UNSUPPORTED_NODE_TYPES

    def _starts_step(self) -> bool:
        token = self._peek()
        return token.kind is TokenKind.NAME or any(self._is(text) for text in (".", "..", "@", "*"))

    def _filter(self) -> Expression:
        primary = self._primary()
        predicates = self._predicates()
        steps = tuple(self._more_steps())
        return Filter(primary, predicates, steps) if predicates or steps else primary

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind is TokenKind.NUMBER:
            return Number(float(token.text))
        if token.kind is TokenKind.LITERAL:
            return Literal(token.text)
        if token.kind is TokenKind.NAME:
            self._expect("(")
            return Call(token.text, self._arguments())
        expression = self._expression()
        self._expect(")")
        return expression

    def _arguments(self) -> tuple[Expression, ...]:
        if self._accept(")"):
            return ()
        arguments = [self._expression()]
        while self._accept(","):
            arguments.append(self._expression())
        self._expect(")")
        return tuple(arguments)

    def _predicates(self) -> tuple[Expression, ...]:
        predicates: list[Expression] = []
        while self._accept("["):
            predicates.append(self._expression())
            self._expect("]")
        return tuple(predicates)

    def _more_steps(self) -> list[Step]:
        steps: list[Step] = []
        while self._is("/") or self._is("//"):
            if self._take().text == "//":
                steps.append(_ANY)
            steps.append(self._step())
        return steps

    def _step(self) -> Step:
        if self._accept("."):
            return Step(Axis.SELF, NodeTypeTest.NODE, self._predicates())
        if self._accept(".."):
            return Step(Axis.PARENT, NodeTypeTest.NODE, self._predicates())
        axis = self._axis()
        return Step(axis, self._test(), self._predicates())

    def _axis(self) -> Axis:
        if self._accept("@"):
            return Axis.ATTRIBUTE
        if not self._is("::", 1):
            return Axis.CHILD
        name = self._take().text
        self._expect("::")
        if name in _UNSUPPORTED_AXES:
            raise UnsupportedXPathError(f"axis {name}")
        try:
            return Axis(name)
        except ValueError:
            self._fail(f"{name!r} is no axis")

    def _test(self) -> NameTest | NodeTypeTest:
        token = self._take()
        if token.kind is TokenKind.SYMBOL and token.text == "*":
            return NameTest("", "*")
        if token.kind is not TokenKind.NAME:
            self._next -= 1
            self._fail("a name is missing")
        if self._accept("("):
            self._expect(")")
            if token.text not in _NODE_TYPES:
                raise UnsupportedXPathError(f"node test {token.text}()")
            return NodeTypeTest(token.text)
        prefix, _, local = token.text.rpartition(":")
        return NameTest(prefix, local)
