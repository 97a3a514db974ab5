# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What expressions give: operators, conversions, functions, paths."""

import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_forms.xpath.compiler import compile_expression
from townhall_forms.xpath.errors import (
    UnknownFunctionError,
    UnsupportedXPathError,
    XPathError,
    XPathLimitError,
    XPathValueError,
)
from townhall_forms.xpath.functions import FUNCTIONS, UNSUPPORTED_FUNCTIONS
from townhall_forms.xpath.parser import parse
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import NodeSet, Value, number_text, to_boolean

Evaluate = Callable[..., Value]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 - 4", -1.0),
        ("2 * 3 div 4", 1.5),
        ("7 mod 3", 1.0),
        ("-7 mod 3", -1.0),
        ("7 mod -3", 1.0),
        ("1.5 mod 0.5", 0.0),
        ("1 div 0", math.inf),
        ("-1 div 0", -math.inf),
        ("'5' + 1", 6.0),
        ("/data/age + 1", 43.0),
        ("--3", 3.0),
        ("-(3)", -3.0),
        ("true() + true()", 2.0),
        ("number(' 12.50 ')", 12.5),
        ("number('-.5')", -0.5),
        ("number(true())", 1.0),
        ("number(/data/age)", 42.0),
        ("int(1.9)", 1.0),
        ("int(-1.9)", -1.0),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -2.0),
        ("round(1.005, 2)", 1.01),
        ("round(1234.567, -2)", 1200.0),
        ("round(12.5, 0)", 13.0),
        ("floor(-1.5)", -2.0),
        ("ceiling(-1.5)", -1.0),
        ("abs(-3)", 3.0),
        ("pow(2, 10)", 1024.0),
        ("pow(9, 0.5)", 3.0),
        ("sqrt(16)", 4.0),
        ("log10(1000)", 3.0),
        ("exp(0)", 1.0),
        ("exp10(2)", 100.0),
        ("log(0)", -math.inf),
        ("exp(100000)", math.inf),
        ("sin(0)", 0.0),
        ("cos(0)", 1.0),
        ("tan(0)", 0.0),
        ("asin(0)", 0.0),
        ("acos(1)", 0.0),
        ("atan(0)", 0.0),
        ("atan2(0, 1)", 0.0),
        ("pi()", math.pi),
        ("min(3, 1, 2)", 1.0),
        ("max(/data/house/person/age)", 34.0),
        ("min(/data/house/person/age, 2)", 2.0),
        ("sum(/data/house/person/age)", 60.0),
        ("count(/data/house/person)", 3.0),
        ("count(/data/nothing)", 0.0),
        ("count-non-empty(/data/age | /data/blank)", 1.0),
        ("count-selected(/data/services)", 3.0),
        ("count-selected('')", 0.0),
        ("string-length('Männik')", 6.0),
        ("string-length(/data/blank)", 0.0),
    ],
)
def test_an_expression_gives_a_number(evaluate: Evaluate, expression: str, value: float) -> None:
    assert evaluate(expression) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    "expression",
    [
        "0 div 0",
        "5 mod 0",
        "number('')",
        "number('abc')",
        "number('1e3')",
        "number('1,5')",
        "number('0x10')",
        "number('\u0663')",
        "number(/data/nothing)",
        "sqrt(-1)",
        "log(-1)",
        "asin(2)",
        "pow(-1, 0.5)",
        "min(/data/nothing)",
        "max('a', 1)",
        "int('')",
        "round('x')",
        "round('x', 2)",
        "decimal-time('25:00')",
        "(1 div 0) mod 2",
    ],
)
def test_what_mathematics_does_not_define_is_not_a_number_and_no_exception(evaluate: Evaluate, expression: str) -> None:
    value = evaluate(expression)
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("concat('a')", "a"),
        ("concat('a', 1, true())", "a1true"),
        ("concat(/data/house/person/name, '!')", "AnaBiaCaio!"),
        ("join(', ', /data/house/person/name)", "Ana, Bia, Caio"),
        ("join('-', 'a', 'b', /data/age)", "a-b-42"),
        ("string(/data/house/person/name)", "Ana"),
        ("string(1.0)", "1"),
        ("string(0.1 + 0.2)", "0.30000000000000004"),
        ("string(1 div 3 * 0.0000001)", "0.00000003333333333333333"),
        ("string(-0.5)", "-0.5"),
        ("string(1 div 0)", "Infinity"),
        ("string(-1 div 0)", "-Infinity"),
        ("string(0 div 0)", "NaN"),
        ("string(false())", "false"),
        ("substr('hello', 1)", "ello"),
        ("substr('hello', 1, 3)", "el"),
        ("substr('hello', -3, -1)", "ll"),
        ("substr('hello', -99)", "hello"),
        ("substr('hello', 2, 99)", "llo"),
        ("substr('hello', 3, 1)", ""),
        ("substr('hello', 'x')", ""),
        ("substring('12345', 2, 3)", "234"),
        ("substring('12345', 2)", "2345"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0, 3)", "12"),
        ("substring('12345', 0 div 0, 3)", ""),
        ("substring('12345', -42, 1 div 0)", "12345"),
        ("substring('12345', -1 div 0, 1 div 0)", ""),
        ("substring-before('1999/04/01', '/')", "1999"),
        ("substring-after('1999/04/01', '/')", "04/01"),
        ("substring-before('abc', 'x')", ""),
        ("substring-before('abc', '')", ""),
        ("substring-after('abc', '')", "abc"),
        ("substring-after('abc', 'x')", ""),
        ("translate('bar', 'abc', 'AB')", "BAr"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("translate('aa', 'aa', 'xy')", "xx"),
        ("normalize-space(/data/spaced)", "a b"),
        ("selected-at(/data/services, 1)", "power"),
        ("selected-at(/data/services, 3)", ""),
        ("selected-at(/data/services, -1)", ""),
        ("selected-at(/data/services, 'x')", ""),
        ("coalesce(/data/blank, /data/age)", "42"),
        ("coalesce('', '')", ""),
        ("coalesce(/data/nothing, 'x')", "x"),
        ("if(/data/age > 18, 'old', 'young')", "old"),
        ("uuid()", "00010203-0405-4607-8809-0a0b0c0d0e0f"),
        ("uuid(5)", "00010"),
        ("jr:itext('hello')", "text hello"),
        ("jr:choice-name('tln', ' /data/town ')", "/data/town=tln"),
        ("name(/data/age)", "age"),
        ("local-name(/data/nothing)", ""),
    ],
)
def test_an_expression_gives_a_string(evaluate: Evaluate, expression: str, value: str) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 = 1.0", True),
        ("'1' = 1", True),
        ("'a' = 'a'", True),
        ("'1.0' = '1'", False),
        ("true() = 'x'", True),
        ("true() = ''", False),
        ("/data/age = 42", True),
        ("/data/age = '42'", True),
        ("/data/blank = ''", True),
        ("/data/nothing = ''", True),
        ("/data/nothing[1] = ''", False),
        ("/data/nothing != ''", False),
        ("/data/house/person/age = 7", True),
        ("/data/house/person/age != 7", True),
        ("/data/house/person/age = /data/age", False),
        ("/data/house/person/age < 8", True),
        ("8 > /data/house/person/age", True),
        ("100 < /data/house/person/age", False),
        ("/data/nothing = false()", True),
        ("true() > false()", True),
        ("number('x') = number('x')", False),
        ("number('x') != number('x')", True),
        ("'' < 1", False),
        ("'b' > 'a'", False),
        ("1 < 2 and 2 < 3", True),
        ("1 > 2 or 2 < 3", True),
        ("true() and false()", False),
        ("false() or false()", False),
        ("not(0)", True),
        ("not('0')", False),
        ("boolean(/data/blank)", True),
        ("boolean(/data/nothing)", False),
        ("boolean('false')", True),
        ("boolean(0 div 0)", False),
        ("boolean-from-string('1')", True),
        ("boolean-from-string('true')", True),
        ("boolean-from-string('TRUE')", False),
        ("boolean-from-string('yes')", False),
        ("selected(/data/services, 'power')", True),
        ("selected(/data/services, 'pow')", False),
        ("selected('', '')", False),
        ("contains('Tallinn', 'lin')", True),
        ("starts-with('Tallinn', 'Tal')", True),
        ("ends-with('Tallinn', 'inn')", True),
        ("contains('', '')", True),
        ("regex('10133', '^[0-9]{5}$')", True),
        ("regex('101333', '^[0-9]{5}$')", False),
        ("regex('a10133b', '[0-9]{5}')", True),
        ("regex('\u0663', '\\d')", False),
        ("checklist(1, 2, true(), '1', 0)", True),
        ("checklist(-1, 1, '1', '1')", False),
        ("checklist(2, -1, '1', '1', '1')", True),
        ("weighted-checklist(3, 5, '1', 2, '1', 2)", True),
        ("weighted-checklist(5, -1, '1', 2, '0', 9)", False),
    ],
)
def test_an_expression_gives_a_truth_value(evaluate: Evaluate, expression: str, value: bool) -> None:  # noqa: FBT001
    assert evaluate(expression) is value


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("/data/house/person[2]/name", ["Bia"]),
        ("/data/house/person[last()]/name", ["Caio"]),
        ("/data/house/person[position() > 1]/name", ["Bia", "Caio"]),
        ("/data/house/person[age > 10][2]/name", ["Caio"]),
        ("/data/house/person[name = 'Ana']/age", ["34"]),
        ("/data/house/person[age]/name", ["Ana", "Bia", "Caio"]),
        ("//name", ["Mari Maasikas", "Ana", "Bia", "Caio"]),
        ("/data//age", ["42", "34", "7", "19"]),
        ("(//age)[2]", ["34"]),
        ("/data/*[. = '42']", ["42"]),
        ("/data/@version", ["3"]),
        ("/data/@*", ["x", "3"]),
        ("/data/house/person[1]/following-sibling::person/name", ["Bia", "Caio"]),
        ("/data/house/person[3]/preceding-sibling::person[1]/name", ["Bia"]),
        ("/data/house/person[2]/name/ancestor::data/age", ["42"]),
        ("/data/house/person[2]/age/ancestor-or-self::age", ["7"]),
        ("/data/house/descendant::age", ["34", "7", "19"]),
        ("/data/house/person/self::person/name", ["Ana", "Bia", "Caio"]),
        ("/data/house/person[2]/../person[1]/name", ["Ana"]),
        ("/data/age | /data/house/person/age | /data/age", ["42", "34", "7", "19"]),
        ("/data/house/person/name | /data/age", ["42", "Ana", "Bia", "Caio"]),
        ("/data/age/text()", []),
        ("instance('towns')/root/item[county = 'harju']/label", ["Tallinn", "Keila"]),
        ("instance('towns')/root/item[name = 'trt']/label", ["Tartu"]),
        (
            "instance('towns')/root/item[string-length(name) > /data/house/person[2]/age - 5]/name",
            ["tln", "trt", "keila"],
        ),
        ("current()/age", ["42"]),
        ("age", ["42"]),
        ("./house/person[1]/name", ["Ana"]),
        ("/data/nothing/below", []),
    ],
)
def test_a_path_selects_nodes_in_document_order(evaluate: Evaluate, expression: str, values: list[str]) -> None:
    found = evaluate(expression)
    assert isinstance(found, NodeSet)
    assert [node.string_value() for node in found.nodes] == values


def test_current_stays_at_the_owner_inside_predicates(evaluate: Evaluate) -> None:
    found = evaluate("/data/house/person[age < current()/../age]/name", at="age")
    assert isinstance(found, NodeSet)
    assert [node.text for node in found.nodes] == ["Ana", "Bia", "Caio"]


def test_nodes_that_are_not_relevant_are_not_there(evaluate: Evaluate, environment: Environment) -> None:
    house = environment.document.children[0].named["house"][0]
    house.children[1].is_relevant = False
    assert evaluate("sum(/data/house/person/age)") == 53.0
    assert evaluate("count(//person)") == 2.0
    assert evaluate("string(/data/house)") == "Ana34Caio19"
    house.is_relevant = False
    assert evaluate("count(/data/house/person)") == 0.0


def test_position_with_an_argument_counts_siblings_of_the_same_name(evaluate: Evaluate) -> None:
    assert evaluate("position(/data/house/person[3])") == 3.0
    assert evaluate("position(..)", at="house/person/age") == 1.0
    with pytest.raises(XPathValueError):
        evaluate("position(/data/nothing)")


def test_once_keeps_what_its_owner_holds(evaluate: Evaluate) -> None:
    assert evaluate("once('new')", at="name") == "Mari Maasikas"
    assert evaluate("once('new')", at="blank") == "new"


def test_functions_without_an_argument_take_the_context_node(evaluate: Evaluate) -> None:
    assert evaluate("string()", at="age") == "42"
    assert evaluate("number()", at="age") == 42.0
    assert evaluate("string-length()", at="age") == 2.0
    assert evaluate("normalize-space()", at="spaced") == "a b"
    assert evaluate("name()", at="age") == "age"


def test_if_evaluates_one_branch_only(evaluate: Evaluate) -> None:
    assert evaluate("if(true(), 1, instance('missing')/root)") == 1.0
    with pytest.raises(XPathValueError):
        evaluate("if(false(), 1, instance('missing')/root)")


def test_randomness_comes_from_the_environment(evaluate: Evaluate, environment: Environment) -> None:
    environment.randomness = lambda count: b"\xff" * count
    drawn = evaluate("random()")
    assert isinstance(drawn, float)
    assert 0.999 < drawn < 1
    environment.randomness = bytes
    assert evaluate("random()") == 0.0


@pytest.mark.parametrize("expression", ["nope(1)", "if(1, 2)", "not()", "today(1)", "concat()", "upper-case('a')"])
def test_unknown_functions_and_wrong_numbers_of_arguments_are_refused_before_evaluation(expression: str) -> None:
    with pytest.raises(UnknownFunctionError):
        compile_expression(parse(expression), {})


@pytest.mark.parametrize("name", sorted(UNSUPPORTED_FUNCTIONS))
def test_functions_of_xpath_that_are_no_part_of_the_standard_are_named(name: str) -> None:
    with pytest.raises(UnsupportedXPathError, match=name):
        compile_expression(parse(f"{name}(1)"), {})


def test_no_function_is_both_run_and_unsupported() -> None:
    assert not UNSUPPORTED_FUNCTIONS & FUNCTIONS.keys()


def test_an_undeclared_prefix_is_refused() -> None:
    with pytest.raises(UnsupportedXPathError, match="nowhere"):
        compile_expression(parse("nowhere:a"), {"orx": "x"})


@pytest.mark.parametrize("expression", ["count('a')", "sum(1)", "'a'/b", "(1)[1]", "'a' | 'b'", "instance('missing')"])
def test_a_value_where_nodes_are_needed_is_an_error_of_its_own(evaluate: Evaluate, expression: str) -> None:
    with pytest.raises(XPathValueError):
        evaluate(expression)


def test_a_regular_expression_that_is_none_is_an_error_of_its_own(evaluate: Evaluate) -> None:
    with pytest.raises(UnsupportedXPathError):
        evaluate("regex('a', '[')")
    with pytest.raises(XPathValueError):
        evaluate("regex('a', concat('[', ''))")
    with pytest.raises(XPathLimitError):
        evaluate(f"regex('a', '{'a' * 2000}')")
    assert evaluate(f"regex('{'a' * 3000}', 'a')") is False


def test_a_uuid_of_absurd_length_is_a_limit(evaluate: Evaluate) -> None:
    with pytest.raises(XPathLimitError):
        evaluate("uuid(1000000000)")


_OPERATORS = ["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"]
_ARGUMENT = st.one_of(
    st.sampled_from(
        ["/data/house/person/age", "/data/nothing", "/data/name", "true()", "today()", "0 div 0", "1 div 0"]
    ),
    st.sampled_from(["'0001-01-01T00:00+14:00'", "'9999-12-31T23:59-12:00'", "'0001-01-01'", "1 div 0", "-1 div 0"]),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"({number_text(number)})"),
    st.text(alphabet="ab[(*+?.%1-: T\u0663", max_size=8).map(lambda text: f"'{text}'"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(_ARGUMENT, max_size=4))
def test_no_argument_breaks_a_function_in_another_way_than_the_engines_errors(
    evaluate: Evaluate, name: str, arguments: list[str]
) -> None:
    try:
        assert isinstance(evaluate(f"{name}({', '.join(arguments)})"), float | str | bool | NodeSet)
    except XPathError:
        return


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500, deadline=None)
@given(
    st.sampled_from(["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"]), _ARGUMENT, _ARGUMENT
)
def test_nor_does_an_operator(evaluate: Evaluate, operator: str, left: str, right: str) -> None:
    assert isinstance(evaluate(f"{left} {operator} {right}"), float | bool)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_out_reads_back_as_itself(number: float) -> None:
    written = number_text(number)
    assert "e" not in written
    assert float(written) == number


@given(st.floats())
def test_only_nought_and_nan_are_false(number: float) -> None:
    assert to_boolean(number) is (number != 0 and not math.isnan(number))
