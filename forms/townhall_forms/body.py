# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the body: controls in order, their texts and choices, the groups and repeats around them, their actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from lxml import etree

from townhall_forms.actions import RECORDING, ActionReader, is_action
from townhall_forms.controls import (
    Bounds,
    Choices,
    Control,
    ControlKind,
    Group,
    Item,
    Itemset,
    RepeatedItems,
    StaticItem,
)
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import JAVAROSA, ODK, XFORMS, attribute, name_of
from townhall_forms.nodes import Node
from townhall_forms.paths import existing_path
from townhall_forms.texts import ComputedText, Text, Translations, read_text, reference_text

_CONTROLS: Mapping[tuple[str, str], ControlKind] = {
    **{(XFORMS, kind.value): kind for kind in ControlKind if kind is not ControlKind.RANK},
    (ODK, "rank"): ControlKind.RANK,
    (XFORMS, "rank"): ControlKind.RANK,
    (XFORMS, "secret"): ControlKind.INPUT,
}
_TEXTS = frozenset({"label", "hint", "help"})


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """What the body says about how often a node repeats."""

    count: Rule | None
    is_fixed: bool


@dataclass(slots=True)
class Body:
    """What was read; ``warnings`` are for the form's author."""

    items: list[Item] = field(default_factory=list)
    repeats: dict[str, RepeatRule] = field(default_factory=dict)  # by path
    warnings: list[str] = field(default_factory=list)
    records_sound: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """What the body refers to."""

    nodes: Mapping[str, Node]
    paths: Mapping[str, str]  # of binds by id
    expressions: Expressions
    translations: Translations
    actions: ActionReader


def read_body(body: etree._Element | None, model: Model) -> Body:
    """Read the controls of a form, in order; their actions go to the model's.

    Raises:
        FormRefusedError: a control that this engine does not run, or that refers to no node.
    """
    reader = _BodyReader(model)
    if body is not None:
        reader.read_children(body, None, "", reader.body.items)
    return reader.body


class _BodyReader:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._groups = 0
        self.body = Body()

    def read_children(self, parent: etree._Element, group: Group | None, base: str, items: list[Item]) -> None:
        """Read what is inside; ``base`` is the path that relative references start from."""
        for element in parent:
            name = name_of(element)
            if is_action(element):
                self._model.actions.read(element, base)
            elif name == (XFORMS, "group"):
                inner = self._group(element, group, base)
                self.read_children(element, inner, inner.path or base, items)
            elif name == (XFORMS, "repeat"):
                items.append(self._repeat(element, group, base))
            elif name in _CONTROLS:
                items.append(self._control(element, _CONTROLS[name], group, base))
            elif name == RECORDING:
                self.body.records_sound = True
            elif name[0] == XFORMS and name[1] not in _TEXTS:
                self.body.warnings.append(f"unknown element {name[1]!r} in the body")

    def _group(self, element: etree._Element, outer: Group | None, base: str) -> Group:
        written = attribute(element, "ref") or attribute(element, "nodeset")
        path = existing_path(written, self._model.nodes, "group", base) if written else ""
        return self._numbered(path, self._text(element, "label", path or "group"), outer, _appearance(element))

    def _numbered(self, path: str, label: Text | None, outer: Group | None, appearance: frozenset[str]) -> Group:
        self._groups += 1
        return Group(path, label, outer, appearance, self._groups)

    def _repeat(self, element: etree._Element, group: Group | None, base: str) -> RepeatedItems:
        written = attribute(element, "nodeset") or attribute(element, "ref")
        path = existing_path(written, self._model.nodes, "repeat", base)
        if path in self.body.repeats:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "two repeats of one node", path)
        self.body.repeats[path] = RepeatRule(
            count=self._model.expressions.optional(attribute(element, "count", JAVAROSA), path),
            is_fixed=attribute(element, "noAddRemove", JAVAROSA).strip() == "true()",
        )
        items: list[Item] = []
        inner = self._numbered(path, None, group, _appearance(element)) if "appearance" in element.attrib else group
        self.read_children(element, inner, path, items)
        return RepeatedItems(path, group, tuple(items))

    def _control(self, element: etree._Element, kind: ControlKind, group: Group | None, base: str) -> Control:
        path = self._path(element, base)
        for child in element:
            if is_action(child):
                self._model.actions.read(child, path)
        return Control(
            path=path,
            kind=kind,
            label=self._text(element, "label", path),
            hint=self._text(element, "hint", path),
            choices=self._choices(element, path),
            appearance=_appearance(element),
            group=group,
            bounds=_bounds(element, path) if kind is ControlKind.RANGE else None,
            media_type=attribute(element, "accept") or attribute(element, "mediatype"),
        )

    def _path(self, element: etree._Element, base: str) -> str:
        bind = attribute(element, "bind")
        written = self._model.paths.get(bind, "") if bind else attribute(element, "ref")
        if not written:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, f"{name_of(element)[1]} of nothing", bind or base)
        return existing_path(written, self._model.nodes, name_of(element)[1], base)

    def _text(self, element: etree._Element, local: str, place: str) -> Text | None:
        found = element.find(f"{{{XFORMS}}}{local}")
        return read_text(found, self._model.expressions, self._model.translations, place)

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
            nodes=self._model.expressions.rule(nodeset, path),
            value=self._model.expressions.rule(attribute(value, "ref"), path),
            label=self._itemset_label(shown, path) if shown else None,
        )

    def _itemset_label(self, reference: str, path: str) -> Text:
        expressions = self._model.expressions
        text = reference_text(reference, expressions, self._model.translations, path)
        return text if isinstance(text, ComputedText) else ComputedText(expressions.rule(reference, path))


def _appearance(element: etree._Element) -> frozenset[str]:
    appearance = frozenset(attribute(element, "appearance").split())
    if "rows" in element.attrib:
        appearance |= {"multiline"}
    if "query" in element.attrib:
        appearance |= {"query"}
    if name_of(element)[1] == "secret":
        appearance |= {"masked"}
    return appearance


def _bounds(element: etree._Element, path: str) -> Bounds:
    try:
        start, end, step = (Decimal(attribute(element, name).strip()) for name in ("start", "end", "step"))
    except InvalidOperation:
        raise FormRefusedError(RefusalCause.BAD_REFERENCE, "a range without start, end or step", path) from None
    if not all(number.is_finite() for number in (start, end, step)) or step == 0:
        raise FormRefusedError(RefusalCause.BAD_REFERENCE, "a range without start, end or step", path)
    return Bounds(start, end, step)
