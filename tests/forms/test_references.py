# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an expression reads, found without evaluating it: never less than what evaluating it touches."""

from collections.abc import Callable

import pytest

from townhall_forms.instance_xml import read_document
from townhall_forms.markup import parse_xml
from townhall_forms.nodes import Node
from townhall_forms.xpath.errors import XPathError, XPathValueError
from townhall_forms.xpath.parser import parse
from townhall_forms.xpath.references import Definition, References, find_references

PRIMARY = b'<data id="1"><a/><b/><g><c/><d><e/></d></g><h><c/></h></data>'
TOWNS = b"<root><item><name>tln</name><county>harju</county></item></root>"
Read = Callable[..., References]


@pytest.fixture
def definition() -> Definition:
    """One primary and one secondary instance."""
    return Definition(
        document=read_document(parse_xml(PRIMARY, max_bytes=1_000)),
        instances={"towns": read_document(parse_xml(TOWNS, max_bytes=1_000))},
        namespaces={"orx": "http://openrosa.org/xforms"},
    )


@pytest.fixture
def read(definition: Definition) -> Read:
    """Find the references of an expression owned by the node at ``at``."""

    def run(expression: str, at: str = "b") -> References:
        node: Node = definition.document.children[0]
        for name in at.split("/"):
            node = node.named[name][0]
        return find_references(parse(expression), definition, node)

    return run


@pytest.mark.parametrize(
    ("expression", "at", "paths"),
    [
        ("1 + 2", "b", set()),
        ("'a'", "b", set()),
        (".", "b", {"b"}),
        ("../a", "b", {"a"}),
        ("/data/a = 1 and /data/b != ''", "b", {"a", "b"}),
        ("-/data/a", "b", {"a"}),
        ("/data/a | /data/b", "b", {"a", "b"}),
        ("/data/g", "b", {"g", "g/c", "g/d", "g/d/e"}),
        ("/data/g/*", "b", {"g/c", "g/d", "g/d/e"}),
        ("//c", "b", {"g/c", "h/c"}),
        ("/data/*/c", "b", {"g/c", "h/c"}),
        ("../c", "g/d", {"g/c"}),
        ("../../a", "g/c", {"a"}),
        ("current()/../c", "g/d", {"g/c"}),
        ("/data/g[c = /data/a]/d/e", "b", {"g/c", "a", "g/d/e"}),
        ("if(/data/a, /data/b, /data/h/c)", "b", {"a", "b", "h/c"}),
        ("selected(../a, 'x')", "b", {"a"}),
        ("string()", "b", {"b"}),
        ("string-length() > 3", "b", {"b"}),
        ("count(/data/g)", "b", {"g"}),
        ("position(..)", "g/c", {"g"}),
        ("sum(/data/g/d)", "b", {"g/d", "g/d/e"}),
        ("instance('towns')/root/item[county = /data/a]/name", "b", {"a"}),
        ("instance('towns')/root/item[county = current()/../a]/name", "b", {"a"}),
        ("instance(/data/a)/root/item", "b", {"a"}),
        ("(/data/a)[. = /data/b]", "b", {"a", "b"}),
        ("ancestor::g/c", "g/d/e", {"g/c"}),
        ("following-sibling::h/c", "g", {"h/c"}),
        ("/data/lost", "b", set()),
        ("jr:choice-name(/data/a, '/data/a')", "b", {"a"}),
        ("once(/data/a)", "b", {"a"}),
    ],
)
def test_an_expression_reads_these_nodes(read: Read, expression: str, at: str, paths: set[str]) -> None:
    assert read(expression, at).paths == {f"/data/{path}" for path in paths}


def test_functions_are_collected_wherever_they_stand(read: Read) -> None:
    found = read("if(uuid() = '', instance('towns')/root/item[once(name) = now()]/name, today())")
    assert found.functions == {"if", "uuid", "instance", "once", "now", "today"}


def test_absolute_paths_that_lead_nowhere_are_told(read: Read) -> None:
    assert read("/data/lost/deeper = ../lost").dangling == ["/data/lost/deeper"]
    assert read("/data/a").dangling == []


def test_an_instance_that_the_form_does_not_have_is_refused(read: Read) -> None:
    with pytest.raises(XPathValueError, match="villages"):
        read("instance('villages')/root")


def test_an_undeclared_prefix_is_refused(read: Read) -> None:
    assert read("/data/orx:a").paths == set()
    with pytest.raises(XPathError, match="nowhere"):
        read("/data/nowhere:a")
