# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cuts an XPath expression into tokens (XPath 1.0 §3.7, with its rules for ``*`` and operator names)."""

import enum
import re
from dataclasses import dataclass

from townhall_forms.xpath.errors import XPathLimitError, XPathSyntaxError

MAX_LENGTH = 64 * 1024

_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<number>\d+(?:\.\d*)?|\.\d+)
  | (?P<literal>"[^"]*"|'[^']*')
  | (?P<variable>\$)
  | (?P<name>{_NAME}(?::(?:{_NAME}|\*))?(?!:(?!:)))
  | (?P<symbol>::|//|\.\.|<=|>=|!=|[()\[\].@,/|+\-=<>*])
  | (?P<end>$)
)""",
    re.VERBOSE,
)
_OPERATOR_NAMES = frozenset({"and", "or", "mod", "div"})
# After one of these a name or a * starts an operand; after anything else it is an operator (§3.7).
_BEFORE_OPERAND = frozenset({"@", "::", "(", "[", ",", "/", "//", "|", "+", "-", "=", "!=", "<", "<=", ">", ">="})


class TokenKind(enum.Enum):
    """What a token is."""

    NUMBER = "number"
    LITERAL = "literal"
    NAME = "name"
    SYMBOL = "symbol"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` of a literal is without its quotes."""

    kind: TokenKind
    text: str
    offset: int
    is_mark: bool  # a symbol or an operator


def tokenize(expression: str) -> list[Token]:
    """Return the tokens of ``expression``, the last one being ``END``.

    Raises:
        XPathSyntaxError: a character that starts no token.
        XPathLimitError: the expression is too long.
    """
    if len(expression) > MAX_LENGTH:
        raise XPathLimitError(f"expression of {len(expression)} characters")
    tokens: list[Token] = []
    offset = 0
    while True:
        match = _TOKEN.match(expression, offset)
        if match is None or match.lastgroup is None:
            blank = len(expression[offset:]) - len(expression[offset:].lstrip())
            raise XPathSyntaxError("no token starts", offset + blank)
        token = _token(match, tokens[-1] if tokens else None)
        tokens.append(token)
        if token.kind is TokenKind.END:
            return tokens
        offset = match.end()


def _token(match: re.Match[str], before: Token | None) -> Token:
    group = match.lastgroup or ""
    text, offset = match[group], match.start(group)
    if group == "variable":
        raise XPathSyntaxError("variables are no part of ODK XForms", offset)
    if group == "literal":
        return Token(TokenKind.LITERAL, text[1:-1], offset, is_mark=False)
    is_operator = before is not None and not _expects_operand(before)
    if group == "name" and is_operator and text in _OPERATOR_NAMES:
        return Token(TokenKind.OPERATOR, text, offset, is_mark=True)
    if group == "symbol" and text == "*" and is_operator:
        return Token(TokenKind.OPERATOR, text, offset, is_mark=True)
    return Token(TokenKind(group), text, offset, is_mark=group == "symbol")


def _expects_operand(before: Token) -> bool:
    if before.kind is TokenKind.OPERATOR:
        return True
    return before.kind is TokenKind.SYMBOL and before.text in _BEFORE_OPERAND
