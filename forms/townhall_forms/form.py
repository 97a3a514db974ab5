# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A form that has been read and checked, ready to run any number of sessions."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from townhall_forms.actions import RECORDING, Action, ActionReader, is_action
from townhall_forms.binds import Bind, Preload, read_binds
from townhall_forms.body import Body, read_body
from townhall_forms.body import Model as BodyModel
from townhall_forms.calculated import type_defaults
from townhall_forms.controls import Control, ControlKind, Item, all_controls
from townhall_forms.dependence import Dependence
from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions
from townhall_forms.external import LAST_SAVED, read_resource, resource_name
from townhall_forms.fixed import fixed_paths, read_preloads
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
from townhall_forms.paths import canonical_path
from townhall_forms.repeats import MAX_INSTANCES, Primary, Repeat, blank, declared_repeats, read_primary
from townhall_forms.texts import Translations, read_translations
from townhall_forms.xpath.references import Definition
from townhall_forms.xpath.syntax import Number

MAX_FORM_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """A checked form. Immutable: any number of sessions share it."""

    id: str
    version: str
    title: str
    languages: tuple[str, ...]  # BCP 47 where the form says them so; empty without translations
    default_language: str
    sha256: str  # hex, of the bytes that were loaded, and of the files that belong to the form
    warnings: tuple[str, ...]  # for the author
    document: Node  # above the pristine primary instance; never changed
    definition: Node  # above the same with every node once; never changed
    instances: Mapping[str, Node]  # documents of the secondary instances; never changed
    binds: Mapping[str, Bind]
    items: tuple[Item, ...]  # the body
    controls: tuple[Control, ...]  # every control of the body
    repeats: Mapping[str, Repeat]  # by path
    actions: tuple[Action, ...]
    expressions: Expressions  # compiles what an expression names at run time
    translations: Translations
    graph: Graph
    inside: Mapping[str, tuple[str, ...]]  # by the path of a repeat: it, and what is in it, in the graph's order
    preloads: Mapping[str, Preload]  # by path, where there are any
    fixed: frozenset[str]  # paths that no answer can change
    volatile: frozenset[str]  # computed from the clock or from chance
    historic: frozenset[str]  # computed from what was there before, so not from the final answers alone
    settling: frozenset[str]  # computed from the same node in other instances of its repeat
    worded: frozenset[str]  # computed from texts, so from the language too
    has_living_choices: bool  # some choice's label holds a value of an answer
    prefixes: Mapping[str, str]  # of namespaces, for writing instances
    records_sound: bool = False
    is_encrypted: bool = False  # by the form itself

    @property
    def root(self) -> Node:
        """The root element of the pristine primary instance."""
        return self.document.children[0]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Paths of attributes that rules or actions give values to."""
        return tuple(path for path in self.graph.order if "/@" in path)


def load_form(xml: bytes, resources: Mapping[str, bytes] | None = None) -> Form:
    """Read an ODK XForm; ``resources`` are the files beside it, by name.

    Raises:
        FormRefusedError: the form is broken, hostile, or needs something that this engine does not run.
    """
    try:
        return _Reading(parse_xml(xml, max_bytes=MAX_FORM_BYTES), resources or {}).form(xml)
    except MarkupLimitError as exc:
        raise FormRefusedError(RefusalCause.LIMIT, str(exc)) from exc
    except MarkupRefusedError as exc:
        raise FormRefusedError(RefusalCause.NOT_XML, str(exc)) from exc


class _Reading:
    """One form being read."""

    def __init__(self, html: etree._Element, resources: Mapping[str, bytes]) -> None:
        _adopt_unnamed(html)
        model = _find(html, "head", XHTML).find(f"{{{XFORMS}}}model")
        if name_of(html) != (XHTML, "html") or model is None:
            raise FormRefusedError(RefusalCause.NOT_XML, "XML, but no XForm")
        self._html = html
        self._model = model
        self._body = _find(html, "body", XHTML)
        self._namespaces = _namespaces(html, model)
        self._digest = hashlib.sha256()
        primary = _primary_element(model)
        self._primary = read_primary(primary, declared_repeats(self._body, name_of(primary)[1]))
        self._instances = self._read_instances(resources)
        self._nodes = _by_path(self._primary.definition.children[0], model)

    def form(self, xml: bytes) -> Form:
        self._digest.update(xml)
        expressions = Expressions(self._namespaces, frozenset(self._primary.templates))
        translations = read_translations(self._model, expressions)
        binds = read_binds(self._model, self._nodes, expressions, translations)
        type_defaults((self._primary.document, *self._primary.templates.values()), binds.by_path)
        actions = ActionReader(self._nodes, binds.paths, expressions)
        for element in filter(is_action, self._model):
            actions.read(element)
        body = read_body(self._body, BodyModel(self._nodes, binds.paths, expressions, translations, actions))
        repeats = self._repeats(body)
        controls = tuple(all_controls(tuple(body.items)))
        counts = {path: repeat.count for path, repeat in repeats.items() if repeat.count is not None}
        definition = Definition(
            self._primary.definition, self._instances, self._namespaces, frozenset(self._primary.templates)
        )
        dependence = Dependence(definition, self._nodes, binds.by_path, controls, counts)
        graph = dependence.graph()
        asked = {control.path for control in controls}
        preloads = read_preloads(self._nodes, binds.by_path, asked)
        root = self._primary.document.children[0]
        return Form(
            id=_root_attribute(root, "id") or root.namespace,
            version=_root_attribute(root, "version"),
            title=(self._html.findtext(f"{{{XHTML}}}head/{{{XHTML}}}title") or "").strip(),
            languages=translations.languages,
            default_language=translations.default_language,
            sha256=self._digest.hexdigest(),
            warnings=(*binds.warnings, *body.warnings, *_doubled(controls), *dependence.warnings),
            document=self._primary.document,
            definition=self._primary.definition,
            instances=self._instances,
            binds=binds.by_path,
            items=tuple(body.items),
            controls=controls,
            repeats=repeats,
            actions=tuple(actions.actions),
            expressions=expressions,
            translations=translations,
            graph=graph,
            inside={path: tuple(each for each in graph.order if f"{each}/".startswith(f"{path}/")) for path in repeats},
            preloads=preloads,
            fixed=fixed_paths(self._nodes, binds.by_path, asked, preloads),
            volatile=frozenset(dependence.volatile),
            historic=frozenset(dependence.historic),
            settling=frozenset(dependence.settling),
            worded=frozenset(dependence.worded),
            has_living_choices=dependence.has_living_choices or translations.has_outputs,
            prefixes=_prefixes(self._html, self._primary),
            records_sound=body.records_sound or any(name_of(each) == RECORDING for each in self._model),
            is_encrypted=any(attribute(each, "base64RsaPublicKey") for each in self._model),
        )

    def _repeats(self, body: Body) -> Mapping[str, Repeat]:
        repeats: dict[str, Repeat] = {}
        for path, template in self._primary.templates.items():
            rule = body.repeats.get(path)
            if rule is not None and rule.count is not None and isinstance(rule.count.syntax, Number):
                _refuse_many(rule.count.syntax.value, path)
            repeats[path] = Repeat(
                path,
                template,
                count=None if rule is None else rule.count,
                is_fixed=rule is None or rule.is_fixed,
            )
        return repeats

    def _read_instances(self, resources: Mapping[str, bytes]) -> Mapping[str, Node]:
        instances: dict[str, Node] = {}
        for element in self._model.findall(f"{{{XFORMS}}}instance")[1:]:
            name, source = attribute(element, "id"), attribute(element, "src")
            if name in instances or (not source and len(element) != 1):
                raise FormRefusedError(RefusalCause.BAD_REFERENCE, "an instance without its own id or root", name)
            if source == LAST_SAVED:
                # What the person before saved is nobody else's: as on a device on which nothing was saved yet.
                instances[name] = blank(self._primary.document)
            elif source:
                instances[name] = read_resource(source, resources)
                content = hashlib.sha256(resources[resource_name(source)])
                self._digest.update(content.digest())
            else:
                instances[name] = read_document(element[0])
        return instances


def _refuse_many(count: float, path: str) -> None:
    if count > MAX_INSTANCES:
        raise FormRefusedError(RefusalCause.LIMIT, f"a repeat of more than {MAX_INSTANCES}", path)


def _primary_element(model: etree._Element) -> etree._Element:
    elements = model.findall(f"{{{XFORMS}}}instance")
    if not elements or len(elements[0]) != 1:
        raise FormRefusedError(RefusalCause.NOT_XML, "XML, but no XForm: it has no primary instance")
    return elements[0][0]


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


def _root_attribute(root: Node, local: str) -> str:
    return next((each.text for each in root.attributes if each.local == local and each.namespace in {"", OPENROSA}), "")


def _namespaces(html: etree._Element, model: etree._Element) -> Mapping[str, str]:
    """Return the prefixes that expressions may use: those declared at the model, and the standard's own."""
    declared = {prefix: uri for prefix, uri in {**html.nsmap, **model.nsmap}.items() if prefix is not None}
    return {"jr": JAVAROSA, "orx": OPENROSA, "odk": ODK, **declared}


def _prefixes(html: etree._Element, primary: Primary) -> Mapping[str, str]:
    declared = {uri: prefix for prefix, uri in html.nsmap.items() if prefix is not None}
    nodes = [*primary.document.walk(), *primary.definition.walk()]
    used = {node.namespace for node in nodes} | {each.namespace for node in nodes for each in node.attributes}
    unnamed = sorted(used - set(declared) - {"", XFORMS})
    return {**declared, **{uri: f"n{number}" for number, uri in enumerate(unnamed)}}


def _by_path(root: Node, model: etree._Element) -> Mapping[str, Node]:
    """Return the nodes of the definition, and of its attributes those that binds and actions name."""
    nodes = {node.path: node for node in root.walk()}
    attributes = {each.path: each for node in root.walk() for each in node.attributes}
    for element in model:
        written = attribute(element, "nodeset") or attribute(element, "ref")
        path = canonical_path(written, root.local) if "@" in written else ""
        if path in attributes:
            nodes[path] = attributes[path]
    return nodes


def _doubled(controls: Iterable[Control]) -> Iterator[str]:
    counts = Counter(control.path for control in controls if control.kind is not ControlKind.TRIGGER)
    return (f"several controls for {path}" for path, count in counts.items() if count > 1)
