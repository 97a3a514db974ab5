# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an expression sees while it is evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol, TypeAlias

from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathLimitError
from townhall_forms.xpath.values import Value


class ChoiceNames(Protocol):
    """Looks up the label of a choice, for ``jr:choice-name``."""

    def __call__(self, value: str, path: str, current: Node) -> str:
        """Return the label in the session's language of ``value`` among the choices of the question at ``path``."""


class Texts(Protocol):
    """Looks up a text of the form, for ``jr:itext``."""

    def __call__(self, text_id: str, current: Node) -> str:
        """Return the text in the session's language."""


STEPS_OF_A_RULE = 500_000
"""Nodes that one expression may look at; honest ones look at a few thousand."""


@dataclass(slots=True)
class Environment:
    """One session's world: its instances, its clock, its language. Nothing else reaches an expression."""

    document: Node  # above the primary instance's root
    instances: Mapping[str, Node]  # documents of all instances by id
    now: datetime  # aware; stands still during a session
    zone: tzinfo
    language: str  # BCP 47
    randomness: Callable[[int], bytes]
    choice_names: ChoiceNames
    texts: Texts
    version: str = ""  # of the form
    steps_left: int = STEPS_OF_A_RULE
    is_metered: bool = False  # one allowance for a whole recomputation instead of one an expression
    indexes: dict[tuple[int, str, str], dict[str, list[int]]] = field(default_factory=dict)  # see ``lookups``
    owner: tuple[Node, str] | None = None  # whose random values are drawn: a node and the text of its rule
    drawn: int = 0  # how many of them so far

    def spend(self, steps: int) -> None:
        """Count nodes that an expression looks at.

        Raises:
            XPathLimitError: more than any honest form needs.
        """
        self.steps_left -= steps
        if self.steps_left < 0:
            raise XPathLimitError("a computation without end")


@dataclass(slots=True)
class Scope:
    """The context of one evaluation (XPath 1.0 §1), and ``current``, the node that owns the expression."""

    environment: Environment
    node: Node
    current: Node
    position: int = 1
    size: int = 1


Evaluator: TypeAlias = Callable[[Scope], Value]
