# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answering: refusals, what follows from an answer, texts, and the instance at the end."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest

from townhall_forms.errors import (
    AnswerMisuseError,
    EvaluationError,
    FormRefusedError,
    PrefillMisuseError,
    RefusalCause,
    UnfinishedError,
)
from townhall_forms.form import Form, load_form
from townhall_forms.questions import (
    Accepted,
    AnswerRefused,
    FormChoice,
    Question,
    QuestionKind,
    RefusalReason,
)
from townhall_forms.session import FormSession

Open = Callable[..., FormSession]
BuildForm = Callable[..., bytes]


def ask(path: str, kind: str = "input", inside: str = "", **attributes: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<{kind} ref="{path}"{extra}><label>{path.rpartition("/")[2]}</label>{inside}</{kind}>'


def item(value: str) -> str:
    return f"<item><label>{value.title()}</label><value>{value}</value></item>"


def bind(path: str, **rules: str) -> str:
    names = {
        "message": "jr:constraintMsg",
        "needed": "jr:requiredMsg",
        "prefill": "th:prefill",
        "preload": "jr:preload",
    }
    written = "".join(f' {names.get(name, name)}="{value}"' for name, value in rules.items())
    return f'<bind nodeset="{path}"{written}/>'


def refs(session: FormSession) -> list[str]:
    return [question.ref.rpartition("/")[2] for question in session.questions()]


def finished(session: FormSession) -> str:
    return session.finish().decode().split("\n", 1)[1].strip()


ABC = "<a/><b/><c/>"
ASK_ABC = ask("/data/a") + ask("/data/b") + ask("/data/c")


@pytest.mark.parametrize(
    ("data_type", "answer"),
    [
        ("int", "1.5"),
        ("int", "one"),
        ("int", "1e3"),
        ("int", "2147483648"),
        ("int", "99999999999"),
        ("int", "--1"),
        ("decimal", "1,5"),
        ("decimal", ".5"),
        ("decimal", "1."),
        ("decimal", "1e3"),
        ("decimal", "NaN"),
        ("decimal", "1" * 16),
        ("date", "2026-02-30"),
        ("date", "22.11.2026"),
        ("date", "2026-1-1"),
        ("date", "2026-11-22T10:00"),
        ("date", "0000-01-01"),
        ("string", "a\x00b"),
        ("string", "a\x1bb"),
        ("string", "a\rb"),
        ("string", "\ud800"),
        ("string", "\ufffe"),
        ("string", "x" * 4001),
    ],
)
def test_an_answer_of_another_type_is_refused_and_changes_nothing(open_form: Open, data_type: str, answer: str) -> None:
    session = open_form("<a/>", bind("/data/a", type=data_type), ask("/data/a"))
    assert session.answer("/data/a", answer) == AnswerRefused(RefusalReason.TYPE, "")
    assert session.questions()[0].value == ""


@pytest.mark.parametrize(
    ("data_type", "answer", "held"),
    [
        ("int", " 007 ", "7"),
        ("int", "-5", "-5"),
        ("int", "-0", "0"),
        ("int", "٤٢", "42"),
        ("decimal", "007.50", "7.50"),
        ("decimal", "-0.5", "-0.5"),
        ("decimal", "12", "12"),
        ("date", " 2024-02-29 ", "2024-02-29"),
        ("date", "٢٠٢٦-٠١-٣١", "2026-01-31"),  # noqa: RUF001
        ("string", "  Pikk tänav  ", "Pikk tänav"),
        ("string", "one\r\ntwo", "one\ntwo"),
        ("string", "   ", ""),
        ("unheard-of", "x", "x"),
        ("xsd:int", "3", "3"),
    ],
)
def test_an_answer_is_held_in_one_form(open_form: Open, data_type: str, answer: str, held: str) -> None:
    session = open_form("<a/>", bind("/data/a", type=data_type), ask("/data/a"))
    assert session.answer("/data/a", answer) == Accepted()
    assert session.questions()[0].value == held


def test_a_required_answer_may_not_be_cleared(open_form: Open) -> None:
    rules = bind("/data/a", required="true()", needed="We need this.")
    session = open_form("<a/>", rules, ask("/data/a"))
    assert session.answer("/data/a", " ") == AnswerRefused(RefusalReason.REQUIRED, "We need this.")
    assert session.answer("/data/a", "x") == Accepted()
    assert session.answer("/data/a", "") == AnswerRefused(RefusalReason.REQUIRED, "We need this.")
    assert session.questions()[0].value == "x"


def test_an_answer_that_breaks_its_constraint_is_refused_in_the_forms_words(open_form: Open) -> None:
    rules = bind("/data/a", type="int", constraint=". &gt; 17", message="Adults only.")
    session = open_form("<a/>", rules, ask("/data/a"))
    assert session.answer("/data/a", "17") == AnswerRefused(RefusalReason.CONSTRAINT, "Adults only.")
    assert session.answer("/data/a", "18") == Accepted()
    assert session.answer("/data/a", "3") == AnswerRefused(RefusalReason.CONSTRAINT, "Adults only.")
    assert session.questions()[0].value == "18"
    assert session.answer("/data/a", "") == Accepted()


@pytest.mark.parametrize("kind", ["select1", "select"])
def test_only_offered_choices_are_taken(open_form: Open, kind: str) -> None:
    session = open_form("<a/>", "", ask("/data/a", kind, item("yes") + item("no")))
    assert session.answer("/data/a", "maybe") == AnswerRefused(RefusalReason.TYPE, "")
    assert session.answer("/data/a", "YES") == AnswerRefused(RefusalReason.TYPE, "")
    assert session.answer("/data/a", "no") == Accepted()


def test_one_choice_takes_one_value_and_many_take_a_list_in_the_forms_order(open_form: Open) -> None:
    items = item("red") + item("green") + item("blue")
    session = open_form("<a/><b/>", "", ask("/data/a", "select1", items) + ask("/data/b", "select", items))
    assert isinstance(session.answer("/data/a", "red green"), AnswerRefused)
    assert session.answer("/data/b", "blue red  blue") == Accepted()
    assert session.question("/data/b").value == "red blue"
    assert isinstance(session.answer("/data/b", "red pink"), AnswerRefused)


def test_a_choices_value_is_taken_as_it_is_written(open_form: Open) -> None:
    session = open_form("<a/>", bind("/data/a", type="int"), ask("/data/a", "select1", item("01") + item("1")))
    assert session.answer("/data/a", "01") == Accepted()
    assert session.questions()[0].value == "01"


def test_questions_that_are_not_asked_take_no_answer(open_form: Open) -> None:
    rules = bind("/data/b", relevant="/data/a = 'x'") + bind("/data/c", readonly="true()")
    session = open_form(ABC, rules, ASK_ABC)
    for ref in ("/data/b", "/data/c", "/data/lost", ""):
        with pytest.raises(AnswerMisuseError):
            session.answer(ref, "1")
    with pytest.raises(AnswerMisuseError):
        session.question("/data/b")


def test_no_error_text_holds_an_answer(open_form: Open) -> None:
    session = open_form(ABC, bind("/data/c", readonly="true()"), ASK_ABC)
    with pytest.raises(AnswerMisuseError) as refused:
        session.answer("/data/c", "secret")
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(session.state.nodes["/data/a"])


def test_relevance_follows_answers_and_is_inherited(open_form: Open) -> None:
    rules = bind("/data/g", relevant="/data/a = 'yes'") + bind("/data/g/c", relevant="/data/g/b != ''")
    body = ask("/data/a") + f'<group ref="/data/g">{ask("/data/g/b")}{ask("/data/g/c")}</group>'
    session = open_form("<a/><g><b/><c/></g>", rules, body)
    assert refs(session) == ["a"]
    session.answer("/data/a", "yes")
    assert refs(session) == ["a", "b"]
    session.answer("/data/g/b", "1")
    assert refs(session) == ["a", "b", "c"]
    session.answer("/data/a", "no")
    assert refs(session) == ["a"]
    assert finished(session) == '<data id="f" version="1"><a>no</a></data>'


def test_an_answer_comes_back_when_its_question_does(open_form: Open) -> None:
    session = open_form(ABC, bind("/data/b", relevant="/data/a = '1'"), ASK_ABC)
    session.answer("/data/a", "1")
    session.answer("/data/b", "kept")
    session.answer("/data/a", "2")
    session.answer("/data/a", "1")
    assert session.question("/data/b").value == "kept"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("/data/b != 'yes'", True),
        ("/data/b = ''", True),
        ("'' = current()/../b", True),
        ("/data/b = 'yes'", False),
        ("/data/b &lt; 5", False),
        ("/data/b[. != 'no'] != 'yes'", False),
        ("count(/data/b) = 0", True),
    ],
)
def test_what_is_not_relevant_counts_as_empty_in_comparisons(open_form: Open, condition: str, holds: bool) -> None:  # noqa: FBT001
    session = open_form(ABC, bind("/data/b", relevant="/data/a = '1'") + bind("/data/c", relevant=condition), ASK_ABC)
    assert [question.ref for question in session.questions()] == ["/data/a", *["/data/c"] * holds]


def test_what_is_not_relevant_counts_as_empty_in_calculations(open_form: Open) -> None:
    rules = bind("/data/b", relevant="/data/a = '1'") + bind("/data/c", calculate="concat('[', /data/b, ']')")
    session = open_form(ABC, rules, ASK_ABC)
    session.answer("/data/a", "1")
    session.answer("/data/b", "x")
    assert session.question("/data/c").value == "[x]"
    session.answer("/data/a", "2")
    assert session.question("/data/c").value == "[]"


def test_calculations_follow_one_another(open_form: Open) -> None:
    rules = (
        bind("/data/c", calculate="/data/b * 2", type="int")
        + bind("/data/b", calculate="/data/a + 1", type="int")
        + bind("/data/a", type="int")
    )
    session = open_form(ABC, rules, ASK_ABC)
    assert [question.value for question in session.questions()] == ["", "", ""]
    session.answer("/data/a", "4")
    assert [question.value for question in session.questions()] == ["4", "5", "10"]
    assert [question.is_read_only for question in session.questions()] == [False, True, True]


@pytest.mark.parametrize(
    ("data_type", "expression", "held"),
    [
        ("int", "7 div 2", "3"),
        ("int", "0 div 0", ""),
        ("decimal", "7 div 2", "3.5"),
        ("decimal", "1 div 0", ""),
        ("date", "today() + 1", "2026-11-23"),
        ("date", "now()", "2026-11-22"),
        ("date", "'soon'", "soon"),
        ("dateTime", "'2026-01-01'", "2026-01-01"),
        ("dateTime", "0.5", "1970-01-01T12:00:00.000+02:00"),
        ("dateTime", "'soon'", "soon"),
        ("string", "1 = 1", "true"),
        ("string", "0 div 0", ""),
    ],
)
def test_a_calculated_value_takes_the_type_of_its_node(
    open_form: Open, data_type: str, expression: str, held: str
) -> None:
    session = open_form("<a/>", bind("/data/a", type=data_type, calculate=expression), "")
    assert session.state.value("/data/a") == held


def test_required_and_read_only_follow_answers(open_form: Open) -> None:
    rules = bind("/data/b", required="/data/a = '1'") + bind("/data/c", readonly="/data/a = '1'")
    session = open_form(ABC, rules, ASK_ABC)
    assert not session.question("/data/b").is_required
    session.answer("/data/a", "1")
    assert session.question("/data/b").is_required
    assert session.question("/data/c").is_read_only
    assert [problem.ref for problem in session.problems()] == ["/data/b"]
    session.answer("/data/a", "2")
    assert not session.question("/data/c").is_read_only
    assert session.problems() == ()


def test_a_read_only_group_makes_everything_inside_read_only(open_form: Open) -> None:
    body = f'<group ref="/data/g">{ask("/data/g/b")}</group>'
    session = open_form("<a/><g><b/></g>", bind("/data/g", readonly="/data/a = '1'"), ask("/data/a") + body)
    assert not session.question("/data/g/b").is_read_only
    session.answer("/data/a", "1")
    assert session.question("/data/g/b").is_read_only


def test_only_what_depends_on_an_answer_is_computed_again(open_form: Open) -> None:
    count = 300
    data = "".join(f"<q{number}/>" for number in range(count))
    rules = "".join(bind(f"/data/q{number}", calculate=f"/data/q{number - 1} + 1") for number in range(250, count))
    session = open_form(data, rules, "".join(ask(f"/data/q{number}") for number in range(count)))
    graph = session.form.graph
    seen: list[str] = []
    wave = graph.wave(graph.dependents.get("/data/q249", ()))
    for path in wave:
        seen.append(path)
        wave.changed(path)
    assert seen == [f"/data/q{number}" for number in range(250, count)]
    assert graph.dependents.get("/data/q10", ()) == ()


def test_an_answer_that_an_expression_cannot_work_on_changes_nothing(open_form: Open) -> None:
    session = open_form("<a/>", bind("/data/a", constraint="uuid(. * 1000) != ''"), ask("/data/a"))
    with pytest.raises(EvaluationError, match="/data/a"):
        session.answer("/data/a", "5")
    assert session.questions()[0].value == ""


# Choices

TOWNS = """<instance id="towns"><root>
<item><name>tln</name><county>harju</county><label>Tallinn</label></item>
<item><name>keila</name><county>harju</county><label>Keila</label></item>
<item><name>trt</name><county>tartu</county><label>Tartu</label></item></root></instance>"""
CASCADE = (
    ask("/data/a", "select1", item("harju") + item("tartu"))
    + '<select1 ref="/data/b"><label>Town</label><itemset nodeset="instance(\'towns\')/root/item[county = /data/a]">'
    + '<value ref="name"/><label ref="label"/></itemset></select1>'
)


def test_choices_are_taken_from_an_instance_and_follow_answers(open_form: Open) -> None:
    session = open_form("<a/><b/>", TOWNS, CASCADE)
    assert session.question("/data/b").choices == ()
    session.answer("/data/a", "harju")
    assert session.question("/data/b").choices == (FormChoice("tln", "Tallinn"), FormChoice("keila", "Keila"))
    assert session.answer("/data/b", "trt") == AnswerRefused(RefusalReason.TYPE, "")
    assert session.answer("/data/b", "keila") == Accepted()
    session.answer("/data/a", "tartu")
    assert session.question("/data/b").value == ""
    assert session.question("/data/b").choices == (FormChoice("trt", "Tartu"),)


def test_choices_without_a_label_show_their_value(open_form: Open) -> None:
    itemset = "<itemset nodeset=\"instance('towns')/root/item\"><value ref='name'/></itemset>"
    body = f'<select1 ref="/data/a">{itemset}</select1>'
    session = open_form("<a/>", TOWNS, body)
    assert session.questions()[0].choices[0] == FormChoice("tln", "tln")


def test_choices_from_something_that_is_no_node_set_are_an_error_of_the_form(open_form: Open) -> None:
    body = '<select1 ref="/data/a"><itemset nodeset="\'x\'"><value ref="name"/></itemset></select1>'
    with pytest.raises(EvaluationError, match="/data/a"):
        open_form("<a/>", "", body)


def test_a_choices_name_can_be_put_into_a_text(open_form: Open) -> None:
    rules = TOWNS + bind("/data/c", calculate="jr:choice-name(/data/b, '/data/b')")
    session = open_form(ABC, rules, CASCADE)
    session.answer("/data/a", "harju")
    session.answer("/data/b", "keila")
    assert session.state.value("/data/c") == "Keila"


def test_labels_of_choices_may_hold_answers(open_form: Open) -> None:
    choice = '<item><label>Yes, <output value="/data/a"/></label><value>y</value></item>'
    session = open_form("<a/><b/>", "", ask("/data/a") + ask("/data/b", "select1", choice))
    session.answer("/data/a", "Mari")
    assert session.question("/data/b").choices == (FormChoice("y", "Yes, Mari"),)
    session.answer("/data/a", "Jüri")
    assert session.question("/data/b").choices == (FormChoice("y", "Yes, Jüri"),)


# Kinds


@pytest.mark.parametrize(
    ("rules", "control", "kind"),
    [
        ({}, ask("/data/a"), QuestionKind.TEXT),
        ({}, ask("/data/a", appearance="multiline"), QuestionKind.LONG_TEXT),
        ({}, ask("/data/a", rows="5"), QuestionKind.LONG_TEXT),
        ({"type": "int"}, ask("/data/a"), QuestionKind.INTEGER),
        ({"type": "decimal"}, ask("/data/a"), QuestionKind.DECIMAL),
        ({"type": "date"}, ask("/data/a"), QuestionKind.DATE),
        ({"readonly": "true()"}, ask("/data/a"), QuestionKind.NOTE),
        ({"readonly": "true()", "calculate": "'x'"}, ask("/data/a"), QuestionKind.TEXT),
        ({"readonly": "1 = 1"}, ask("/data/a"), QuestionKind.TEXT),
        ({}, ask("/data/a", "select1", item("y")), QuestionKind.CHOOSE_ONE),
        ({}, ask("/data/a", "select", item("y")), QuestionKind.CHOOSE_MANY),
        ({"readonly": "true()"}, ask("/data/a", "trigger"), QuestionKind.NOTE),
        ({}, ask("/data/a", "trigger"), QuestionKind.CHOOSE_MANY),
    ],
)
def test_each_control_has_its_kind(open_form: Open, rules: Mapping[str, str], control: str, kind: QuestionKind) -> None:
    session = open_form("<a/>", bind("/data/a", **rules), control)
    assert session.questions()[0].kind is kind


def test_a_trigger_is_one_thing_to_confirm(open_form: Open) -> None:
    session = open_form("<a/>", bind("/data/a", required="true()"), ask("/data/a", "trigger"))
    assert session.questions()[0].choices == (FormChoice("OK", "a"),)
    assert isinstance(session.answer("/data/a", "yes"), AnswerRefused)
    assert session.answer("/data/a", "OK") == Accepted()
    assert finished(session) == '<data id="f" version="1"><a>OK</a></data>'


def test_a_note_asks_nothing_and_is_no_line_of_the_document(open_form: Open) -> None:
    session = open_form("<a/>", bind("/data/a", readonly="true()", required="true()"), ask("/data/a"))
    note = session.questions()[0]
    assert note == Question("/data/a", "a", "", QuestionKind.NOTE, "", (), is_required=True, is_read_only=True)
    assert session.answers() == ()
    assert session.problems() == ()


# Texts

ITEXT = """<itext><translation lang="English (en)" default="true()">
<text id="q"><value>Your name?</value><value form="image">jr://images/x.png</value></text>
<text id="hello"><value>Hello <output value="/data/a"/>!</value></text>
<text id="long"><value form="long">A long text</value><value form="short">Short</value></text>
<text id="only"><value>English only</value></text></translation>
<translation lang="Eesti (et)"><text id="q"><value>Teie nimi?</value></text>
<text id="hello"><value>Tere, <output value=" /data/a "/>!</value></text></translation></itext>"""
ASK_TEXTS = (
    '<input ref="/data/a"><label ref="jr:itext(\'q\')"/><hint ref="jr:itext(\'only\')"/></input>'
    '<input ref="/data/b"><label ref="jr:itext(\'hello\')"/><hint ref=\'jr:itext("long")\'/></input>'
)


def test_texts_are_in_the_sessions_language_and_fall_back_to_the_forms(open_form: Open) -> None:
    session = open_form("<a/><b/>", "", ASK_TEXTS, model=ITEXT, language="et")
    assert session.form.languages == ("en", "et")
    assert session.questions()[0].label == "Teie nimi?"
    assert session.questions()[0].hint == "English only"
    session.set_language("en")
    assert session.questions()[0].label == "Your name?"
    assert session.questions()[1].hint == "A long text"


@pytest.mark.parametrize(("wanted", "used"), [("et", "et"), ("et-EE", "et"), ("en-GB", "en"), ("ar", "en"), ("", "en")])
def test_the_nearest_language_of_the_form_is_used(open_form: Open, wanted: str, used: str) -> None:
    assert open_form("<a/><b/>", "", ASK_TEXTS, model=ITEXT, language=wanted).language == used


def test_a_form_without_translations_keeps_the_wanted_language_for_dates(open_form: Open) -> None:
    session = open_form("<a>2026-01-09</a>", bind("/data/a", type="date"), ask("/data/a"), language="et")
    assert session.language == "et"
    assert session.answers()[0].shown == "9. jaanuar 2026"


def test_texts_hold_answers(open_form: Open) -> None:
    session = open_form("<a/><b/>", "", ASK_TEXTS, model=ITEXT)
    session.answer("/data/a", "Mari")
    assert session.questions()[1].label == "Hello Mari!"
    session.set_language("et")
    assert session.questions()[1].label == "Tere, Mari!"


def test_answers_stay_when_the_language_changes(open_form: Open) -> None:
    session = open_form("<a/><b/>", "", ASK_TEXTS, model=ITEXT)
    session.answer("/data/a", "Mari")
    before = session.finish()
    session.set_language("et")
    assert session.finish() == before


def test_a_calculation_from_a_text_follows_the_language(open_form: Open) -> None:
    rules = bind("/data/b", calculate="jr:itext('q')") + bind("/data/c", calculate="concat(/data/b, '-')")
    session = open_form(ABC, rules, ASK_ABC, model=ITEXT)
    assert session.state.value("/data/c") == "Your name?-"
    session.set_language("et")
    assert session.state.value("/data/c") == "Teie nimi?-"


def test_messages_may_be_translated(open_form: Open) -> None:
    rules = bind("/data/a", constraint="false()", message="jr:itext('q')", required="true()", needed="jr:itext('only')")
    session = open_form("<a/><b/>", rules, ASK_TEXTS, model=ITEXT, language="et")
    assert session.answer("/data/a", "x") == AnswerRefused(RefusalReason.CONSTRAINT, "Teie nimi?")
    assert session.answer("/data/a", "") == AnswerRefused(RefusalReason.REQUIRED, "English only")


# Review


def test_answers_are_shown_as_people_read_them(open_form: Open) -> None:
    rules = bind("/data/d", type="date") + bind("/data/n", type="int") + bind("/data/x", type="decimal")
    items = item("red") + item("green") + item("blue")
    body = (
        '<group><label>Facts</label><group ref="/data">'
        + ask("/data/d")
        + ask("/data/n")
        + "</group></group>"
        + ask("/data/x")
        + ask("/data/one", "select1", items)
        + ask("/data/many", "select", items)
        + ask("/data/empty")
    )
    session = open_form("<d/><n/><x/><one/><many/><empty/>", rules, body)
    for ref, answer in {"d": "2026-11-22", "n": "1234567", "x": "1234.50", "one": "green", "many": "red blue"}.items():
        assert session.answer(f"/data/{ref}", answer) == Accepted()
    lines = {line.ref.rpartition("/")[2]: line for line in session.answers()}
    assert lines["d"].shown == "November 22, 2026"
    assert lines["d"].group == "Facts"
    assert lines["n"].shown == "1,234,567"
    assert lines["x"].shown == "1,234.5"
    assert lines["x"].group == ""
    assert lines["one"].shown == "Green"
    assert lines["many"].shown == "Red and Blue"
    assert lines["empty"].shown == ""


def test_what_does_not_fit_its_type_is_shown_as_it_is(open_form: Open) -> None:
    rules = bind("/data/a", type="date", readonly="true()") + bind("/data/b", type="int", readonly="true()")
    session = open_form("<a>soon</a><b>many</b>", rules, ask("/data/a") + ask("/data/b"))
    assert [line.shown for line in session.answers()] == ["soon", "many"]


# The card


def test_values_from_the_card_are_filled_in_and_identity_is_read_only(open_form: Open) -> None:
    rules = bind("/data/a", prefill="eid:surname") + bind("/data/b", prefill="eid:citizenship")
    session = open_form(ABC, rules, ASK_ABC, prefill={"eid:surname": "MÄNNIK", "eid:citizenship": "EST"})
    surname, citizenship, other = session.questions()
    assert (surname.value, surname.is_read_only, surname.source) == ("MÄNNIK", True, "eid:surname")
    assert (citizenship.value, citizenship.is_read_only, citizenship.source) == ("EST", False, "eid:citizenship")
    assert (other.value, other.is_read_only, other.source) == ("", False, "")
    assert session.provenance() == (("/data/a", "eid:surname"), ("/data/b", "eid:citizenship"))


def test_a_prefilled_answer_that_is_changed_loses_its_source(open_form: Open) -> None:
    session = open_form(
        "<b/>", bind("/data/b", prefill="eid:citizenship"), ask("/data/b"), prefill={"eid:citizenship": "EST"}
    )
    session.answer("/data/b", "EST")
    assert session.questions()[0].source == "eid:citizenship"
    session.answer("/data/b", "LVA")
    assert session.questions()[0].source == ""
    assert session.provenance() == ()


def test_a_form_may_let_identity_be_corrected(open_form: Open) -> None:
    rules = bind("/data/a", prefill="eid:surname", readonly="false()")
    session = open_form("<a/>", rules, ask("/data/a"), prefill={"eid:surname": "MÄNNIK"})
    assert session.answer("/data/a", "KASK") == Accepted()


def test_what_the_card_does_not_state_is_asked(open_form: Open) -> None:
    rules = bind("/data/a", prefill="eid:birth_date", type="date", required="true()")
    session = open_form("<a/>", rules, ask("/data/a"), prefill={"eid:birth_date": ""})
    assert not session.questions()[0].is_read_only
    assert session.answer("/data/a", "1971-01-01") == Accepted()


def test_a_value_of_the_card_that_does_not_fit_is_the_callers_fault_and_not_shown(open_form: Open) -> None:
    with pytest.raises(PrefillMisuseError) as refused:
        open_form(
            "<a/>",
            bind("/data/a", prefill="eid:birth_date", type="date"),
            ask("/data/a"),
            prefill={"eid:birth_date": "01.01.1971"},
        )
    assert "1971" not in str(refused.value)


# The instance


def test_an_unfinished_form_gives_no_instance(open_form: Open) -> None:
    session = open_form("<a/>", bind("/data/a", required="true()"), ask("/data/a"))
    with pytest.raises(UnfinishedError):
        session.finish()


@pytest.mark.parametrize(
    ("data_type", "written", "held"),
    [
        ("int", "007", "7"),
        ("integer", "7.9", "7"),
        ("decimal", "5.50", "5.50"),
        ("date", "2025-12-21T23:30:05", "2025-12-21"),
        ("geopoint", "59.40 24.7 0 3", "59.4 24.7 0.0 3.0"),
        ("string", "007", "007"),
    ],
)
def test_what_a_form_begins_with_is_written_as_its_type_wants_it(
    open_form: Open, data_type: str, written: str, held: str
) -> None:
    session = open_form(f"<a>{written}</a>", bind("/data/a", type=data_type), ask("/data/a"))
    assert session.state.value("/data/a") == held
    assert session.problems() == ()


def test_a_default_that_is_no_answer_is_a_problem(open_form: Open) -> None:
    session = open_form("<a>x</a>", bind("/data/a", type="int"), ask("/data/a"))
    assert [problem.reason for problem in session.problems()] == [RefusalReason.TYPE]


def test_a_constraint_that_a_later_answer_breaks_is_a_problem(open_form: Open) -> None:
    rules = bind("/data/a", type="int", constraint=". &lt; /data/b or /data/b = ''") + bind("/data/b", type="int")
    session = open_form(ABC, rules, ASK_ABC)
    session.answer("/data/a", "5")
    session.answer("/data/b", "3")
    assert [(problem.ref, problem.reason) for problem in session.problems()] == [("/data/a", RefusalReason.CONSTRAINT)]


def test_text_is_escaped_and_kept(open_form: Open) -> None:
    session = open_form("<a/>", "", ask("/data/a"))
    session.answer("/data/a", '<b>&amp; "quoted" ]]>\nline two')
    assert finished(session) == ('<data id="f" version="1"><a>&lt;b&gt;&amp;amp; "quoted" ]]&gt;\nline two</a></data>')


def test_namespaces_of_the_instance_are_kept(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<a/><orx:meta><orx:instanceID/></orx:meta>", bind("/data/meta/instanceID", preload="uid")))
    session = FormSession(form, language="en", now=now, prefill={}, randomness=bytes)
    identity = session.state.value("/data/meta/instanceID")
    assert finished(session) == (
        '<data xmlns:orx="http://openrosa.org/xforms" id="f" version="1"><a/><orx:meta><orx:instanceID>'
        f"{identity}</orx:instanceID></orx:meta></data>"
    )


def test_a_record_has_its_identity_even_where_the_form_does_not_ask(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<meta><instanceID/></meta>"))
    session = FormSession(form, language="en", now=now, prefill={}, randomness=bytes)
    assert re.search(
        r"<instanceID>uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}</", finished(session)
    )


def test_the_clock_is_put_in_where_the_form_asks(open_form: Open) -> None:
    rules = (
        '<bind nodeset="/data/a" type="date" jr:preload="date" jr:preloadParams="today"/>'
        '<bind nodeset="/data/b" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>'
        '<bind nodeset="/data/c" jr:preload="property" jr:preloadParams="deviceid"/>'
    )
    session = open_form(ABC, rules, "")
    assert finished(session) == (
        '<data id="f" version="1"><a>2026-11-22</a><b>2026-11-22T10:30:15.250+02:00</b><c/></data>'
    )


def test_the_clock_must_have_an_offset(change_of_address: Form) -> None:
    with pytest.raises(ValueError, match="time zone"):
        FormSession(change_of_address, language="en", now=datetime(2026, 1, 1), prefill={})  # noqa: DTZ001


def test_two_sessions_on_either_side_of_midnight_have_their_own_today(xform: BuildForm) -> None:
    form = load_form(xform("<a/>", bind("/data/a", calculate="today()")))
    late = datetime(2026, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=2)))
    for moment, day in ((late, "2026-12-31"), (late + timedelta(minutes=2), "2027-01-01")):
        assert FormSession(form, language="en", now=moment, prefill={}).state.value("/data/a") == day


def test_a_default_that_keeps_what_is_there_is_no_circle(open_form: Open) -> None:
    rules = '<bind nodeset="/data/b" calculate="coalesce(/data/b, /data/a)"/>'
    session = open_form(ABC, rules, ask("/data/a"))
    for answer in ("first", "second"):
        session.answer("/data/a", answer)
        assert session.state.value("/data/b") == "first"


def test_a_default_inside_a_calculation_of_itself_is_a_circle(xform: BuildForm) -> None:
    with pytest.raises(FormRefusedError) as refused:
        load_form(xform(ABC, '<bind nodeset="/data/b" calculate="coalesce(/data/b, 0) + 1"/>'))
    assert refused.value.cause is RefusalCause.CYCLE
