# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the binds of a model: type and rules of each node."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from townhall_forms.datatypes import DataType, read_type
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import JAVAROSA, TOWNHALL, XFORMS, attribute
from townhall_forms.nodes import Node
from townhall_forms.texts import Text, Translations, message_text

# What a card states about who its holder is: not for the holder to change.
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


def read_binds(
    model: etree._Element, nodes: Mapping[str, Node], expressions: Expressions, translations: Translations
) -> tuple[Mapping[str, Bind], list[str]]:
    """Read every bind; ``nodes`` are those of the primary instance by path. Return binds and warnings.

    A bind to no node binds nothing and is warned of, as in the other engines.

    Raises:
        FormRefusedError: two binds to one node, or something that this engine does not run.
    """
    binds: dict[str, Bind] = {}
    warnings: list[str] = []
    for element in model.findall(f"{{{XFORMS}}}bind"):
        written = attribute(element, "nodeset") or attribute(element, "ref")
        path = absolute_path(written, nodes, "bind")
        if path not in nodes:
            warnings.append(f"bind to {path}, which is not in the instance")
            continue
        if path in binds:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "two binds for one node", path)
        binds[path] = _read_bind(element, path, expressions, translations)
    return binds, warnings


def absolute_path(written: str, nodes: Mapping[str, Node], what: str, base: str = "") -> str:
    """Return the canonical path that a bind or control names; a relative one starts at ``base`` or at the root.

    Raises:
        FormRefusedError: it is the path of an attribute.
    """
    path = "/".join(step.strip().rpartition(":")[2] for step in written.strip().split("/"))
    if not path.startswith("/"):
        path = f"{base}/{path}" if base else f"/{next(iter(nodes.values())).local}/{path}"
    if "/@" in path:
        raise FormRefusedError(RefusalCause.UNSUPPORTED, f"{what} to an attribute", path)
    return path


def existing_path(written: str, nodes: Mapping[str, Node], what: str, base: str = "") -> str:
    """Return the canonical path of a node that is in the instance.

    Raises:
        FormRefusedError: it is not.
    """
    path = absolute_path(written, nodes, what, base)
    if path not in nodes:
        raise FormRefusedError(RefusalCause.BAD_REFERENCE, f"{what} to a node that is not in the instance", path)
    return path


def _read_bind(element: etree._Element, path: str, expressions: Expressions, translations: Translations) -> Bind:
    def rule(name: str) -> Rule | None:
        return expressions.optional(attribute(element, name), path)

    def message(name: str) -> Text | None:
        return message_text(attribute(element, name, JAVAROSA), expressions, translations, path)

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
