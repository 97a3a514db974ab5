# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tokens and syntax trees of expressions."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.xpath.errors import UnsupportedXPathError, XPathError, XPathLimitError, XPathSyntaxError
from townhall_forms.xpath.parser import MAX_DEPTH, parse
from townhall_forms.xpath.syntax import (
    Axis,
    Call,
    Chain,
    Filter,
    Literal,
    Logical,
    NameTest,
    Negation,
    NodeTypeTest,
    Number,
    Path,
    Step,
    Union,
)
from townhall_forms.xpath.tokens import MAX_LENGTH, TokenKind, tokenize


def child(name: str, *predicates: Literal | Number | Chain) -> Step:
    return Step(Axis.CHILD, NameTest("", name), tuple(predicates))


def relative(*names: str) -> Path:
    return Path(is_absolute=False, steps=tuple(child(name) for name in names))


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser_in_another_way_than_its_own_errors(text: str) -> None:
    try:
        parse(text)
    except XPathError:
        return


@given(st.text(alphabet="/.()[]@*'\"|+-=<>,1a: ", max_size=40))
def test_nor_does_a_text_of_operators(text: str) -> None:
    try:
        parse(text)
    except XPathError:
        return


def test_brackets_nested_too_deep_are_a_limit_and_no_recursion_error() -> None:
    parse("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1))
    with pytest.raises(XPathLimitError):
        parse("(" * 5_000 + "1" + ")" * 5_000)


def test_predicates_nested_too_deep_are_a_limit() -> None:
    with pytest.raises(XPathLimitError):
        parse("a[" * 3_000 + "1" + "]" * 3_000)


def test_calls_nested_too_deep_are_a_limit() -> None:
    with pytest.raises(XPathLimitError):
        parse("not(" * 3_000 + "1" + ")" * 3_000)


def test_an_overlong_expression_is_a_limit() -> None:
    with pytest.raises(XPathLimitError):
        parse("1 + " * MAX_LENGTH + "1")


def test_a_long_chain_is_flat_and_fast() -> None:
    started = time.perf_counter()
    tree = parse(" + ".join(["1"] * 5_000))
    assert isinstance(tree, Chain)
    assert len(tree.rest) == 4_999
    assert time.perf_counter() - started < 60


def test_many_minus_signs_do_not_nest() -> None:
    assert parse("-" * 10_000 + "1") == Negation(Negation(Number(1.0)))
    assert parse("-" * 9_999 + "1") == Negation(Number(1.0))


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "1 +",
        "(1",
        "1)",
        "a[1",
        "a]",
        "f(1,)",
        "f(,1)",
        "f(1",
        "'open",
        '"open',
        "a b",
        "1 2",
        "a/",
        "a//",
        "//",
        "@",
        "a/@",
        "$x",
        "a ? 2",
        "a::b::c",
        "nowhere::a",
        "and and",
        "a = = b",
        "a | ",
        "[1]",
        "#",
        "a/5",
        "..a",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(XPathSyntaxError):
        parse(expression)


@pytest.mark.parametrize("expression", ["following::a", "preceding::a", "namespace::a", "comment()", "a/comment()"])
def test_what_has_no_meaning_in_an_instance_is_unsupported_and_no_syntax_error(expression: str) -> None:
    with pytest.raises(UnsupportedXPathError):
        parse(expression)


def test_the_place_of_a_syntax_error_is_told() -> None:
    with pytest.raises(XPathSyntaxError, match="character 3") as refused:
        parse("1 ?")
    assert refused.value.offset == 2


def test_a_star_and_operator_names_are_told_apart_by_what_stands_before() -> None:
    operand, operator = (TokenKind.SYMBOL, TokenKind.NAME), (TokenKind.OPERATOR,)
    kinds = [token.kind for token in tokenize("* * * div div and and mod mod or or")]
    assert kinds.pop() is TokenKind.END
    for position, kind in enumerate(kinds):
        assert kind in (operator if position % 2 else operand)


def test_names_may_hold_hyphens_dots_and_letters_of_any_script() -> None:
    assert parse("first-name") == relative("first-name")
    assert parse("a.b") == relative("a.b")
    assert parse("küsimus") == relative("küsimus")
    assert parse("a - b") == Chain(relative("a"), (("-", relative("b")),))
    assert parse("a -b") == Chain(relative("a"), (("-", relative("b")),))


@pytest.mark.parametrize(
    ("expression", "value"), [("0", 0.0), ("1.", 1.0), (".5", 0.5), ("12.75", 12.75), ("  7  ", 7.0)]
)
def test_numbers_are_read(expression: str, value: float) -> None:
    assert parse(expression) == Number(value)


def test_literals_take_either_quote_and_hold_the_other() -> None:
    assert parse("'a\"b'") == Literal('a"b')
    assert parse('"a\'b"') == Literal("a'b")
    assert parse("''") == Literal("")


def test_precedence_follows_the_grammar() -> None:
    one, two, three = Number(1.0), Number(2.0), Number(3.0)
    assert parse("1 + 2 * 3") == Chain(one, (("+", Chain(two, (("*", three),))),))
    assert parse("1 < 2 = 3") == Chain(Chain(one, (("<", two),)), (("=", three),))
    assert parse("1 or 2 and 3") == Logical(is_and=False, operands=(one, Logical(is_and=True, operands=(two, three))))
    assert parse("(1 + 2) * 3") == Chain(Chain(one, (("+", two),)), (("*", three),))
    assert parse("-1 - -2") == Chain(Negation(one), (("-", Negation(two)),))
    assert parse("a | b") == Union((relative("a"), relative("b")))
    assert parse("-a | b") == Negation(Union((relative("a"), relative("b"))))


def test_paths_and_their_abbreviations() -> None:
    everything = Step(Axis.DESCENDANT_OR_SELF, NodeTypeTest.NODE)
    assert parse("/") == Path(is_absolute=True, steps=())
    assert parse("/a/b") == Path(is_absolute=True, steps=(child("a"), child("b")))
    assert parse("//a") == Path(is_absolute=True, steps=(everything, child("a")))
    assert parse("a//b") == Path(is_absolute=False, steps=(child("a"), everything, child("b")))
    assert parse(".") == Path(is_absolute=False, steps=(Step(Axis.SELF, NodeTypeTest.NODE),))
    assert parse("..") == Path(is_absolute=False, steps=(Step(Axis.PARENT, NodeTypeTest.NODE),))
    assert parse("@id") == Path(is_absolute=False, steps=(Step(Axis.ATTRIBUTE, NameTest("", "id")),))
    assert parse("a[1]") == Path(is_absolute=False, steps=(child("a", Number(1.0)),))


def test_every_axis_can_be_written_out() -> None:
    for axis in Axis:
        assert parse(f"{axis.value}::a") == Path(is_absolute=False, steps=(Step(axis, NameTest("", "a")),))


def test_prefixes_and_wildcards() -> None:
    assert parse("orx:meta") == Path(is_absolute=False, steps=(Step(Axis.CHILD, NameTest("orx", "meta")),))
    assert parse("orx:*") == Path(is_absolute=False, steps=(Step(Axis.CHILD, NameTest("orx", "*")),))
    assert parse("a/*") == Path(is_absolute=False, steps=(child("a"), child("*")))


def test_node_tests_are_no_calls() -> None:
    assert parse("node()") == Path(is_absolute=False, steps=(Step(Axis.CHILD, NodeTypeTest.NODE),))
    assert parse("a/text()") == Path(is_absolute=False, steps=(child("a"), Step(Axis.CHILD, NodeTypeTest.TEXT)))


def test_calls_may_be_filtered_and_followed() -> None:
    instance = Call("instance", (Literal("towns"),))
    assert parse("instance('towns')/root") == Filter(instance, (), (child("root"),))
    assert parse("current()/../a") == Filter(
        Call("current", ()), (), (Step(Axis.PARENT, NodeTypeTest.NODE), child("a"))
    )
    assert parse("(a)[2]") == Filter(relative("a"), (Number(2.0),), ())
    assert parse("jr:itext('x')") == Call("jr:itext", (Literal("x"),))
    assert parse("f()") == Call("f", ())
