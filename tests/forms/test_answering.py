# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers of every type: what is taken, how the instance holds it, and what no kiosk asks."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.applicable import kiosk_gaps
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.form import load_form
from townhall_forms.questions import Accepted, AnswerRefused, QuestionKind, RefusalReason
from townhall_forms.session import FormSession

Open = Callable[..., FormSession]
BuildForm = Callable[..., bytes]
CHOICES = "".join(f"<item><label>{each.upper()}</label><value>{each}</value></item>" for each in "abc")


def answered(session: FormSession, value: str) -> str | None:
    outcome = session.answer("/data/a", value)
    if isinstance(outcome, AnswerRefused):
        assert outcome.reason is RefusalReason.TYPE
        return None
    return session.question("/data/a").value


@pytest.mark.parametrize(
    ("written", "answer", "held"),
    [
        ("time", "10:30", "10:30:00.000+02:00"),
        ("time", "23:59:59.5Z", "23:59:59.500Z"),
        ("time", "\u0661\u0660:\u0663\u0660", "10:30:00.000+02:00"),
        ("time", "24:00", None),
        ("time", "10:30+15:00", None),
        ("dateTime", "2026-11-22T10:30", "2026-11-22T10:30:00.000+02:00"),
        ("dateTime", "2026-11-22 10:30:15", "2026-11-22T10:30:15.000+02:00"),
        ("dateTime", "2026-11-22T10:30:15.123456-05:00", "2026-11-22T10:30:15.123-05:00"),
        ("dateTime", "2026-02-30T10:30", None),
        ("dateTime", "2026-11-22", None),
        ("geopoint", "59.437 24.7536", "59.437 24.7536 0.0 0.0"),
        ("geopoint", "59.437 24.7536 12.5 3", "59.437 24.7536 12.5 3.0"),
        ("geopoint", "059.4370 -0.5 12.50 3", "59.437 -0.5 12.5 3.0"),
        ("geopoint", "91 0", None),
        ("geopoint", "0 -181", None),
        ("geopoint", "59", None),
        ("geopoint", "1e1 2", None),
        ("geotrace", "1 2; 3 4;", "1.0 2.0 0.0 0.0; 3.0 4.0 0.0 0.0"),
        ("geotrace", "1 2; 3 4; 1 2", None),
        ("geotrace", "1 2", None),
        ("geoshape", "1 2; 3 4; 5 6; 1 2", "1.0 2.0 0.0 0.0; 3.0 4.0 0.0 0.0; 5.0 6.0 0.0 0.0; 1.0 2.0 0.0 0.0"),
        ("geoshape", "1 2; 3 4; 5 6; 7 8", None),
        ("boolean", "true", "true"),
        ("boolean", "yes", None),
        ("barcode", "4006381333931", "4006381333931"),
        ("binary", "scan-1.png", "scan-1.png"),
        ("binary", "../scan.png", None),
        ("binary", ".hidden", None),
    ],
)
def test_an_answer_is_held_as_the_standard_writes_it(
    open_form: Open, written: str, answer: str, held: str | None
) -> None:
    session = open_form("<a/>", f'<bind nodeset="/data/a" type="{written}"/>', '<input ref="/data/a"/>')
    assert answered(session, answer) == held


@given(data_type=st.sampled_from(DataType), answer=st.text(max_size=40) | st.from_regex(r"[0-9:;. TZ+\-]{1,40}"))
def test_what_is_held_is_held_as_it_is_when_read_again(data_type: DataType, answer: str) -> None:
    held = normalise(data_type, answer)
    assert held is None or normalise(data_type, held) == held


@pytest.mark.parametrize(
    ("bounds", "taken", "refused"),
    [
        ('start="1" end="5" step="2"', ["1", "3", "5"], ["2", "0", "7", "x", "1.5"]),
        ('start="5" end="-5" step="-2.5"', ["5", "2.5", "0", "-5"], ["1", "-7.5"]),
        ('start="0" end="1" step="0.1"', ["0.3", "0.7", "1"], ["0.35", "1.1"]),
    ],
)
def test_a_range_takes_its_steps_exactly(open_form: Open, bounds: str, taken: list[str], refused: list[str]) -> None:
    session = open_form("<a/>", '<bind nodeset="/data/a" type="decimal"/>', f'<range ref="/data/a" {bounds}/>')
    assert [answered(session, value) for value in taken] == taken
    assert [answered(session, value) for value in refused] == [None] * len(refused)
    assert session.question("/data/a").bounds is not None


def test_a_rank_takes_every_choice_once(open_form: Open) -> None:
    session = open_form(
        "<a/>", '<bind nodeset="/data/a" type="odk:rank"/>', f'<odk:rank ref="/data/a">{CHOICES}</odk:rank>'
    )
    assert [answered(session, value) for value in ("c a b", "a b", "a a b", "a b c d", "")] == [
        "c a b",
        None,
        None,
        None,
        "",
    ]
    session.answer("/data/a", "b a c")
    assert (session.question("/data/a").kind, session.answers()[0].shown) == (QuestionKind.RANK, "B, A, and C")


def test_a_file_is_named_and_a_secret_is_text(open_form: Open) -> None:
    session = open_form("<a/>", "", '<upload ref="/data/a" mediatype="image/*"/>')
    question = session.question("/data/a")
    assert (question.kind, question.media_type, answered(session, "a/b.png")) == (QuestionKind.FILE, "image/*", None)
    secret = open_form("<a/>", "", '<secret ref="/data/a"/>')
    assert "masked" in secret.question("/data/a").appearance
    assert secret.answer("/data/a", "word") == Accepted()


def test_texts_bring_their_pictures_and_sounds(open_form: Open) -> None:
    model = (
        '<itext><translation lang="en"><text id="q"><value>Which?</value><value form="image">jr://images/q.png</value>'
        '</text><text id="dog"><value>Dog</value><value form="audio">jr://audio/dog.mp3</value></text></translation></itext>'
        '<instance id="t"><root><item><name>d</name><itextId>dog</itextId></item></root></instance>'
    )
    items = '<itemset nodeset="instance(\'t\')/root/item"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>'
    body = f'<select1 ref="/data/a"><label ref="jr:itext(\'q\')"/>{items}</select1>'
    # The primary instance stands first in a model.
    session = open_form("<a/>", model, body)
    question = session.question("/data/a")
    assert (question.label, question.media) == ("Which?", (("image", "jr://images/q.png"),))
    assert [(each.label, each.media) for each in question.choices] == [("Dog", (("audio", "jr://audio/dog.mp3"),))]


def test_questions_that_belong_on_one_page_say_so(open_form: Open) -> None:
    field_list = (
        '<group appearance="field-list"><input ref="/data/a"/><input ref="/data/b"/></group><input ref="/data/c"/>'
    )
    pages = [question.page for question in open_form("<a/><b/><c/>", "", field_list).questions()]
    assert pages[0] == pages[1] != pages[2] == ""


@pytest.mark.parametrize(
    ("body", "gap"),
    [
        ('<upload ref="/data/a" mediatype="audio/*"/>', "audio recording"),
        ('<upload ref="/data/a" mediatype="video/*"/>', "video recording"),
        ('<odk:recordaudio event="odk-instance-first-load" ref="/data/a"/>', "recording sound"),
        ('<input ref="/data/a" appearance="ex:org.example.app()"/>', "external application"),
        ('<input ref="/data/a" query="instance(\'x\')"/>', "itemset"),
        ('<select1 ref="/data/a" appearance="minimal search(\'towns\')"/>', "itemset"),
        ('<secret ref="/data/a"/>', "masked"),
        ('<upload ref="/data/a" mediatype="image/*"/>', "file"),
    ],
)
def test_what_no_kiosk_does_is_named_before_a_form_is_published(xform: BuildForm, body: str, gap: str) -> None:
    gaps = kiosk_gaps(load_form(xform("<a/><g><b/></g>", body=body)))
    assert any(gap in each.what for each in gaps), gaps


def test_a_repeat_whose_instances_hide_one_by_one_is_named(xform: BuildForm) -> None:
    body = '<repeat nodeset="/data/g"><input ref="/data/g/b"/></repeat>'
    for rule, is_gap in (("position(.) != 2", True), ("/data/a = 'x'", False)):
        gaps = kiosk_gaps(load_form(xform("<a/><g><b/></g>", f'<bind nodeset="/data/g" relevant="{rule}"/>', body)))
        assert any("one by one" in each.what for each in gaps) is is_gap


def test_encryption_by_the_form_is_named(xform: BuildForm) -> None:
    form = load_form(xform("<a/>", '<submission base64RsaPublicKey="MIIB"/>', '<input ref="/data/a"/>'))
    assert [gap.place for gap in kiosk_gaps(form)] == ["model"]


def test_a_form_of_what_kiosks_ask_has_no_gap(xform: BuildForm) -> None:
    body = f'<input ref="/data/a"/><select ref="/data/g/b">{CHOICES}</select>'
    assert kiosk_gaps(load_form(xform("<a/><g><b/></g>", body=body))) == ()
