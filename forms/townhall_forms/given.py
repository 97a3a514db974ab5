# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An instance from outside, matched node by node with the form that it claims to be of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from townhall_forms.errors import InstanceFault, InstanceProblem
from townhall_forms.form import Form
from townhall_forms.markup import XFORMS
from townhall_forms.nodes import Node
from townhall_forms.repeats import MAX_INSTANCES
from townhall_forms.state import FormState
from townhall_forms.tree import MAX_NODES, places


@dataclass(frozen=True, slots=True)
class Given:
    """What was handed in, by ref; only what the form has at that place."""

    nodes: Mapping[str, Node]
    problems: tuple[InstanceProblem, ...]


def number_repeats(root: Node, form: Form) -> InstanceProblem | None:
    """Give the repeats of an instance their positions as births, or say why it is too large."""
    total = 0
    for node in root.walk():
        total += 1
        for siblings in node.named.values():
            if siblings[0].path in form.repeats:
                if len(siblings) > MAX_INSTANCES:
                    return InstanceProblem(siblings[0].path, InstanceFault.TOO_LARGE)
                for number, each in enumerate(siblings, 1):
                    each.birth = number
    return InstanceProblem(root.path, InstanceFault.TOO_LARGE) if total > MAX_NODES else None


def are_rising(births: Mapping[str, int]) -> bool:
    """Say whether the births of each repeat rise, as they do where every new instance stands behind the others."""
    latest: dict[str, int] = {}
    for ref, birth in births.items():
        repeat = ref.rpartition("[")[0]
        if birth <= latest.get(repeat, 0):
            return False
        latest[repeat] = birth
    return True


def births_of(root: Node) -> dict[str, int]:
    """Return the birth of every repeat by ref."""
    return {ref: node.birth for ref, node in places(root) if node.birth}


def match(root: Node, state: FormState) -> Given:
    """Match an instance with a state that has the same repeats; what the form does not have is a problem."""
    bound = frozenset(state.form.attributes)
    given: dict[str, Node] = {}
    attributes: dict[str, Node] = {}
    problems: list[InstanceProblem] = []
    for ref, node in places(root):
        known = state.nodes.get(ref)
        is_extra = known is None or ref in given or not is_same_element(node, known, bound)
        if is_extra or not _has_same_kind(node, known):
            problems.append(InstanceProblem(ref, InstanceFault.EXTRA_NODE))
        else:
            given[ref] = node
            attributes.update(_bound_attributes(ref, node, bound))
    if not problems and list(given) != [ref for ref in state.nodes if ref in given]:
        problems.append(InstanceProblem(root.path, InstanceFault.WRONG_ORDER))
    return Given({**given, **attributes}, tuple(problems))


def _bound_attributes(ref: str, node: Node, bound: frozenset[str]) -> Iterator[tuple[str, Node]]:
    return ((f"{ref}/@{each.local}", each) for each in node.attributes if each.path in bound)


def is_same_element(node: Node, known: Node, bound: frozenset[str]) -> bool:
    """Say whether name and attributes are the form's; of attributes that have rules, only the names."""
    return _identity(node, bound) == _identity(known, bound)


def _identity(node: Node, bound: frozenset[str]) -> tuple[str, str, frozenset[tuple[str, str, str]]]:
    attributes = frozenset(
        (each.namespace, each.local, "" if each.path in bound else each.text) for each in node.attributes
    )
    return node.local, "" if node.namespace == XFORMS else node.namespace, attributes


def _has_same_kind(node: Node, known: Node | None) -> bool:
    """Say whether a group is still a group and a question still a question: text in a group is no answer."""
    if known is None:
        return False
    return not node.text.strip() if known.children else not node.children
