# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the body: controls in order, their texts and choices, and the groups around them."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from townhall_forms.binds import existing_path
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import JAVAROSA, ODK, XFORMS, attribute, name_of
from townhall_forms.nodes import Node
from townhall_forms.texts import ComputedText, Text, Translations, read_text, reference_text

# Parts of the standard that a form may use and this engine does not run yet, by element name.
UNSUPPORTED_ELEMENTS: Mapping[str, str] = {
    "upload": "upload",
    "range": "range",
    "rank": "rank",
    "repeat": "repeat",
    "secret": "secret",
    "setvalue": "setvalue",
    "setgeopoint": "setgeopoint",
    "recordaudio": "recordaudio",
}
_KNOWN_NAMESPACES = frozenset({XFORMS, ODK, JAVAROSA})


class ControlKind(enum.Enum):
    """The controls that people can answer here."""

    INPUT = "input"
    SELECT_ONE = "select1"
    SELECT_MANY = "select"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class StaticItem:
    """One choice written in the body."""

    value: str
    label: Text | None


@dataclass(frozen=True, slots=True)
class Itemset:
    """Choices taken from an instance; ``value`` and ``label`` are evaluated at each selected node."""

    nodes: Rule
    value: Rule
    label: Text | None


Choices: TypeAlias = tuple[StaticItem, ...] | Itemset


@dataclass(frozen=True, slots=True)
class Group:
    """A group in the body; ``path`` is empty where it is about layout only."""

    path: str
    label: Text | None
    outer: "Group | None"


@dataclass(frozen=True, slots=True)
class Control:
    """One question or note of the body."""

    path: str
    kind: ControlKind
    label: Text | None
    hint: Text | None
    choices: Choices
    appearance: frozenset[str]
    group: Group | None

    @property
    def is_choice(self) -> bool:
        """Whether it asks to choose among offered values."""
        return self.kind in {ControlKind.SELECT_ONE, ControlKind.SELECT_MANY}


@dataclass(slots=True)
class Body:
    """What was read; ``warnings`` are for the form's author."""

    controls: list[Control] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_body(
    body: etree._Element | None, nodes: Mapping[str, Node], expressions: Expressions, translations: Translations
) -> Body:
    """Read the controls of a form, in order.

    Raises:
        FormRefusedError: a control that this engine does not run, or that refers to no node.
    """
    reader = _BodyReader(nodes, expressions, translations)
    if body is not None:
        reader.read_children(body, None)
    return reader.body


class _BodyReader:
    def __init__(self, nodes: Mapping[str, Node], expressions: Expressions, translations: Translations) -> None:
        self._nodes = nodes
        self._expressions = expressions
        self._translations = translations
        self.body = Body()

    def read_children(self, parent: etree._Element, group: Group | None) -> None:
        for element in parent:
            namespace, local = name_of(element)
            if namespace in _KNOWN_NAMESPACES and local in UNSUPPORTED_ELEMENTS:
                raise FormRefusedError(RefusalCause.UNSUPPORTED, UNSUPPORTED_ELEMENTS[local], attribute(element, "ref"))
            if namespace != XFORMS or local in {"label", "hint", "help"}:
                continue
            if local == "group":
                self.read_children(element, self._group(element, group))
            elif local in {kind.value for kind in ControlKind}:
                self.body.controls.append(self._control(element, ControlKind(local), group))
            else:
                self.body.warnings.append(f"unknown element {local!r} in the body")

    def _group(self, element: etree._Element, outer: Group | None) -> Group:
        written = attribute(element, "ref") or attribute(element, "nodeset")
        path = existing_path(written, self._nodes, "group", _base(outer)) if written else ""
        return Group(path, self._text(element, "label", path or "group"), outer)

    def _control(self, element: etree._Element, kind: ControlKind, group: Group | None) -> Control:
        if "query" in element.attrib:
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "choices from a query", attribute(element, "ref"))
        if "bind" in element.attrib:
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "controls by bind id", attribute(element, "bind"))
        path = existing_path(attribute(element, "ref"), self._nodes, local_name(element), _base(group))
        self._refuse_actions(element, path)
        appearance = frozenset(attribute(element, "appearance").split())
        if "rows" in element.attrib:
            appearance |= {"multiline"}
        return Control(
            path=path,
            kind=kind,
            label=self._text(element, "label", path),
            hint=self._text(element, "hint", path),
            choices=self._choices(element, path),
            appearance=appearance,
            group=group,
        )

    def _refuse_actions(self, element: etree._Element, path: str) -> None:
        for child in element:
            namespace, local = name_of(child)
            if namespace in _KNOWN_NAMESPACES and local in UNSUPPORTED_ELEMENTS:
                raise FormRefusedError(RefusalCause.UNSUPPORTED, UNSUPPORTED_ELEMENTS[local], path)

    def _text(self, element: etree._Element, local: str, place: str) -> Text | None:
        return read_text(element.find(f"{{{XFORMS}}}{local}"), self._expressions, self._translations, place)

    def _choices(self, element: etree._Element, path: str) -> Choices:
        itemset = element.find(f"{{{XFORMS}}}itemset")
        if itemset is not None:
            return self._itemset(itemset, path)
        items: list[StaticItem] = []
        for item in element.findall(f"{{{XFORMS}}}item"):
            value = item.find(f"{{{XFORMS}}}value")
            if value is None:
                raise FormRefusedError(RefusalCause.BAD_REFERENCE, "a choice without a value", path)
            items.append(StaticItem((value.text or "").strip(), self._text(item, "label", path)))
        return tuple(items)

    def _itemset(self, itemset: etree._Element, path: str) -> Itemset:
        nodeset = attribute(itemset, "nodeset")
        value = itemset.find(f"{{{XFORMS}}}value")
        if not nodeset or value is None:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "an itemset without nodeset or value", path)
        label = itemset.find(f"{{{XFORMS}}}label")
        shown = None if label is None else attribute(label, "ref")
        return Itemset(
            nodes=self._expressions.rule(nodeset, path),
            value=self._expressions.rule(attribute(value, "ref"), path),
            label=self._itemset_label(shown, path) if shown else None,
        )

    def _itemset_label(self, reference: str, path: str) -> Text:
        text = reference_text(reference, self._expressions, self._translations, path)
        return text if isinstance(text, ComputedText) else ComputedText(self._expressions.rule(reference, path))


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return name_of(element)[1]


def _base(group: Group | None) -> str:
    while group is not None and not group.path:
        group = group.outer
    return group.path if group else ""
