# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Values that a form sets when something happens: on its three events, once each, and never without end."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from townhall_forms.errors import EvaluationError, InstanceFault, InstanceRefusedError
from townhall_forms.form import load_form
from townhall_forms.revalidate import revalidate
from townhall_forms.session import FormSession

Open = Callable[..., FormSession]
BuildForm = Callable[..., bytes]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
A = '<input ref="/data/a"><label>A</label>{}</input>'


def action(event: str, ref: str, value: str = "", text: str = "") -> str:
    written = f' value="{value}"' if value else ""
    return f'<setvalue event="{event}" ref="{ref}"{written}>{text}</setvalue>'


def test_a_form_sets_values_when_it_is_opened(open_form: Open) -> None:
    model = (
        action("odk-instance-first-load", "/data/a", "../b + 1")
        + action("xforms-ready", "/data/c", text="old name")
        + action("some-other-event", "/data/d", text="never")
    )
    session = open_form("<a/><b>4</b><c/><d/>", model, A.format(""))
    assert [session.state.value(f"/data/{name}") for name in "acd"] == ["5", "old name", ""]
    session.answer("/data/a", "mine")
    assert session.question("/data/a").value == "mine"


def test_an_answer_sets_values_elsewhere_each_time_it_changes(open_form: Open) -> None:
    body = A.format(
        action("xforms-value-changed", "/data/b", "concat(../a, '!')")
        + action("xforms-value-changed", "/data/c", text="x")
    )
    session = open_form("<a/><b/><c/><d/>", '<bind nodeset="/data/d" calculate="/data/b"/>', body)
    assert session.state.value("/data/c") == ""
    session.answer("/data/a", "1")
    assert [session.state.value(f"/data/{name}") for name in "bcd"] == ["1!", "x", "1!"]
    session.answer("/data/a", "2")
    assert session.state.value("/data/d") == "2!"


def test_a_calculation_that_changes_sets_values_too(open_form: Open) -> None:
    body = A.format("") + f'<input ref="/data/b">{action("xforms-value-changed", "/data/c", "../b")}</input>'
    session = open_form("<a/><b/><c/>", '<bind nodeset="/data/b" calculate="/data/a"/>', body)
    session.answer("/data/a", "1")
    assert session.state.value("/data/c") == "1"


def test_a_value_has_the_type_of_its_node(open_form: Open) -> None:
    model = '<bind nodeset="/data/a" type="int"/>' + action("odk-instance-first-load", "/data/a", "7 div 2")
    assert open_form("<a/>", model, A.format("")).state.value("/data/a") == "3"


def test_no_action_sets_what_is_calculated(open_form: Open) -> None:
    body = A.format(action("xforms-value-changed", "/data/b", text="set"))
    model = '<bind nodeset="/data/b" calculate="/data/c"/>' + action("odk-instance-first-load", "/data/b", text="set")
    session = open_form("<a/><b/><c>calculated</c>", model, body)
    session.answer("/data/a", "1")
    assert session.state.value("/data/b") == "calculated"


def test_a_new_instance_gets_its_values_and_the_first_does_not(open_form: Open) -> None:
    repeat = (
        '<repeat nodeset="/data/p">'
        + action("odk-new-repeat", "/data/p/a", "concat(/data/b, position(..))")
        + action("odk-instance-first-load odk-new-repeat", "/data/p/c", text="both")
        + '<input ref="/data/p/a"/></repeat>'
    )
    session = open_form("<b>n</b><p><a/><c/></p>", "", repeat)
    session.add_repeat("/data/p")
    assert [session.state.value(f"/data/p[{n}]/{name}") for n in (1, 2) for name in "ac"] == ["", "both", "n2", "both"]


def test_a_count_makes_new_instances_with_their_values(open_form: Open) -> None:
    repeat = (
        '<input ref="/data/n"/><repeat nodeset="/data/p" jr:count="/data/n">'
        + action("odk-new-repeat", "/data/p/a", "position(..)")
        + '<input ref="/data/p/a"/></repeat>'
    )
    session = open_form('<n>2</n><p jr:template=""><a/></p>', "", repeat)
    assert [question.value for question in session.questions()] == ["2", "1", "2"]
    session.answer("/data/n", "3")
    assert session.state.value("/data/p[3]/a") == "3"


def test_an_action_inside_a_repeat_stays_in_its_instance(open_form: Open) -> None:
    control = f'<input ref="/data/p/a">{action("xforms-value-changed", "/data/p/b", "../a")}</input>'
    session = open_form("<p><a/><b/></p><p><a/><b/></p>", "", f'<repeat nodeset="/data/p">{control}</repeat>')
    session.answer("/data/p[2]/a", "x")
    assert [session.state.value(f"/data/p[{n}]/b") for n in (1, 2)] == ["", "x"]


def test_two_actions_that_set_each_other_off_end(open_form: Open) -> None:
    body = (
        f'<input ref="/data/a">{action("xforms-value-changed", "/data/b", "../a + 1")}</input>'
        f'<input ref="/data/b">{action("xforms-value-changed", "/data/a", "../b + 1")}</input>'
    )
    session = open_form("<a/><b/>", "", body)
    with pytest.raises(EvaluationError):
        session.answer("/data/a", "1")


def test_a_place_that_is_not_known_is_empty(open_form: Open) -> None:
    model = '<odk:setgeopoint event="odk-instance-first-load" ref="/data/a"/>'
    assert open_form("<a>1 2 3 4</a>", model, A.format("")).state.value("/data/a") == ""


def test_an_entity_keeps_its_declaration_and_gets_its_id(xform: BuildForm) -> None:
    data = '<a/><meta><instanceID/><entity dataset="trees" id="" create="1"><label/></entity></meta>'
    model = (
        '<bind nodeset="/data/a" type="string"/><bind nodeset="/data/meta/entity/@id" type="string"/>'
        '<bind nodeset="/data/meta/entity/@create" calculate="/data/a != \'\'"/>'
        '<bind nodeset="/data/meta/entity/label" calculate="/data/a"/>'
        + action("odk-instance-first-load", "/data/meta/entity/@id", "uuid()")
    )
    form = load_form(xform(data, model, A.format("")))
    session = FormSession(form, language="en", now=NOW, prefill={})
    session.answer("/data/a", "oak")
    instance = session.finish().decode()
    identity = session.state.value("/data/meta/entity/@id")
    assert len(identity) == 36
    assert f'<entity dataset="trees" id="{identity}" create="true"><label>oak</label></entity>' in instance
    checked = revalidate(form, instance.encode(), {}, NOW, record=session.record())
    assert checked.instance.decode() == instance
    for forged in (instance.replace('create="true"', 'create="false"'), instance.replace(identity, identity[::-1])):
        with pytest.raises(InstanceRefusedError) as refused:
            revalidate(form, forged.encode(), {}, NOW, record=session.record())
        assert refused.value.reasons[0].ref.startswith("/data/meta/entity/@")
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, instance.replace("trees", "cars").encode(), {}, NOW, record=session.record())
    assert refused.value.reasons[0].fault is InstanceFault.EXTRA_NODE


def test_what_an_event_set_is_not_an_answer_that_somebody_can_give(xform: BuildForm) -> None:
    """The first load is computed again; what depends on the order of answers can only be taken over."""
    model = action("odk-instance-first-load", "/data/b", text="opened")
    form = load_form(xform("<a/><b/>", model, A.format("")))
    session = FormSession(form, language="en", now=NOW, prefill={})
    forged = session.finish().replace(b"opened", b"forged")
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, forged, {}, NOW, record=session.record())
    assert [each.fault for each in refused.value.reasons] == [InstanceFault.CHANGED_READ_ONLY]
