# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads XML that nobody vouches for: no document type, no entities, no network, bounded size, depth and count."""

import re

from lxml import etree

XFORMS = "http://www.w3.org/2002/xforms"
XHTML = "http://www.w3.org/1999/xhtml"
JAVAROSA = "http://openrosa.org/javarosa"
ODK = "http://www.opendatakit.org/xforms"
ODK_ENTITIES = "http://www.opendatakit.org/xforms/entities"
OPENROSA = "http://openrosa.org/xforms"
TOWNHALL = "urn:townhall:xforms"

MAX_DEPTH = 64
MAX_ELEMENTS = 200_000

# What may stand before the root element, short of a document type declaration.
_PROLOG = re.compile(r"\ufeff?(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ENCODING = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)[\"']")
_UTF8_NAMES = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class MarkupRefusedError(Exception):
    """Not the XML that we read; the text says why and quotes nothing of it. Never leaves this part."""


class MarkupLimitError(MarkupRefusedError):
    """XML, but larger or deeper than any honest one."""


def parse_xml(untrusted: bytes, *, max_bytes: int) -> etree._Element:
    """Return the root element of UTF-8 XML, without its comments and processing instructions.

    Raises:
        MarkupLimitError: more than ``max_bytes``, ``MAX_DEPTH`` levels or ``MAX_ELEMENTS`` elements.
        MarkupRefusedError: no well-formed XML, not UTF-8, or with a document type declaration.
    """
    if len(untrusted) > max_bytes:
        raise MarkupLimitError(f"{len(untrusted)} bytes of XML")
    _check_prolog(untrusted)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(untrusted, parser)
    except etree.XMLSyntaxError as exc:
        line = exc.lineno or 0
        raise MarkupRefusedError(f"not well-formed XML in line {line}") from None  # its text may quote an answer
    _check_shape(root)
    return root


def _check_prolog(untrusted: bytes) -> None:
    try:
        text = untrusted.decode("utf-8")
    except UnicodeDecodeError:
        raise MarkupRefusedError("not UTF-8") from None
    prolog = _PROLOG.match(text)
    end = prolog.end() if prolog else 0
    declared = _ENCODING.match(text.removeprefix("\ufeff"))
    if declared and declared[1].lower() not in _UTF8_NAMES:
        raise MarkupRefusedError("declares another encoding than UTF-8")
    if text[end : end + 2] == "<!":
        raise MarkupRefusedError("has a document type declaration")


def _check_shape(root: etree._Element) -> None:
    depth = count = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise MarkupLimitError("XML too deep or with too many elements")


def name_of(element: etree._Element) -> tuple[str, str]:
    """Return namespace (or nothing) and local name of an element."""
    return split_name(str(element.tag))


def split_name(tag: str) -> tuple[str, str]:
    """Split lxml's ``{namespace}local``."""
    namespace, _, local = tag.rpartition("}")
    return namespace.removeprefix("{"), local


def attribute(element: etree._Element, local: str, namespace: str = "") -> str:
    """Return an attribute's value, or nothing."""
    value = element.get(f"{{{namespace}}}{local}" if namespace else local)
    return "" if value is None else str(value)
