# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The choices that questions offer now, and their labels."""

from typing import TypeAlias

from townhall_forms.controls import Control, ControlKind, Itemset
from townhall_forms.errors import EvaluationError
from townhall_forms.form import Form
from townhall_forms.nodes import Node
from townhall_forms.questions import FormChoice
from townhall_forms.texts import Text, show, show_media
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import NodeSet, to_string

_Offered: TypeAlias = tuple[tuple[str, Node | None], ...]  # values, and the nodes that they were taken from


class Offers:
    """Choices by the node of their question; kept until they are taken anew."""

    def __init__(self, form: Form, environment: Environment) -> None:
        self._form = form
        self._environment = environment
        self._offered: dict[Node, _Offered] = {}
        self._labelled: dict[Node, tuple[FormChoice, ...]] = {}

    def values(self, node: Node) -> tuple[str, ...]:
        """Return the values of the choices now."""
        return tuple(value for value, _item in self._offered.get(node, ()))

    def choices(self, control: Control, node: Node) -> tuple[FormChoice, ...]:
        """Return the choices now, labelled in the session's language."""
        known = self._labelled.get(node)
        if known is None:
            if node not in self._offered:
                self._offered[node] = self._read(control, node)
            known = tuple(self._label(control, value, item, node) for value, item in self._offered[node])
            self._labelled[node] = known
        return known

    def forget_labels(self) -> None:
        """Make the labels anew when they are asked for next."""
        self._labelled.clear()

    def forget(self, node: Node) -> None:
        """Forget a question that is there no more."""
        self._offered.pop(node, None)
        self._labelled.pop(node, None)

    def renew(self, control: Control, node: Node) -> None:
        """Take the choices of a question anew."""
        offered = self._read(control, node)
        if offered != self._offered.get(node):
            self._offered[node] = offered
            self._labelled.pop(node, None)

    def still_offered(self, control: Control, node: Node) -> str:
        """Return the value without choices that are offered no more, as the other engines drop them."""
        values = set(self.values(node))
        if control.kind is ControlKind.SELECT_ONE:
            return node.text if node.text in values else ""
        return " ".join(value for value in node.text.split() if value in values)

    def _read(self, control: Control, node: Node) -> _Offered:
        choices = control.choices
        if not isinstance(choices, Itemset):
            return tuple((item.value, None) for item in choices)
        selected = choices.nodes.run(self._environment, node)
        if not isinstance(selected, NodeSet):
            raise EvaluationError("an itemset that selects no nodes", control.path)
        return tuple((to_string(choices.value.run(self._environment, item)), item) for item in selected.nodes)

    def _label(self, control: Control, value: str, item: Node | None, node: Node) -> FormChoice:
        choices = control.choices
        text: Text | None
        if isinstance(choices, Itemset):
            text = choices.label
        else:
            text = next(each.label for each in choices if each.value == value)
        place = (self._form.translations, self._environment, item or node)
        return FormChoice(value, show(text, *place) or value, show_media(text, *place))
