# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The state of a filling: computing what an answer touches gives what computing everything gives, on random forms."""

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_forms.errors import FormRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.questions import QuestionKind
from townhall_forms.revalidate import revalidate
from townhall_forms.session import FormSession
from townhall_forms.state import FormState

BuildForm = Callable[..., bytes]

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NAMES = ["a", "b", "c", "g/d", "g/e", "g/h/i"]
_PATHS = st.sampled_from([f"/data/{name}" for name in NAMES])
_SMALL = st.integers(0, 4).map(str)


def _value(path: str) -> str:
    return f"coalesce({path}, 0)"


_CALCULATIONS = st.one_of(
    st.builds(lambda one, two: f"{_value(one)} + {_value(two)}", _PATHS, _PATHS),
    st.builds(lambda one, number: f"{_value(one)} * {number}", _PATHS, _SMALL),
    st.builds(lambda one, two: f"if({one} &gt; 2, {_value(two)}, 1)", _PATHS, _PATHS),
    st.just("count(/data/g//*)"),
    st.just("string-length(/data/g/h)"),
)
_CONDITIONS = st.one_of(
    st.builds(lambda one, number: f"{one} = {number}", _PATHS, _SMALL),
    st.builds(lambda one, two: f"{one} &gt; {two}", _PATHS, _PATHS),
    st.builds(lambda one: f"{one} != ''", _PATHS),
    st.builds(lambda one: f"not({one})", _PATHS),
)


@st.composite
def binds(draw: st.DrawFn) -> str:
    """Rules for some of the nodes and groups; many draws depend on themselves in a circle."""
    written = []
    for path in ["/data/g", "/data/g/h", *(f"/data/{name}" for name in NAMES)]:
        rules = ""
        is_group = path in {"/data/g", "/data/g/h"}
        for rule in ("relevant", "required", "readonly", "constraint"):
            if draw(st.integers(0, 5)) == 0 and not (is_group and rule != "relevant"):
                rules += f' {rule}="{draw(_CONDITIONS)}"'
        if not is_group and draw(st.integers(0, 4)) == 0:
            rules += f' calculate="{draw(_CALCULATIONS)}"'
        written.append(f'<bind nodeset="{path}" type="int"{rules}/>')
    return "".join(written)


@st.composite
def forms(draw: st.DrawFn) -> Form | None:
    """A form of six questions in three groups, or None where its rules are circular."""
    body = "".join(f'<input ref="/data/{name}"><label>{name}</label></input>' for name in NAMES)
    xml = f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title/>
<model><instance><data id="r"><a/><b>1</b><c/><g><d/><e>2</e><h><i/></h></g></data></instance>{draw(binds())}</model>
</h:head><h:body>{body}</h:body></h:html>"""
    try:
        return load_form(xml.encode())
    except FormRefusedError:
        return None


def picture(state: FormState) -> list[tuple[str, str, bool, bool, bool]]:
    """Everything that a state says of its nodes; what is hidden in irrelevant nodes does not count."""
    return [
        (
            path,
            node.text if node.is_relevant else "",
            node.is_relevant,
            state.is_required(path),
            state.is_read_only(path),
        )
        for path, node in state.nodes.items()
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(form=forms(), answers=st.lists(st.tuples(st.sampled_from(NAMES), _SMALL | st.just("")), max_size=12))
def test_computing_what_an_answer_touches_equals_computing_everything(
    form: Form | None, answers: list[tuple[str, str]]
) -> None:
    if form is None:
        return
    session = FormSession(form, language="en", now=NOW, prefill={}, randomness=bytes)
    for name, value in answers:
        ref = f"/data/{name}"
        asked = {question.ref: question for question in session.questions()}
        if ref in asked and not asked[ref].is_read_only:
            session.answer(ref, value)
        incremental = picture(session.state)
        session.state.compute_all()
        assert picture(session.state) == incremental


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(form=forms(), answers=st.lists(st.tuples(st.sampled_from(NAMES), _SMALL), max_size=12))
def test_whatever_a_random_form_gives_its_replay_accepts(form: Form | None, answers: list[tuple[str, str]]) -> None:
    if form is None:
        return
    session = FormSession(form, language="en", now=NOW, prefill={}, randomness=bytes)
    for name, value in answers:
        asked = {question.ref: question for question in session.questions()}
        ref = f"/data/{name}"
        if ref in asked and not asked[ref].is_read_only and asked[ref].kind is not QuestionKind.NOTE:
            session.answer(ref, value)
    if not session.problems():
        instance = session.finish()
        assert revalidate(form, instance, {}, NOW).instance == instance


def test_two_sessions_with_the_same_answers_are_the_same(xform: BuildForm) -> None:
    form = load_form(xform("<a/><meta><instanceID/></meta>", "", '<input ref="/data/a"/>'))
    given_instances = set()
    for _round in range(2):
        session = FormSession(form, language="en", now=NOW, prefill={}, randomness=bytes)
        session.answer("/data/a", "x")
        given_instances.add(session.finish())
    assert len(given_instances) == 1


def test_two_people_do_not_share_a_record(xform: BuildForm) -> None:
    form = load_form(xform("<a/><meta><instanceID/></meta>", "", '<input ref="/data/a"/>'))
    records = {FormSession(form, language="en", now=NOW, prefill={}).finish() for _round in range(5)}
    assert len(records) == 5


def test_a_deep_chain_of_calculations_is_no_recursion(xform: BuildForm) -> None:
    count = 3_000
    data = "".join(f"<q{number}/>" for number in range(count))
    rules = "".join(
        f'<bind nodeset="/data/q{number}" type="int" calculate="/data/q{number - 1} + 1"/>'
        for number in range(1, count)
    )
    form = load_form(xform(data, f'<bind nodeset="/data/q0" type="int"/>{rules}', '<input ref="/data/q0"/>'))
    session = FormSession(form, language="en", now=NOW, prefill={})
    session.answer("/data/q0", "1")
    assert session.state.value(f"/data/q{count - 1}") == str(count)
