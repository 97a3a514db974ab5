# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Instances between XML and our nodes."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from townhall_forms.markup import XFORMS, MarkupRefusedError, name_of, split_name
from townhall_forms.nodes import Node

_REFERENCES = {"\r": "&#13;"}
_ATTRIBUTE_REFERENCES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def read_document(root: etree._Element) -> Node:
    """Return a document node above the nodes of ``root``.

    Raises:
        MarkupRefusedError: an element holds both text and elements.
    """
    document = Node("")
    _read(root, document)
    return document


def _read(element: etree._Element, parent: Node) -> None:
    namespace, local = name_of(element)
    node = Node(local, namespace)
    parent.append(node)
    for tag, value in element.attrib.items():
        attribute_namespace, attribute_local = split_name(str(tag))
        node.set_attribute(attribute_local, attribute_namespace, str(value))
    has_children = len(element) > 0
    if has_children:
        texts = [element.text or "", *(child.tail or "" for child in element)]
        if any(text.strip() for text in texts):
            raise MarkupRefusedError("an element holds both text and elements")
    else:
        node.text = element.text or ""
    for child in element:
        _read(child, node)


def write_document(root: Node, prefixes: Mapping[str, str]) -> bytes:
    """Write ``root`` and every relevant node below it as UTF-8 XML.

    Elements of the XForms namespace are written in none, as ODK Collect does. ``prefixes`` gives the prefix of each
    other namespace that occurs. Deterministic: the same nodes give the same bytes.
    """
    used = sorted({prefixes[namespace] + "\n" + namespace for namespace in _namespaces(root)})
    declarations = "".join(
        f" xmlns:{prefix}={quoteattr(namespace)}" for prefix, _, namespace in (each.partition("\n") for each in used)
    )
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, prefixes, parts, declarations)
    parts.append("\n")
    return "".join(parts).encode()


def _namespaces(node: Node) -> set[str]:
    found = {attribute.namespace for attribute in node.attributes} | {node.namespace}
    for child in node.children:
        if child.is_relevant:
            found |= _namespaces(child)
    return found - {"", XFORMS}


def _name(node: Node, prefixes: Mapping[str, str]) -> str:
    if node.namespace in {"", XFORMS}:
        return node.local
    return f"{prefixes[node.namespace]}:{node.local}"


def _write(node: Node, prefixes: Mapping[str, str], parts: list[str], declarations: str = "") -> None:
    name = _name(node, prefixes)
    attributes = "".join(
        f" {_name(each, prefixes)}={quoteattr(each.text, _ATTRIBUTE_REFERENCES)}" for each in node.attributes
    )
    children = [child for child in node.children if child.is_relevant]
    if not children and not node.text:
        parts.append(f"<{name}{declarations}{attributes}/>")
        return
    parts.append(f"<{name}{declarations}{attributes}>{escape(node.text, _REFERENCES)}")
    for child in children:
        _write(child, prefixes, parts)
    parts.append(f"</{name}>")
