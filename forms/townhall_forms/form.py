# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A form that has been read and checked, ready to run any number of sessions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from townhall_forms.binds import Bind, read_binds
from townhall_forms.body import UNSUPPORTED_ELEMENTS, Body, Control, ControlKind, read_body
from townhall_forms.datatypes import ANSWERABLE
from townhall_forms.dependence import Dependence
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions
from townhall_forms.graph import Graph
from townhall_forms.instance_xml import read_document
from townhall_forms.markup import (
    JAVAROSA,
    ODK,
    OPENROSA,
    XFORMS,
    XHTML,
    MarkupLimitError,
    MarkupRefusedError,
    attribute,
    name_of,
    parse_xml,
)
from townhall_forms.nodes import Node
from townhall_forms.texts import Translations, read_translations
from townhall_forms.xpath.references import Definition

MAX_FORM_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """A checked form. Immutable: any number of sessions share it."""

    id: str
    version: str
    title: str
    languages: tuple[str, ...]  # BCP 47 where the form says them so; empty without translations
    default_language: str
    sha256: str  # hex, of the bytes that were loaded
    warnings: tuple[str, ...]  # for the author
    document: Node  # above the pristine primary instance; never changed
    instances: Mapping[str, Node]  # documents of the secondary instances; never changed
    binds: Mapping[str, Bind]
    controls: tuple[Control, ...]
    translations: Translations
    graph: Graph
    unrepeatable: frozenset[str]  # calculated from more than answers and the day: see ``revalidate``
    worded: frozenset[str]  # computed from texts, so from the language too
    has_living_choices: bool  # some choice's label holds a value of an answer
    prefixes: Mapping[str, str]  # of namespaces, for writing instances

    @property
    def root(self) -> Node:
        """The root element of the pristine primary instance."""
        return self.document.children[0]


def load_form(xml: bytes) -> Form:
    """Read an ODK XForm.

    Raises:
        FormRefusedError: the form is broken, hostile, or needs something that this engine does not run.
    """
    try:
        return _read_form(parse_xml(xml, max_bytes=MAX_FORM_BYTES), hashlib.sha256(xml).hexdigest())
    except MarkupLimitError as exc:
        raise FormRefusedError(RefusalCause.LIMIT, str(exc)) from exc
    except MarkupRefusedError as exc:
        raise FormRefusedError(RefusalCause.NOT_XML, str(exc)) from exc


def _read_form(html: etree._Element, sha256: str) -> Form:
    _adopt_unnamed(html)
    model = _find(html, "head", XHTML).find(f"{{{XFORMS}}}model")
    if name_of(html) != (XHTML, "html") or model is None:
        raise FormRefusedError(RefusalCause.NOT_XML, "XML, but no XForm")
    _refuse_unsupported_model(model)
    primary, instances = _read_instances(model)
    root = primary.children[0]
    nodes = _by_path(root)
    expressions = Expressions(_namespaces(html, model))
    translations = read_translations(model, expressions)
    binds, warnings = read_binds(model, nodes, expressions, translations)
    body = read_body(_find(html, "body", XHTML), nodes, expressions, translations)
    _refuse_unanswerable(body, binds)
    definition = Definition(primary, instances, _namespaces(html, model))
    dependence = Dependence(definition, nodes, binds, body)
    return Form(
        id=_root_attribute(root, "id") or root.namespace,
        version=_root_attribute(root, "version"),
        title=_title(html),
        languages=translations.languages,
        default_language=translations.default_language,
        sha256=sha256,
        warnings=(*warnings, *body.warnings, *dependence.warnings),
        document=primary,
        instances=instances,
        binds=binds,
        controls=tuple(body.controls),
        translations=translations,
        graph=dependence.graph(),
        unrepeatable=frozenset(dependence.unrepeatable),
        worded=frozenset(dependence.worded),
        has_living_choices=dependence.has_living_choices or translations.has_outputs,
        prefixes=_prefixes(html, root),
    )


def _find(html: etree._Element, local: str, namespace: str) -> etree._Element:
    found = html.find(f"{{{namespace}}}{local}")
    if found is None:
        raise FormRefusedError(RefusalCause.NOT_XML, f"XML, but no XForm: it has no {local}")
    return found


def _adopt_unnamed(html: etree._Element) -> None:
    """Take elements of no namespace as the standard's own where a form forgot to declare it, as other engines do."""
    if html.find(f"{{{XHTML}}}head/model") is None:
        return
    for element in html.iter("{}*"):
        element.tag = f"{{{XFORMS}}}{name_of(element)[1]}"


def _title(html: etree._Element) -> str:
    return (html.findtext(f"{{{XHTML}}}head/{{{XHTML}}}title") or "").strip()


def _root_attribute(root: Node, local: str) -> str:
    return next((each.text for each in root.attributes if each.local == local and each.namespace in {"", OPENROSA}), "")


def _namespaces(html: etree._Element, model: etree._Element) -> Mapping[str, str]:
    """Return the prefixes that expressions may use: those declared at the model, and the standard's own."""
    declared = {prefix: uri for prefix, uri in {**html.nsmap, **model.nsmap}.items() if prefix is not None}
    return {"jr": JAVAROSA, "orx": OPENROSA, "odk": ODK, **declared}


def _prefixes(html: etree._Element, root: Node) -> Mapping[str, str]:
    declared = {uri: prefix for prefix, uri in html.nsmap.items() if prefix is not None}
    used = {node.namespace for node in root.walk()} | {each.namespace for n in root.walk() for each in n.attributes}
    unnamed = sorted(used - set(declared) - {"", XFORMS})
    return {**declared, **{uri: f"n{number}" for number, uri in enumerate(unnamed)}}


def _by_path(root: Node) -> Mapping[str, Node]:
    nodes: dict[str, Node] = {}
    for node in root.walk():
        if any(each.namespace == JAVAROSA and each.local == "template" for each in node.attributes):
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "repeat", node.path)
        if node.path in nodes:
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "repeat", node.path)
        nodes[node.path] = node
    return nodes


def _refuse_unsupported_model(model: etree._Element) -> None:
    for element in model:
        local = name_of(element)[1]
        if local in UNSUPPORTED_ELEMENTS:
            raise FormRefusedError(RefusalCause.UNSUPPORTED, UNSUPPORTED_ELEMENTS[local], "model")
        if local == "submission" and attribute(element, "base64RsaPublicKey"):
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "encryption by the form", "model")


def _read_instances(model: etree._Element) -> tuple[Node, Mapping[str, Node]]:
    elements = model.findall(f"{{{XFORMS}}}instance")
    if not elements or len(elements[0]) != 1:
        raise FormRefusedError(RefusalCause.NOT_XML, "XML, but no XForm: it has no primary instance")
    instances: dict[str, Node] = {}
    for element in elements[1:]:
        name = attribute(element, "id")
        if attribute(element, "src"):
            raise FormRefusedError(RefusalCause.UNSUPPORTED, "external instance", f"instance {name!r}")
        if name in instances or len(element) != 1:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "an instance without its own id or root", name)
        instances[name] = read_document(element[0])
    return read_document(elements[0][0]), instances


def _refuse_unanswerable(body: Body, binds: Mapping[str, Bind]) -> None:
    seen: set[str] = set()
    for control in body.controls:
        bind = binds.get(control.path, Bind(control.path))
        if control.path in seen and control.kind is not ControlKind.TRIGGER:
            body.warnings.append(f"several controls for {control.path}")
        seen.add(control.path)
        is_shown_only = bind.readonly is not None and bind.readonly.is_always_true
        if control.kind is ControlKind.INPUT and bind.data_type not in ANSWERABLE and not is_shown_only:
            detail = f"question of type {bind.data_type.value}"
            raise FormRefusedError(RefusalCause.UNSUPPORTED, detail, control.path)
