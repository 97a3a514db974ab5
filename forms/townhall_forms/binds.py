# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the binds of a model: type and rules of each node."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from townhall_forms.datatypes import DataType, read_type
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import JAVAROSA, ODK_ENTITIES, OPENROSA, TOWNHALL, XFORMS, attribute
from townhall_forms.nodes import Node
from townhall_forms.paths import absolute_path
from townhall_forms.texts import Text, Translations, message_text

# What a card states about who its holder is: not for the holder to change.
_MAX_DIGITS = 6
IDENTITY_KEYS = frozenset({"eid:personal_code", "eid:given_names", "eid:surname", "eid:birth_date"})


class Preload(enum.Enum):
    """Values that the engine itself puts in (`jr:preload`)."""

    NONE = ""
    INSTANCE_ID = "uid"
    STARTED = "timestamp start"
    ENDED = "timestamp end"
    TODAY = "date today"
    DEVICE = "property"  # nothing about the device or its user is put into answers: stays empty


@dataclass(frozen=True, slots=True)
class Bind:
    """Type and rules of the nodes at ``path``."""

    path: str
    data_type: DataType = DataType.STRING
    relevant: Rule | None = None
    calculate: Rule | None = None
    required: Rule | None = None
    readonly: Rule | None = None
    constraint: Rule | None = None
    constraint_message: Text | None = None
    required_message: Text | None = None
    preload: Preload = Preload.NONE
    prefill: str = ""  # key of the prefilled value, such as "eid:surname"
    max_pixels: int | None = None  # of the long edge of a picture
    entity_property: str = ""  # `entities:saveto`: what the receiver of the form keeps the answer as


@dataclass(slots=True)
class Bindings:
    """What was read; ``warnings`` are for the form's author."""

    by_path: dict[str, Bind] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  # by the id of a bind
    warnings: list[str] = field(default_factory=list)


def read_binds(
    model: etree._Element, nodes: Mapping[str, Node], expressions: Expressions, translations: Translations
) -> Bindings:
    """Read every bind; ``nodes`` are those of the primary instance by path.

    A bind to no node binds nothing and is warned of, as in the other engines.

    Raises:
        FormRefusedError: two binds to one node, or something that this engine does not run.
    """
    read = Bindings()
    for element in model.findall(f"{{{XFORMS}}}bind"):
        path = absolute_path(attribute(element, "nodeset") or attribute(element, "ref"), nodes)
        if path not in nodes:
            read.warnings.append(f"bind to {path}, which is not in the instance")
            continue
        if path in read.by_path:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "two binds for one node", path)
        read.by_path[path] = _read_bind(element, path, expressions, translations)
        if attribute(element, "id"):
            read.paths[attribute(element, "id")] = path
    return read


def _read_bind(element: etree._Element, path: str, expressions: Expressions, translations: Translations) -> Bind:
    def rule(name: str) -> Rule | None:
        return expressions.optional(attribute(element, name), path)

    def message(name: str) -> Text | None:
        return message_text(attribute(element, name, JAVAROSA), expressions, translations, path)

    pixels = attribute(element, "max-pixels", OPENROSA)[:_MAX_DIGITS]
    return Bind(
        path=path,
        data_type=read_type(attribute(element, "type")),
        relevant=rule("relevant"),
        calculate=rule("calculate"),
        required=rule("required"),
        readonly=rule("readonly"),
        constraint=rule("constraint"),
        constraint_message=message("constraintMsg"),
        required_message=message("requiredMsg"),
        preload=_read_preload(element, path),
        prefill=attribute(element, "prefill", TOWNHALL).strip(),
        max_pixels=int(pixels) if pixels.isascii() and pixels.isdigit() else None,
        entity_property=attribute(element, "saveto", ODK_ENTITIES),
    )


def _read_preload(element: etree._Element, path: str) -> Preload:
    kind = attribute(element, "preload", JAVAROSA).strip()
    if kind in {Preload.NONE.value, Preload.INSTANCE_ID.value, Preload.DEVICE.value}:
        return Preload(kind)
    parameters = attribute(element, "preloadParams", JAVAROSA).strip()
    try:
        return Preload(f"{kind} {parameters}")
    except ValueError:
        raise FormRefusedError(RefusalCause.UNSUPPORTED, f"jr:preload={kind!r} {parameters!r}", path) from None
