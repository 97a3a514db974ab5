# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Repeats: which instance a path means, how they come and go, and that the centre finds the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_forms.errors import (
    AnswerMisuseError,
    EvaluationError,
    FormRefusedError,
    InstanceFault,
    InstanceRefusedError,
    RefusalCause,
)
from townhall_forms.form import Form, load_form
from townhall_forms.questions import Accepted, RefusalReason
from townhall_forms.repeats import MAX_INSTANCES
from townhall_forms.revalidate import revalidate
from townhall_forms.session import FormSession

BuildForm = Callable[..., bytes]
Open = Callable[..., FormSession]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)

PEOPLE = '<n/><person jr:template=""><name/><age>1</age><total/></person><person><name/><age/><total/></person><all/>'
RULES = (
    '<bind nodeset="/data/person/age" type="int"/>'
    '<bind nodeset="/data/person/total" type="int" calculate="/data/person/age + position(..)"/>'
    '<bind nodeset="/data/all" type="int" calculate="sum(/data/person/total)"/>'
)
BODY = (
    '<group ref="/data/person"><label>People</label><repeat nodeset="/data/person"{attributes}>'
    '<input ref="/data/person/name"><label>Name</label></input><input ref="/data/person/age"><label>Age</label></input>'
    "</repeat></group>"
)
TABLE = BODY.format(attributes="")


def counted(by: str) -> str:
    return BODY.format(attributes=f' jr:count="{by}"') + '<input ref="/data/n"><label>N</label></input>'


def values(session: FormSession, *refs: str) -> list[str]:
    return [session.state.value(ref) for ref in refs]


def test_an_instance_has_the_position_in_its_ref(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, TABLE)
    assert [question.ref for question in session.questions()] == ["/data/person[1]/name", "/data/person[1]/age"]
    assert {question.repeat for question in session.questions()} == {"/data/person[1]"}


def test_an_absolute_path_means_the_own_instance_inside_and_all_of_them_outside(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, TABLE)
    session.answer("/data/person[1]/age", "30")
    assert session.add_repeat("/data/person") == "/data/person[2]"
    assert values(session, "/data/person[2]/age", "/data/person[2]/total") == ["1", "3"]
    session.answer("/data/person[2]/age", "40")
    assert values(session, "/data/person[1]/total", "/data/person[2]/total", "/data/all") == ["31", "42", "73"]


def test_removing_an_instance_moves_the_others_up_and_computes_them_anew(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, TABLE)
    session.answer("/data/person[1]/age", "30")
    session.add_repeat("/data/person")
    session.answer("/data/person[2]/age", "40")
    session.remove_repeat("/data/person[1]")
    assert values(session, "/data/person[1]/age", "/data/person[1]/total", "/data/all") == ["40", "41", "41"]
    assert "/data/person[2]" not in session.state.nodes


def test_the_last_instance_may_go_and_the_next_one_stands_where_the_form_has_it(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, TABLE)
    session.remove_repeat("/data/person[1]")
    assert values(session, "/data/all") == ["0"]
    assert [state.instances for state in session.repeats()] == [()]
    session.add_repeat("/data/person")
    assert b"<n/><person><name/><age>1</age><total>2</total></person><all>2</all>" in session.finish()


def test_a_repeat_that_is_not_relevant_takes_no_first_instance(open_form: Open) -> None:
    rules = '<bind nodeset="/data/person" relevant="/data/n = 1"/>'
    session = open_form(PEOPLE, rules, TABLE + '<input ref="/data/n"><label>N</label></input>')
    assert session.repeats() == ()
    session.answer("/data/n", "1")
    session.remove_repeat("/data/person[1]")
    (people,) = session.repeats()
    assert people.instances == ()
    session.answer("/data/n", "2")
    assert session.repeats() == ()
    with pytest.raises(AnswerMisuseError):
        session.add_repeat("/data/person")
    session.answer("/data/n", "1")
    assert session.add_repeat("/data/person") == "/data/person[1]"


def test_only_a_template_gives_values_to_new_instances(open_form: Open) -> None:
    session = open_form("<p><a>first</a></p>", "", '<repeat nodeset="/data/p"><input ref="/data/p/a"/></repeat>')
    session.add_repeat("/data/p")
    assert values(session, "/data/p[1]/a", "/data/p[2]/a") == ["first", ""]


def test_a_count_makes_and_takes_instances(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, counted("/data/n"))
    assert session.repeats()[0].instances == ()
    session.answer("/data/n", "3")
    assert session.repeats()[0].instances == ("/data/person[1]", "/data/person[2]", "/data/person[3]")
    assert values(session, "/data/all") == [str(2 + 3 + 4)]
    session.answer("/data/n", "1")
    assert values(session, "/data/all") == ["2"]
    assert not session.repeats()[0].can_change
    with pytest.raises(AnswerMisuseError):
        session.add_repeat("/data/person")
    with pytest.raises(AnswerMisuseError):
        session.remove_repeat("/data/person[1]")


@pytest.mark.parametrize("held", ["", "no number", "-4"])
def test_a_count_that_is_no_number_of_things_makes_none(open_form: Open, held: str) -> None:
    session = open_form(PEOPLE, RULES, counted("/data/n"))
    session.answer("/data/n", held)
    assert session.repeats()[0].instances == ()


def test_a_fixed_repeat_stays_as_the_form_has_it(open_form: Open) -> None:
    session = open_form(PEOPLE, RULES, BODY.format(attributes=' jr:noAddRemove="true()"'))
    assert [(state.instances, state.can_change) for state in session.repeats()] == [(("/data/person[1]",), False)]


def test_nested_repeats_know_their_parents(open_form: Open) -> None:
    data = "<house><street/><room><area/><share/></room><sum/></house><whole/>"
    rules = (
        '<bind nodeset="/data/house/room/area" type="decimal"/>'
        '<bind nodeset="/data/house/sum" type="decimal" calculate="sum(/data/house/room/area)"/>'
        '<bind nodeset="/data/house/room/share" calculate="concat(../area, \' of \', /data/house/sum)"/>'
        '<bind nodeset="/data/whole" type="decimal" calculate="sum(/data/house/sum)"/>'
    )
    body = (
        '<repeat nodeset="/data/house"><input ref="/data/house/street"/>'
        '<repeat nodeset="/data/house/room"><input ref="/data/house/room/area"/></repeat></repeat>'
    )
    session = open_form(data, rules, body)
    session.answer("/data/house[1]/room[1]/area", "10")
    session.add_repeat("/data/house")
    assert session.add_repeat("/data/house[2]/room") == "/data/house[2]/room[2]"
    session.answer("/data/house[2]/room[1]/area", "1")
    session.answer("/data/house[2]/room[2]/area", "2")
    assert values(session, "/data/house[1]/sum", "/data/house[2]/sum", "/data/whole") == ["10", "3", "13"]
    assert values(session, "/data/house[2]/room[2]/share", "/data/house[1]/room[1]/share") == ["2 of 3", "10 of 10"]
    assert [question.ref for question in session.questions()] == [
        "/data/house[1]/street",
        "/data/house[1]/room[1]/area",
        "/data/house[2]/street",
        "/data/house[2]/room[1]/area",
        "/data/house[2]/room[2]/area",
    ]
    instance = session.finish()
    assert revalidate(session.form, instance, {}, NOW, record=session.record()).instance == instance


RUNNING = (
    "if(position(..) = 1, 0, indexed-repeat(/data/p/sum, /data/p, position(..) - 1)) + ../a",
    "if(position(..) = 1, 0, /data/p[position() = position(current()/..) - 1]/sum) + ../a",
    "coalesce(../preceding-sibling::p[1]/sum, 0) + ../a",
)


@pytest.mark.parametrize("rule", RUNNING)
def test_an_instance_may_read_the_one_before_it(open_form: Open, rule: str) -> None:
    body = '<repeat nodeset="/data/p"><input ref="/data/p/a"/></repeat>'
    rules = f'<bind nodeset="/data/p/a" type="int"/><bind nodeset="/data/p/sum" type="int" calculate="{rule}"/>'
    session = open_form("<p><a/><sum/></p>", rules, body)
    for number in ("1", "2", "3", "4"):
        ref = session.repeats()[0].instances[-1]
        session.answer(f"{ref}/a", number)
        session.add_repeat("/data/p")
    assert values(session, *(f"/data/p[{n}]/sum" for n in (1, 2, 3, 4))) == ["1", "3", "6", "10"]
    session.answer("/data/p[1]/a", "100")
    assert values(session, "/data/p[4]/sum") == ["109"]


def test_an_instance_that_reads_itself_is_a_circle(xform: BuildForm) -> None:
    rules = '<bind nodeset="/data/p/a" calculate="/data/p/a + 1"/>'
    with pytest.raises(FormRefusedError, match="/data/p/a -> /data/p/a") as refused:
        load_form(xform("<p><a/></p>", rules, '<repeat nodeset="/data/p"/>'))
    assert refused.value.cause is RefusalCause.CYCLE


def test_two_instances_that_chase_each_other_end_the_same_each_time(open_form: Open) -> None:
    rule = "coalesce(indexed-repeat(/data/p/a, /data/p, 3 - position(..)), 0) + 1"
    session = open_form(
        "<p><a>0</a></p><p><a>0</a></p>",
        f'<bind nodeset="/data/p/a" type="int" calculate="{rule}"/>',
        '<repeat nodeset="/data/p"/>',
    )
    first = values(session, "/data/p[1]/a", "/data/p[2]/a")
    assert all(int(value) < 100 for value in first)
    session.state.compute_all()
    assert values(session, "/data/p[1]/a", "/data/p[2]/a") == first


def test_an_instance_that_chooses_itself_ends_the_same_each_time(open_form: Open) -> None:
    rule = "indexed-repeat(/data/p/a, /data/p, 1) + 1"
    session = open_form(
        "<b/><p><a/></p><p><a/></p>",
        f'<bind nodeset="/data/p/a" calculate="concat({rule}, \'x\')"/>'
        '<bind nodeset="/data/p" relevant="/data/b != 1"/>',
        '<input ref="/data/b"/><repeat nodeset="/data/p"/>',
    )
    first = values(session, "/data/p[1]/a", "/data/p[2]/a")
    session.state.compute_all()
    assert values(session, "/data/p[1]/a", "/data/p[2]/a") == first
    session.answer("/data/b", "1")
    session.answer("/data/b", "2")
    assert values(session, "/data/p[1]/a", "/data/p[2]/a") == first


def test_choices_come_from_a_repeat(open_form: Open) -> None:
    body = TABLE + (
        '<select1 ref="/data/n"><itemset nodeset="/data/person[name != \'\']">'
        '<value ref="name"/><label ref="name"/></itemset></select1>'
    )
    session = open_form(PEOPLE, RULES, body)
    session.answer("/data/person[1]/name", "Ana")
    session.add_repeat("/data/person")
    session.answer("/data/person[2]/name", "Bia")
    assert [choice.label for choice in session.question("/data/n").choices] == ["Ana", "Bia"]
    session.answer("/data/n", "Bia")
    session.remove_repeat("/data/person[2]")
    assert session.question("/data/n").value == ""


def test_rules_of_an_instance_are_its_own(open_form: Open) -> None:
    rules = (
        '<bind nodeset="/data/p/b" required="/data/p/a = \'y\'" relevant="/data/p/a != \'\'"'
        ' constraint=". != ../a" jr:constraintMsg="same"/>'
    )
    body = '<repeat nodeset="/data/p"><input ref="/data/p/a"/><input ref="/data/p/b"/></repeat>'
    session = open_form("<p><a/><b/></p><p><a/><b/></p>", rules, body)
    session.answer("/data/p[2]/a", "y")
    assert [question.ref for question in session.questions()] == ["/data/p[1]/a", "/data/p[2]/a", "/data/p[2]/b"]
    assert [(each.ref, each.reason) for each in session.problems()] == [("/data/p[2]/b", RefusalReason.REQUIRED)]
    assert session.answer("/data/p[2]/b", "x") == Accepted()
    assert session.answer("/data/p[2]/b", "y") != Accepted()


def test_more_instances_than_anybody_has_are_refused(open_form: Open, xform: BuildForm) -> None:
    session = open_form(PEOPLE, RULES, counted("/data/n"))
    with pytest.raises(EvaluationError):
        session.answer("/data/n", str(MAX_INSTANCES + 1))
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform(PEOPLE, RULES, counted("1000000")))
    assert refused.value.cause is RefusalCause.LIMIT


def test_nested_counts_that_multiply_end(open_form: Open) -> None:
    data = "<n/><a><b><c><d/></c></b></a>"
    body = (
        '<input ref="/data/n"/><repeat nodeset="/data/a" jr:count="/data/n"><repeat nodeset="/data/a/b"'
        ' jr:count="/data/n"><repeat nodeset="/data/a/b/c" jr:count="/data/n"><input ref="/data/a/b/c/d"/>'
        "</repeat></repeat></repeat>"
    )
    session = open_form(data, "", body)
    session.answer("/data/n", "2")
    assert len(session.questions()) == 1 + 2**3
    with pytest.raises(EvaluationError):
        session.answer("/data/n", "500")


@pytest.mark.parametrize(
    "body",
    [
        '<repeat nodeset="/data/nothing"/>',
        '<repeat nodeset="/data"/>',
        '<repeat nodeset="/data/n"/><repeat nodeset="/data/n"/>',
    ],
)
def test_a_repeat_of_nothing_or_of_everything_is_refused(xform: BuildForm, body: str) -> None:
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform(PEOPLE, RULES, body))
    assert refused.value.cause is RefusalCause.BAD_REFERENCE


@pytest.fixture(scope="module")
def people() -> Form:
    """A form with two repeats, one in the other, that draws chance in each."""
    xml = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>t</h:title><model><instance><data id="p" version="1">
<p jr:template=""><a/><k/><q jr:template=""><b/><l/></q></p><s/><meta><instanceID/></meta></data></instance>
<bind nodeset="/data/p/a" type="int"/><bind nodeset="/data/p/k" calculate="once(uuid())"/>
<bind nodeset="/data/p/q/b" type="int" relevant="/data/p/a &gt; 2"/>
<bind nodeset="/data/p/q/l" calculate="concat(random(), '-', random(), '-', position(..))"/>
<bind nodeset="/data/s" type="int" calculate="sum(/data/p/a) + count(/data/p/q)"/></model></h:head>
<h:body><repeat nodeset="/data/p"><input ref="/data/p/a"/><repeat nodeset="/data/p/q"><input ref="/data/p/q/b"/>
</repeat></repeat></h:body></h:html>"""
    return load_form(xml.encode())


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "answer"]), st.integers(0, 7), st.integers(0, 9)), max_size=14
)


def walk(session: FormSession, steps: list[tuple[str, int, int]]) -> None:
    for act, which, value in steps:
        repeats = session.repeats()
        instances = [ref for repeat in repeats for ref in repeat.instances]
        if act == "add":
            session.add_repeat(repeats[which % len(repeats)].ref)
        elif act == "remove" and instances:
            session.remove_repeat(instances[which % len(instances)])
        elif act == "answer" and session.questions():
            session.answer(session.questions()[which % len(session.questions())].ref, str(value))


def picture(session: FormSession) -> list[tuple[str, str, bool]]:
    return [(ref, node.text if node.is_relevant else "", node.is_relevant) for ref, node in session.state.nodes.items()]


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_repeats_come_and_go_the_centre_computes_the_same(
    people: Form, steps: list[tuple[str, int, int]]
) -> None:
    session = FormSession(people, language="en", now=NOW, prefill={})
    walk(session, steps)
    incremental = picture(session)
    session.state.compute_all()
    assert picture(session) == incremental
    instance = session.finish()
    late = NOW + timedelta(hours=1)
    assert revalidate(people, instance, {}, late, record=session.record()).instance == instance


def test_chance_follows_an_instance_when_those_before_it_go(people: Form) -> None:
    session = FormSession(people, language="en", now=NOW, prefill={})
    for _time in range(3):
        session.add_repeat("/data/p")
    third = session.state.value("/data/p[3]/k")
    session.remove_repeat("/data/p[1]")
    assert session.state.value("/data/p[2]/k") == third
    assert dict(session.record().births) == {"/data/p[1]": 2, "/data/p[2]": 3}
    instance = session.finish()
    assert revalidate(people, instance, {}, NOW, record=session.record()).instance == instance


def test_an_instance_too_many_or_another_chance_is_refused(people: Form) -> None:
    session = FormSession(people, language="en", now=NOW, prefill={})
    session.add_repeat("/data/p")
    session.add_repeat("/data/p")
    record, instance = session.record(), session.finish()
    one = instance[instance.index(b"<p>") : instance.index(b"</p>") + 4]
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(people, instance.replace(one, one + one, 1), {}, NOW, record=record)
    assert {each.fault for each in refused.value.reasons} == {InstanceFault.CHANGED_CALCULATION}
    chance = session.state.value("/data/p[1]/k").encode()
    forged = instance.replace(chance, session.state.value("/data/p[2]/k").encode())
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(people, forged, {}, NOW, record=record)
    assert [(each.ref, each.fault) for each in refused.value.reasons] == [
        ("/data/p[1]/k", InstanceFault.CHANGED_CALCULATION)
    ]


def test_a_new_instance_in_the_place_of_a_first_one_is_known_as_new(open_form: Open) -> None:
    """Only new ones have the template's values; what `once()` found is not to be told from it by position."""
    rules = '<bind nodeset="/data/p/a" calculate="once(random())"/>'
    session = open_form('<p jr:template=""><a>t</a></p><p><a/></p>', rules, '<repeat nodeset="/data/p"/>')
    session.add_repeat("/data/p")
    session.remove_repeat("/data/p[1]")
    instance = session.finish()
    assert b"<p><a>t</a></p>" in instance
    assert revalidate(session.form, instance, {}, NOW, record=session.record()).instance == instance
    session.remove_repeat("/data/p[1]")
    session.add_repeat("/data/p")
    assert dict(session.record().births) == {"/data/p[1]": 3}


def test_births_that_cannot_be_are_refused(people: Form) -> None:
    session = FormSession(people, language="en", now=NOW, prefill={})
    session.add_repeat("/data/p")
    instance, record = session.finish(), session.record()
    for births in (
        [("/data/p[2]", 1)],
        [("/data/p[9]", 1)],
        [("/data/p[1]", 0)],
        [("/data/p[1]", -1)],
        [("/data/s", 1)],
    ):
        forged = type(record)(record.opened, record.seed, tuple(births))
        with pytest.raises(InstanceRefusedError):
            revalidate(people, instance, {}, NOW, record=forged)


def test_a_huge_instance_is_refused_before_it_is_run(people: Form) -> None:
    many = b'<data id="p" version="1">' + b"<p/>" * (MAX_INSTANCES + 1) + b"</data>"
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(people, many, {}, NOW)
    assert refused.value.reasons[0].fault is InstanceFault.TOO_LARGE
