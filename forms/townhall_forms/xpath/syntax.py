# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The syntax tree of an expression. Chains of one precedence are flat, so a long sum is not a deep tree."""

import enum
from dataclasses import dataclass
from typing import TypeAlias


class Axis(enum.Enum):
    """The axes of XPath 1.0 §2.2 that have a meaning in an instance."""

    CHILD = "child"
    PARENT = "parent"
    SELF = "self"
    ATTRIBUTE = "attribute"
    DESCENDANT = "descendant"
    DESCENDANT_OR_SELF = "descendant-or-self"
    ANCESTOR = "ancestor"
    ANCESTOR_OR_SELF = "ancestor-or-self"
    FOLLOWING_SIBLING = "following-sibling"
    PRECEDING_SIBLING = "preceding-sibling"


@dataclass(frozen=True, slots=True)
class NameTest:
    """Selects by name; ``local`` is ``*`` for any, ``prefix`` is empty for any namespace."""

    prefix: str
    local: str


class NodeTypeTest(enum.Enum):
    """Selects by kind. An element's text is its own value here, so ``text()`` selects the element that holds it."""

    NODE = "node"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path."""

    axis: Axis
    test: NameTest | NodeTypeTest
    predicates: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text."""

    value: float


@dataclass(frozen=True, slots=True)
class Literal:
    """A string in the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A location path; ``is_absolute`` starts at the root of the primary instance."""

    is_absolute: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """An expression's nodes, filtered by ``predicates`` and followed by ``steps``."""

    primary: "Expression"
    predicates: tuple["Expression", ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Union:
    """Nodes of several paths in document order."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Logical:
    """``and`` or ``or`` between two or more operands."""

    is_and: bool
    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, left to right: comparisons, sums or products."""

    first: "Expression"
    rest: tuple[tuple[str, "Expression"], ...]


Expression: TypeAlias = Number | Literal | Call | Path | Filter | Negation | Union | Logical | Chain
