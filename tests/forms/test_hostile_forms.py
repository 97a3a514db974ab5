# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms that mean harm: each ends, in steps that are counted and not in seconds, with the engine's own error."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from townhall_forms.errors import EvaluationError, FormRefusedError, RefusalCause
from townhall_forms.form import load_form
from townhall_forms.session import FormSession

Open = Callable[..., FormSession]
BuildForm = Callable[..., bytes]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
A = '<input ref="/data/a"/>'


def doubling(count: int, rule: str) -> tuple[str, str]:
    data = "<a/>" + "".join(f"<q{number}/>" for number in range(count))
    rules = "".join(
        f'<bind nodeset="/data/q{number}" calculate="{rule.replace("X", before)}"/>'
        for number, before in enumerate(["/data/a", *(f"/data/q{number}" for number in range(count - 1))])
    )
    return data, rules


@pytest.mark.parametrize(
    "rule",
    [
        "concat(X, X)",
        "concat(X, X, X, X, X, X, X, X)",
        "join(X, X, X, X)",
        "translate(concat(X, X), 'b', 'c')",
        "base64-encode(concat(X, X))",
        "if(X = '', '', concat(X, X))",
    ],
)
def test_a_text_that_doubles_with_each_calculation_ends(open_form: Open, rule: str) -> None:
    session = open_form(*doubling(64, rule), A)
    with pytest.raises(EvaluationError):
        session.answer("/data/a", "a" * 100)


def test_a_text_that_doubles_inside_one_expression_ends(xform: BuildForm) -> None:
    rule = "/data/a"
    for _time in range(40):
        rule = f"concat({rule}, {rule})" if len(rule) < 20_000 else f"concat({rule})"
    form = load_form(
        xform("<a>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</a><b/>", f'<bind nodeset="/data/b" calculate="{rule}"/>')
    )
    assert len(form.controls) == 0


ALL = "instance('t')//*"


@pytest.mark.parametrize(
    "rule",
    [
        f"count({ALL}[count({ALL}[count({ALL}[count({ALL}) &gt; 0]) &gt; 0]) &gt; 0])",
        f"count({ALL}[{ALL} = {ALL}])",
        f"sum({ALL}[. = {ALL}][{ALL} != .])",
        "count(instance('t')//..//..//..//..//..//..[count(.//..//..//..) &gt; 0])",
        f"join('', {ALL}[string-length(join('', {ALL})) &gt; 0])",
    ],
)
def test_an_expression_that_looks_at_everything_for_everything_ends(open_form: Open, rule: str) -> None:
    items = "".join(f"<item><n>{number}</n></item>" for number in range(1_200))
    model = f'<instance id="t"><root>{items}</root></instance><bind nodeset="/data/b" calculate="{rule}"/>'
    with pytest.raises((EvaluationError, FormRefusedError)):
        open_form("<a/><b/>", model, A)


def test_many_expressions_that_lead_everywhere_are_refused_when_the_form_is_read(xform: BuildForm) -> None:
    count = 3_000
    data = "".join(f"<q{number}/>" for number in range(count))
    rules = "".join(f'<bind nodeset="/data/q{number}" required="count(//*) &gt; {number}"/>' for number in range(count))
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform(data, rules))
    assert refused.value.cause is RefusalCause.LIMIT


def test_one_expression_that_leads_everywhere_again_and_again_is_refused_when_the_form_is_read(
    xform: BuildForm,
) -> None:
    data = "<a/>" + "".join(f"<q{number}/>" for number in range(3_000))
    rule = "/data" + "/*/.." * 2_000
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform(data, f'<bind nodeset="/data/a" required="{rule}"/>'))
    assert (refused.value.cause, refused.value.place) == (RefusalCause.LIMIT, "/data/a")


def test_groups_in_groups_in_groups_are_refused_when_the_form_is_read(xform: BuildForm) -> None:
    deep = "<group>" * 200 + A + "</group>" * 200
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform("<a/>", body=deep))
    assert refused.value.cause is RefusalCause.LIMIT


def test_a_uuid_without_measure_ends(open_form: Open) -> None:
    session = open_form(
        "<a/><b/>", '<bind nodeset="/data/b" calculate="uuid(/data/a)"/><bind nodeset="/data/a" type="int"/>', A
    )
    with pytest.raises(EvaluationError):
        session.answer("/data/a", "1000000000")


def test_a_repeat_that_counts_itself_is_a_circle(xform: BuildForm) -> None:
    body = '<repeat nodeset="/data/p" jr:count="count(/data/p) + 1"/>'
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform("<p><b/></p>", body=body))
    assert refused.value.cause is RefusalCause.CYCLE
