# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The primary instance and its repeats: which nodes repeat, and what a new instance is a copy of."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Rule
from townhall_forms.instance_xml import read_document
from townhall_forms.markup import JAVAROSA, XFORMS, attribute, name_of
from townhall_forms.nodes import Node
from townhall_forms.paths import canonical_path

MAX_INSTANCES = 1_000  # of one repeat in one parent; each costs its nodes at every answer that touches them


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat. ``template`` is copied for a new instance and never changed."""

    path: str
    template: Node
    count: Rule | None = None  # how many there are: nobody adds or removes one
    is_fixed: bool = False  # as many as the form was written with

    def instances(self, parent: Node) -> tuple[Node, ...]:
        """Return the instances in one parent, relevant or not."""
        return tuple(each for each in parent.named.get(self.template.local, ()) if each.path == self.path)


@dataclass(frozen=True, slots=True)
class Primary:
    """A primary instance as read."""

    document: Node  # as a session begins: with the instances that the form was written with, without templates
    definition: Node  # every node once, whether or not an instance has it
    templates: Mapping[str, Node]  # by path, of every node that repeats


def declared_repeats(body: etree._Element | None, root: str) -> frozenset[str]:
    """Return the paths of the body's repeats."""
    return frozenset() if body is None else frozenset(_declared(body, root, ""))


def _declared(element: etree._Element, root: str, base: str) -> Iterator[str]:
    for child in element:
        namespace, local = name_of(child)
        if namespace != XFORMS or local not in {"group", "repeat"}:
            continue
        written = attribute(child, "nodeset") or attribute(child, "ref")
        path = canonical_path(written, root, base) if written else base
        if local == "repeat":
            yield path
        yield from _declared(child, root, path)


def read_primary(element: etree._Element, declared: frozenset[str]) -> Primary:
    """Read a primary instance; ``declared`` are the repeats of the body.

    Two nodes of one name in one parent repeat, whether or not the body says so.

    Raises:
        FormRefusedError: the body repeats a node that is not there, or the root element.
        MarkupRefusedError: see ``read_document``.
    """
    document = read_document(element)
    root = document.children[0]
    repeated = declared | frozenset(_several(root))
    definition = Node("")
    definition.append(_once(root, repeated))
    templates: dict[str, Node] = {}
    _take_templates(root, templates)
    for node in (root, *templates.values()):
        _number(node, repeated)
    for path in sorted(repeated):
        defined = None if path == root.path else definition.at(path)
        if defined is None:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, "a repeat of a node that is not in the instance", path)
        if path not in templates:
            templates[path] = blank(document.at(path) or defined)
    return Primary(document, definition, templates)


def _is_template(node: Node) -> bool:
    return any(each.namespace == JAVAROSA and each.local == "template" for each in node.attributes)


def _several(node: Node) -> Iterator[str]:
    names = Counter(child.path for child in node.children if not _is_template(child))
    yield from (path for path, count in names.items() if count > 1)
    yield from (child.path for child in node.children if _is_template(child))
    for child in node.children:
        yield from _several(child)


def _once(node: Node, repeated: frozenset[str]) -> Node:
    """Copy a tree with the first of every repeat only, which is its template where the form has one."""
    twin = Node(node.local, node.namespace, node.text)
    twin.path = node.path
    for each in node.attributes:
        if not (each.namespace == JAVAROSA and each.local == "template"):
            twin.set_attribute(each.local, each.namespace, each.text)
    seen: set[str] = set()
    for child in node.children:
        if child.path not in seen or child.path not in repeated:
            twin.append(_once(child, repeated))
        seen.add(child.path)
    return twin


def _take_templates(node: Node, found: dict[str, Node]) -> None:
    for child in list(node.children):
        _take_templates(child, found)
        if _is_template(child):
            node.remove(child)
            child.attributes = [each for each in child.attributes if each.namespace != JAVAROSA]
            found.setdefault(child.path, child)


def _number(node: Node, repeated: frozenset[str]) -> None:
    for siblings in node.named.values():
        for number, each in enumerate(siblings, 1):
            each.birth = number if each.path in repeated else 0
            _number(each, repeated)


def blank(node: Node) -> Node:
    """Copy a tree without its values: only a template gives values to new instances (ODK XForms, repeats)."""
    twin = node.copy()
    for each in twin.walk():
        each.text = ""
    return twin
