# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""XML that nobody vouches for, and instances to and from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from townhall_forms.datatypes import DataType, normalise, read_type
from townhall_forms.instance_xml import read_document, write_document
from townhall_forms.markup import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MarkupLimitError,
    MarkupRefusedError,
    attribute,
    name_of,
    parse_xml,
)
from townhall_forms.nodes import Node, in_document_order

ROOM = 100_000_000


def read(xml: str) -> Node:
    return read_document(parse_xml(xml.encode(), max_bytes=ROOM)).children[0]


def tree_of(node: Node) -> tuple[object, ...]:
    attributes = tuple(sorted((each.namespace, each.local, each.text) for each in node.attributes))
    return node.namespace, node.local, node.text, attributes, tuple(tree_of(child) for child in node.children)


# Hostile XML


@pytest.mark.parametrize(
    "xml",
    [
        "<!DOCTYPE a><a/>",
        '  <!DOCTYPE a SYSTEM "x"><a/>',
        '<?xml version="1.0"?><!-- c --><?p?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>&b;</a>",
        "<a>&#0;</a>",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "",
        "   ",
        "<a b=1/>",
        "<a b='1' b='2'/>",
        "<x:a/>",
        '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        "<!ELEMENT a ANY><a/>",
    ],
)
def test_xml_with_anything_but_plain_elements_is_refused(xml: str) -> None:
    with pytest.raises(MarkupRefusedError):
        parse_xml(xml.encode(), max_bytes=ROOM)


def test_a_doctype_in_text_is_just_text() -> None:
    assert read("<a><![CDATA[<!DOCTYPE b>]]></a>").text == "<!DOCTYPE b>"
    assert read("<a><!-- <!DOCTYPE b> --></a>").text == ""
    assert read("<?xml version='1.0' encoding='UTF-8'?><a>&lt;&amp;&#65;</a>").text == "<&A"


def test_limits_are_limits_and_no_syntax() -> None:
    with pytest.raises(MarkupLimitError):
        parse_xml(b"<a>" + b"x" * 100 + b"</a>", max_bytes=50)
    with pytest.raises(MarkupLimitError):
        parse_xml(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), max_bytes=ROOM)
    with pytest.raises(MarkupLimitError):
        parse_xml(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", max_bytes=ROOM)
    parse_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, max_bytes=ROOM)


def test_a_refusal_quotes_nothing_of_what_was_read() -> None:
    with pytest.raises(MarkupRefusedError) as refused:
        parse_xml(b"<secret>answer</secert>", max_bytes=ROOM)
    assert "sec" not in str(refused.value)


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader_in_another_way_than_its_own_error(noise: bytes) -> None:
    with pytest.raises(MarkupRefusedError):
        parse_xml(noise + b"<", max_bytes=ROOM)


def test_names_and_attributes_are_taken_apart() -> None:
    root = parse_xml(b'<h:a xmlns:h="urn:h" b="1" h:c="2"/>', max_bytes=ROOM)
    assert name_of(root) == ("urn:h", "a")
    assert attribute(root, "b") == "1"
    assert attribute(root, "c", "urn:h") == "2"
    assert attribute(root, "c") == ""


# Instances


def test_mixed_content_is_refused_and_white_space_is_none() -> None:
    for mixed in ("<a>x<b/></a>", "<a><b/>x</a>", "<a><b/>x<c/></a>"):
        with pytest.raises(MarkupRefusedError):
            read(mixed)
    assert read("<a>\n  <b> x </b>\n</a>").children[0].text == " x "


def test_an_instance_is_written_with_its_namespaces() -> None:
    root = read(
        '<data xmlns="http://www.w3.org/2002/xforms" xmlns:o="urn:o" id="1" o:v="2"><o:m><o:i>x</o:i></o:m></data>'
    )
    written = write_document(root, {"urn:o": "orx", "urn:unused": "u"}).decode()
    assert written == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<data xmlns:orx="urn:o" id="1" orx:v="2"><orx:m><orx:i>x</orx:i></orx:m></data>\n'
    )


def test_nodes_that_are_not_relevant_are_not_written() -> None:
    root = read("<data><a>1</a><g><b>2</b></g></data>")
    root.children[0].is_relevant = False
    assert b"<data><g><b>2</b></g></data>" in write_document(root, {})
    root.children[1].children[0].is_relevant = False
    assert b"<data><g/></data>" in write_document(root, {})


_LETTERS = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff")
_TEXTS = st.text(alphabet=_LETTERS, max_size=20)
_NAMES = st.from_regex(r"[A-Za-zÕÄ_][A-Za-z0-9_.\-õ]{0,8}", fullmatch=True)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> Node:
    node = Node(draw(_NAMES), draw(st.sampled_from(["", "urn:o", "urn:p"])))
    for name in draw(st.lists(_NAMES, max_size=2, unique=True)):
        ending = draw(st.sampled_from(["", "\n\t\r"]))
        node.set_attribute(name, draw(st.sampled_from(["", "urn:o"])), draw(_TEXTS) + ending)
    children = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    if children:
        for child in children:
            node.append(child)
    else:
        node.text = draw(_TEXTS) + draw(st.sampled_from(["", "\n", "\t", "\r", "]]>"]))
    return node


@given(trees())
def test_what_is_written_reads_back_and_a_second_reader_agrees(tree: Node) -> None:
    written = write_document(tree, {"urn:o": "o", "urn:p": "p"})
    assert tree_of(read(written.decode())) == tree_of(tree)
    assert write_document(tree, {"urn:o": "o", "urn:p": "p"}) == written
    other = etree.fromstring(written)
    assert etree.QName(other).localname == tree.local
    assert len(list(other.iter())) == len(list(tree.walk()))


# Nodes


def test_a_copy_shares_nothing() -> None:
    root = read('<data id="1"><g><a>x</a></g></data>')
    twin = root.copy()
    assert tree_of(twin) == tree_of(root)
    twin.children[0].children[0].text = "y"
    assert root.children[0].children[0].text == "x"
    assert [node.path for node in twin.walk()] == ["/data", "/data/g", "/data/g/a"]


def test_nodes_sort_in_document_order() -> None:
    root = read('<data id="1"><a/><g><b/><c/></g><d/></data>')
    nodes = [root, root.attributes[0], *list(root.walk())[1:]]
    assert in_document_order([*nodes[3:], *nodes[:3], *nodes[2:]]) == nodes
    assert root.children[1].children[0].root() is root.root()


def test_no_repr_shows_an_answer() -> None:
    assert repr(read("<data><a>secret</a></data>").children[0]) == "<Node /data/a>"


# Types


@pytest.mark.parametrize(
    ("written", "data_type"),
    [
        ("int", DataType.INT),
        ("xsd:int", DataType.INT),
        (" xs:date ", DataType.DATE),
        ("select1", DataType.STRING),
        ("select", DataType.STRING),
        ("datetime", DataType.DATE_TIME),
        ("dateTime", DataType.DATE_TIME),
        ("", DataType.STRING),
        ("color", DataType.STRING),
        ("binary", DataType.BINARY),
    ],
)
def test_a_type_is_read_with_or_without_its_prefix(written: str, data_type: DataType) -> None:
    assert read_type(written) is data_type


@given(st.sampled_from(list(DataType)), st.text(max_size=30))
def test_what_is_held_is_held_as_it_is(data_type: DataType, text: str) -> None:
    held = normalise(data_type, text)
    if held is not None:
        assert normalise(data_type, held) == held
        assert held == held.strip()
        node = Node("a")
        node.text = held
        assert read(write_document(node, {}).decode()).text == held


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_integer_of_the_standard_is_held(number: int) -> None:
    assert normalise(DataType.INT, f" {number} ") == str(number)
    assert normalise(DataType.INT, str(number + 2**32)) is None


@given(st.dates())
def test_every_date_is_held(day: object) -> None:
    assert normalise(DataType.DATE, str(day)) == str(day)
