# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's check: what the form could not have produced is refused, with the reason; what it did is not."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_forms.errors import InstanceFault, InstanceProblem, InstanceRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.instance_xml import write_document
from townhall_forms.questions import Accepted, AnswerRefused, Question, QuestionKind
from townhall_forms.record import SessionRecord
from townhall_forms.revalidate import LONGEST_SESSION, MAX_INSTANCE_BYTES, RevalidatedInstance, revalidate
from townhall_forms.session import FormSession

BuildForm = Callable[..., bytes]

ANSWERS = {
    "new_address/street": "Pikk",
    "new_address/house": "7a",
    "new_address/flat": "12",
    "new_address/postcode": "10133",
    "new_address/town": "Tallinn",
    "new_address/from_date": "2026-12-01",
    "previous/previous_place": "abroad",
    "previous/previous_address": "Brīvības iela 1\nRīga",
    "previous/previous_country": "Latvia",
    "household/movers": "partner children",
    "household/people": "3",
    "household/people_names": "Jüri Männik 36912120009",
    "right_of_use/tenure": "renting",
    "right_of_use/owner_name": "OÜ Kodu",
    "right_of_use/owner_consent": "no",
    "contact/phone": "+372 5555 0000",
    "contact/email": "mari@example.org",
    "declaration": "yes",
}


@pytest.fixture
def session(change_of_address: Form, card: Mapping[str, str], now: datetime) -> FormSession:
    """Everything answered."""
    session = FormSession(change_of_address, language="en", now=now, prefill=card, randomness=bytes)
    for ref, answer in ANSWERS.items():
        assert session.answer(f"/data/{ref}", answer) == Accepted(), ref
    return session


@pytest.fixture
def instance(session: FormSession) -> bytes:
    """What the session gave."""
    return session.finish()


Check = Callable[[bytes], RevalidatedInstance]


@pytest.fixture
def check(change_of_address: Form, card: Mapping[str, str], now: datetime) -> Check:
    """Check an instance as the centre does, five minutes later."""
    return lambda instance: revalidate(change_of_address, instance, card, now + timedelta(minutes=5))


NOTE = "right_of_use/consent_note"


def change(instance: bytes, pattern: str, replacement: str) -> bytes:
    changed, count = re.subn(pattern, replacement, instance.decode(), count=1, flags=re.DOTALL)
    assert count == 1, pattern
    return changed.encode()


def reasons(check: Check, instance: bytes) -> tuple[InstanceProblem, ...]:
    with pytest.raises(InstanceRefusedError) as refused:
        check(instance)
    return refused.value.reasons


@pytest.mark.parametrize(
    ("pattern", "replacement", "ref", "fault"),
    [
        ("<postcode>10133<", "<postcode>1013<", "new_address/postcode", InstanceFault.CONSTRAINT),
        ("<from_date>2026-12-01<", "<from_date>2028-12-01<", "new_address/from_date", InstanceFault.CONSTRAINT),
        ("<from_date>2026-12-01<", "<from_date>1.12.2026<", "new_address/from_date", InstanceFault.WRONG_TYPE),
        ("<people>3<", "<people>three<", "household/people", InstanceFault.WRONG_TYPE),
        ("<people>3<", "<people>03<", "household/people", InstanceFault.WRONG_TYPE),
        ("<people>3<", "<people>1<", "household/people", InstanceFault.CONSTRAINT),
        ("<street>Pikk<", "<street> Pikk <", "new_address/street", InstanceFault.WRONG_TYPE),
        ("<street>Pikk</street>", "<street/>", "new_address/street", InstanceFault.REQUIRED),
        ("<street>Pikk</street>", "", "new_address/street", InstanceFault.MISSING_NODE),
        ("<consent_note/>", "", NOTE, InstanceFault.MISSING_NODE),
        (
            "<consent_note/>",
            "<consent_note>x</consent_note>",
            "right_of_use/consent_note",
            InstanceFault.CHANGED_READ_ONLY,
        ),
        ("<surname>MÄNNIK<", "<surname>KASK<", "person/surname", InstanceFault.CHANGED_READ_ONLY),
        ("<personal_code>47101010033<", "<personal_code>1<", "person/personal_code", InstanceFault.CHANGED_READ_ONLY),
        ("<birth_date>1971-01-01<", "<birth_date>1970-01-01<", "person/birth_date", InstanceFault.CHANGED_READ_ONLY),
        ("<address_line>Pikk", "<address_line>Lai", "new_address/address_line", InstanceFault.CHANGED_CALCULATION),
        ("<tenure>renting<", "<tenure>owning<", "right_of_use/tenure", InstanceFault.UNKNOWN_CHOICE),
        ("<movers>partner children<", "<movers>children partner<", "household/movers", InstanceFault.UNKNOWN_CHOICE),
        ("<movers>partner children<", "<movers>partner dog<", "household/movers", InstanceFault.UNKNOWN_CHOICE),
        ("<movers>partner children<", "<movers>partner partner<", "household/movers", InstanceFault.UNKNOWN_CHOICE),
        ("<movers>partner children<", "<movers>nobody partner<", "household/movers", InstanceFault.CONSTRAINT),
        ("<declaration>yes</declaration>", "<declaration/>", "declaration", InstanceFault.REQUIRED),
        ("<flat>12<", "<flat>12</flat><flat>13<", "new_address/flat", InstanceFault.EXTRA_NODE),
        ("<flat>12</flat>", "<flat>12</flat><floor>3</floor>", "new_address/floor", InstanceFault.EXTRA_NODE),
        ("<flat>12</flat>", "<flat><b>12</b></flat>", "new_address/flat", InstanceFault.EXTRA_NODE),
        ("<flat>12</flat>", '<flat x="1">12</flat>', "new_address/flat", InstanceFault.EXTRA_NODE),
        ("<flat>12</flat>", '<n:flat xmlns:n="urn:x">12</n:flat>', "new_address/flat", InstanceFault.EXTRA_NODE),
        ("</data>", "<more/></data>", "more", InstanceFault.EXTRA_NODE),
        ('id="change-of-address"', 'id="another"', "", InstanceFault.WRONG_FORM),
        ('version="[0-9]+"', 'version="1"', "", InstanceFault.WRONG_FORM),
        (' version="[0-9]+"', "", "", InstanceFault.WRONG_FORM),
        ('id="change-of-address"', 'id="change-of-address" extra="1"', "", InstanceFault.WRONG_FORM),
        ("uuid:[0-9a-f-]+", "uuid:1", "meta/instanceID", InstanceFault.CHANGED_READ_ONLY),
        ("uuid:[0-9a-f-]+", "", "meta/instanceID", InstanceFault.CHANGED_READ_ONLY),
    ],
)
def test_one_change_is_refused_with_its_reason_and_place(  # noqa: PLR0917 - a row of the table
    check: Check, instance: bytes, pattern: str, replacement: str, ref: str, fault: InstanceFault
) -> None:
    found = reasons(check, change(instance, pattern, replacement))
    assert InstanceProblem(f"/data/{ref}" if ref else "/data", fault) in found


def test_a_node_that_is_not_relevant_is_refused(check: Check, session: FormSession) -> None:
    session.answer("/data/right_of_use/tenure", "owner")
    instance = session.finish()
    assert b"owner_name" not in instance
    assert check(instance)
    smuggled = change(instance, "</right_of_use>", "<owner_name>X</owner_name></right_of_use>")
    assert reasons(check, smuggled) == (
        InstanceProblem("/data/right_of_use/owner_name", InstanceFault.IRRELEVANT_NODE),
    )


def test_text_inside_a_group_is_no_answer(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<g><a/></g>", '<bind nodeset="/data/g/a" relevant="false()"/>', '<input ref="/data/g/a"/>'))
    instance = FormSession(form, language="en", now=now, prefill={}).finish()
    assert revalidate(form, instance, {}, now)
    with pytest.raises(InstanceRefusedError):
        revalidate(form, change(instance, "<g/>", "<g>hidden</g>"), {}, now)


def test_nodes_in_another_order_are_refused(check: Check, instance: bytes) -> None:
    swapped = change(instance, "(<street>[^<]*</street>)(<house>[^<]*</house>)", r"\2\1")
    assert reasons(check, swapped) == (InstanceProblem("/data", InstanceFault.WRONG_ORDER),)


def test_several_changes_are_all_told_in_the_forms_order(check: Check, instance: bytes) -> None:
    changed = change(change(instance, "<people>3<", "<people>99<"), "<surname>[^<]*<", "<surname>X<")
    found = reasons(check, changed)
    assert [problem.ref for problem in found] == ["/data/person/surname", "/data/household/people"]


@pytest.mark.parametrize(
    ("untrusted", "fault"),
    [
        (b"", InstanceFault.NOT_XML),
        (b"not xml", InstanceFault.NOT_XML),
        (b"<data>", InstanceFault.NOT_XML),
        (b'<!DOCTYPE data [<!ENTITY a "b">]><data>&a;</data>', InstanceFault.NOT_XML),
        (b"<data>text<a/></data>", InstanceFault.NOT_XML),
        (b"<data>" + b" " * MAX_INSTANCE_BYTES + b"</data>", InstanceFault.TOO_LARGE),
        (b"<data>" + b"<g>" * 100 + b"</g>" * 100 + b"</data>", InstanceFault.TOO_LARGE),
        (b"<data/>", InstanceFault.WRONG_FORM),
        (b'<other id="change-of-address"/>', InstanceFault.WRONG_FORM),
    ],
)
def test_what_is_no_instance_of_the_form_is_refused(check: Check, untrusted: bytes, fault: InstanceFault) -> None:
    assert [problem.fault for problem in reasons(check, untrusted)] == [fault]


@given(st.binary(max_size=100))
def test_no_bytes_break_the_check_in_another_way_than_its_own_error(change_of_address: Form, noise: bytes) -> None:
    with pytest.raises(InstanceRefusedError):
        revalidate(change_of_address, noise, None, datetime(2026, 1, 1, tzinfo=UTC))


def test_no_refusal_holds_an_answer(check: Check, instance: bytes) -> None:
    with pytest.raises(InstanceRefusedError) as refused:
        check(change(instance, "<postcode>10133<", "<postcode>secret<"))
    assert "secret" not in f"{refused.value!s} {refused.value!r} {refused.value.reasons!r}"


def test_what_the_form_produced_is_accepted_and_read_the_same(
    check: Check, session: FormSession, instance: bytes
) -> None:
    checked = check(instance)
    assert checked.instance == instance
    assert checked.answers == session.answers()
    assert checked.provenance == session.provenance()
    assert [source for _ref, source in checked.provenance] == [
        "eid:given_names",
        "eid:surname",
        "eid:personal_code",
        "eid:birth_date",
    ]


def test_line_breaks_and_indentation_between_elements_are_no_difference(check: Check, instance: bytes) -> None:
    assert check(instance.replace(b"><", b">\n  <")).instance == instance


def test_the_answers_are_shown_in_the_wanted_language(
    change_of_address: Form, card: Mapping[str, str], now: datetime, instance: bytes
) -> None:
    lines = revalidate(change_of_address, instance, card, now, language="et").answers
    assert next(line.shown for line in lines if line.ref == "/data/new_address/from_date") == "1. detsember 2026"
    assert next(line.label for line in lines if line.ref == "/data/new_address/town") == "Linn või vald"


def test_another_persons_card_is_refused(change_of_address: Form, now: datetime, instance: bytes) -> None:
    other = {"eid:personal_code": "36912120009", "eid:given_names": "JÜRI", "eid:surname": "KASK"}
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(change_of_address, instance, other, now)
    faults = {problem.fault for problem in refused.value.reasons}
    assert faults == {InstanceFault.CHANGED_READ_ONLY}


def test_without_knowledge_of_the_card_prefilled_answers_are_checked_like_answers(
    change_of_address: Form, now: datetime, instance: bytes
) -> None:
    assert revalidate(change_of_address, instance, None, now).provenance == ()
    with pytest.raises(InstanceRefusedError):
        revalidate(change_of_address, change(instance, "<surname>[^<]*</surname>", "<surname/>"), None, now)


def test_a_day_that_was_allowed_when_the_form_was_opened_is_still_allowed_after_midnight(
    change_of_address: Form, card: Mapping[str, str]
) -> None:
    before = datetime(2026, 11, 22, 23, 58, tzinfo=timezone(timedelta(hours=2)))
    session = FormSession(change_of_address, language="en", now=before, prefill=card)
    earliest = (before.date() - timedelta(days=60)).isoformat()
    for ref, answer in {**ANSWERS, "new_address/from_date": earliest}.items():
        assert session.answer(f"/data/{ref}", answer) == Accepted()
    instance = session.finish()
    assert revalidate(change_of_address, instance, card, before + timedelta(minutes=5))
    with pytest.raises(InstanceRefusedError):
        revalidate(change_of_address, instance, card, before + timedelta(days=1))


@pytest.mark.parametrize("hours", [-11, -5, 0, 2, 5.75, 13])
def test_a_moment_in_utc_allows_every_offset_that_a_kiosk_can_have(xform: BuildForm, hours: float) -> None:
    form = load_form(xform("<a/>", '<bind nodeset="/data/a" calculate="today()"/>'))
    for hour in (0, 6, 12, 18, 23):
        local = datetime(2026, 3, 1, hour, 30, tzinfo=timezone(timedelta(hours=hours)))
        instance = FormSession(form, language="en", now=local, prefill={}).finish()
        assert revalidate(form, instance, {}, local.astimezone(UTC))
        with pytest.raises(InstanceRefusedError):
            revalidate(form, instance, {}, local.astimezone(UTC) + timedelta(days=3))


@pytest.mark.parametrize("expression", ["uuid()", "random()", "now()", "once(/data/b)"])
def test_what_cannot_be_computed_again_is_taken_over(xform: BuildForm, now: datetime, expression: str) -> None:
    binds = f'<bind nodeset="/data/a" calculate="{expression}"/><bind nodeset="/data/c" calculate="concat(/data/a,1)"/>'
    form = load_form(xform("<a/><b/><c/>", binds, '<input ref="/data/b"/>'))
    session = FormSession(form, language="en", now=now, prefill={})
    session.answer("/data/b", "first")
    session.answer("/data/b", "second")
    instance = session.finish()
    assert revalidate(form, instance, {}, now + timedelta(minutes=5)).instance == instance
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, change(instance, "<c>[^<]*<", "<c>x<"), {}, now)
    assert refused.value.reasons == (InstanceProblem("/data/c", InstanceFault.CHANGED_CALCULATION),)


def test_time_stamps_must_lie_within_a_session(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<a/>", '<bind nodeset="/data/a" jr:preload="timestamp" jr:preloadParams="start"/>'))
    instance = FormSession(form, language="en", now=now, prefill={}).finish()
    assert revalidate(form, instance, {}, now + LONGEST_SESSION)
    for moment in (now + LONGEST_SESSION * 2, now - LONGEST_SESSION * 2):
        with pytest.raises(InstanceRefusedError):
            revalidate(form, instance, {}, moment)
    for forged in ("2026-11-22", "soon", ""):
        with pytest.raises(InstanceRefusedError):
            revalidate(form, change(instance, "<a>[^<]*<", f"<a>{forged}<"), {}, now)


def test_an_answer_given_before_its_question_became_read_only_is_accepted(xform: BuildForm, now: datetime) -> None:
    body = '<input ref="/data/a"/><input ref="/data/b"/>'
    form = load_form(xform("<a/><b/>", '<bind nodeset="/data/b" readonly="/data/a = \'lock\'"/>', body))
    session = FormSession(form, language="en", now=now, prefill={})
    session.answer("/data/b", "mine")
    session.answer("/data/a", "lock")
    assert session.question("/data/b").is_read_only
    assert revalidate(form, session.finish(), {}, now)


def test_a_changed_default_that_nobody_could_change_is_refused(xform: BuildForm, now: datetime) -> None:
    form = load_form(xform("<a>fee 10</a><b/>", "", '<input ref="/data/b"/>'))
    instance = FormSession(form, language="en", now=now, prefill={}).finish()
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, change(instance, "fee 10", "fee 0"), {}, now)
    assert refused.value.reasons == (InstanceProblem("/data/a", InstanceFault.CHANGED_READ_ONLY),)


def test_a_choice_that_another_answer_withdrew_is_refused(xform: BuildForm, now: datetime) -> None:
    binds = """<instance id="t"><root><item><n>a1</n><g>a</g></item><item><n>b1</n><g>b</g></item></root></instance>"""
    itemset = "<itemset nodeset=\"instance('t')/root/item[g = /data/a]\"><value ref='n'/></itemset>"
    form = load_form(xform("<a/><b/>", binds, f'<input ref="/data/a"/><select1 ref="/data/b">{itemset}</select1>'))
    session = FormSession(form, language="en", now=now, prefill={})
    session.answer("/data/a", "a")
    session.answer("/data/b", "a1")
    instance = session.finish()
    assert revalidate(form, instance, {}, now)
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, change(instance, "<a>a<", "<a>b<"), {}, now)
    assert refused.value.reasons == (InstanceProblem("/data/b", InstanceFault.UNKNOWN_CHOICE),)


# Random walks

_TEXTS = st.one_of(
    st.sampled_from(
        ["10133", "7a", "Pikk", "14b", "+372 5555 0000", "mari@example.org", "OÜ Kodu <&>", "", " ", "x" * 300]
    ),
    st.text(max_size=30),
)
_DATES = st.one_of(
    st.dates(date(2026, 9, 1), date(2027, 12, 31)).map(date.isoformat),
    st.text(max_size=12),
)


def answer_for(data: st.DataObject, question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOOSE_ONE:
            return data.draw(st.sampled_from([*(choice.value for choice in question.choices), "nonsense", ""]))
        case QuestionKind.CHOOSE_MANY:
            values = [choice.value for choice in question.choices]
            return " ".join(data.draw(st.lists(st.sampled_from(values), max_size=4)))
        case QuestionKind.INTEGER:
            return str(data.draw(st.integers(-2, 25)))
        case QuestionKind.DATE:
            return data.draw(_DATES)
        case _:
            return data.draw(_TEXTS)


def walk(data: st.DataObject, session: FormSession, steps: int) -> None:
    """Answer at random; each refusal must change nothing."""
    for _step in range(steps):
        open_questions = [
            question
            for question in session.questions()
            if not question.is_read_only and question.kind is not QuestionKind.NOTE
        ]
        question = data.draw(st.sampled_from(open_questions))
        outcome = session.answer(question.ref, answer_for(data, question))
        if isinstance(outcome, AnswerRefused):
            assert session.question(question.ref) == question


def complete(session: FormSession) -> None:
    """Mend every problem with an answer that fits."""
    for _round in range(20):
        problems = session.problems()
        if not problems:
            return
        for problem in problems:
            if any(question.ref == problem.ref for question in session.questions()):
                fitting = {**ANSWERS, "right_of_use/tenure_other": "Caretaker"}[problem.ref.removeprefix("/data/")]
                if problem.ref.endswith("people"):
                    fitting = "20"
                session.answer(problem.ref, fitting)
    pytest.fail(f"problems that no answer mends: {session.problems()}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), steps=st.integers(0, 40))
def test_whatever_a_person_answers_the_centre_accepts_what_the_form_gave(
    change_of_address: Form, card: Mapping[str, str], now: datetime, data: st.DataObject, steps: int
) -> None:
    session = FormSession(change_of_address, language="en", now=now, prefill=card, randomness=bytes)
    walk(data, session, steps)
    complete(session)
    instance = session.finish()
    checked = revalidate(change_of_address, instance, card, now + timedelta(minutes=10))
    assert checked.instance == instance
    assert checked.answers == session.answers()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_instance_with_one_text_changed_is_refused_or_is_what_the_form_gives_for_it(
    change_of_address: Form, card: Mapping[str, str], now: datetime, data: st.DataObject
) -> None:
    session = FormSession(change_of_address, language="en", now=now, prefill=card, randomness=bytes)
    for ref, answer in ANSWERS.items():
        session.answer(f"/data/{ref}", answer)
    refs = [ref for ref, node in session.state.nodes.items() if node.is_relevant and not node.children]
    ref = data.draw(st.sampled_from(refs))
    text = data.draw(st.text(alphabet="abc 0123456789-@.ÕÄ", min_size=1, max_size=12))
    node = session.state.nodes[ref]
    before, node.text = node.text, text
    forged = write_document(session.state.document.children[0], session.form.prefixes)
    node.text = before
    try:
        checked = revalidate(change_of_address, forged, card, now)
    except InstanceRefusedError:
        return
    replay = FormSession(change_of_address, language="en", now=now, prefill=card, randomness=bytes)
    for path, answer in ANSWERS.items():
        replay.answer(f"/data/{path}", answer)
    if not ref.endswith("instanceID"):
        assert replay.question(ref).value == text or replay.answer(ref, text) == Accepted()
        identity = session.state.value("/data/meta/instanceID")
        replay.state.nodes["/data/meta/instanceID"].text = identity
        assert checked.instance == replay.finish()


# With the record of the session


VOLATILE = (
    '<bind nodeset="/data/a" calculate="random()"/><bind nodeset="/data/b" calculate="once(uuid())"/>'
    '<bind nodeset="/data/c" type="dateTime" calculate="now()"/>'
    '<bind nodeset="/data/d" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>'
)


@pytest.fixture
def recorded(xform: BuildForm, now: datetime) -> tuple[Form, bytes, SessionRecord]:
    """A form of chance and clock alone, what it gave, and what it needed."""
    form = load_form(xform("<a/><b/><c/><d/><meta><instanceID/></meta>", VOLATILE))
    session = FormSession(form, language="en", now=now, prefill={})
    return form, session.finish(), session.record()


@pytest.mark.parametrize("ref", ["a", "b", "c", "d", "meta/instanceID"])
def test_a_value_of_chance_or_clock_that_was_changed_is_refused(
    recorded: tuple[Form, bytes, SessionRecord], now: datetime, ref: str
) -> None:
    """Each forged value has the shape that the engine gives it: only the record tells."""
    form, instance, record = recorded
    other = FormSession(form, language="en", now=now - timedelta(minutes=1), prefill={}).finish()
    name = ref.rpartition("/")[2].encode()
    pattern = re.compile(b"<" + name + b">([^<]*)<")
    (forged,), (honest,) = pattern.findall(other), pattern.findall(instance)
    forged_instance = instance.replace(honest, forged) if honest != forged else b""
    assert revalidate(form, forged_instance, {}, now).instance == forged_instance
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, forged_instance, {}, now, record=record)
    assert f"/data/{ref}" in {reason.ref for reason in refused.value.reasons}


@pytest.mark.parametrize(("late", "is_taken"), [(-3, False), (-1, True), (0, True), (239, True), (241, False)])
def test_the_recorded_clock_lies_before_the_envelope_and_not_long_before(
    recorded: tuple[Form, bytes, SessionRecord], now: datetime, late: int, *, is_taken: bool
) -> None:
    form, instance, record = recorded
    finished = now + timedelta(minutes=late)
    if is_taken:
        assert revalidate(form, instance, {}, finished, record=record).instance == instance
        return
    with pytest.raises(InstanceRefusedError) as refused:
        revalidate(form, instance, {}, finished, record=record)
    assert [reason.fault for reason in refused.value.reasons] == [InstanceFault.WRONG_CLOCK]
