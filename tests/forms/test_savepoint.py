# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A session that is put away and taken up again goes on as if nothing had happened."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_forms.errors import DraftRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.record import SEED_BYTES, draw
from townhall_forms.revalidate import revalidate
from townhall_forms.savepoint import resume, save
from townhall_forms.session import FormSession

BuildForm = Callable[..., bytes]
NOW = datetime(2026, 11, 22, 23, 30, tzinfo=ZoneInfo("Europe/Tallinn"))

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa" xmlns:th="urn:townhall:xforms"><h:head><h:title>t</h:title><model>
<itext><translation lang="en"><text id="a"><value>A</value></text></translation>
<translation lang="et"><text id="a"><value>Aa</value></text></translation></itext>
<instance><data id="p" version="1"><a>1</a><s/><t/><once/><hidden/><set/><name/>
<p jr:template=""><b/><k/></p><n/><q><c/></q><sum/><meta><instanceID/></meta></data></instance>
<setvalue event="odk-instance-first-load" ref="/data/set" value="now()"/>
<bind nodeset="/data/a" type="int"/><bind nodeset="/data/s" calculate="concat(uuid(), random(), today(), now())"/>
<bind nodeset="/data/t" calculate="jr:itext('a')"/><bind nodeset="/data/once" calculate="once(/data/a)"/>
<bind nodeset="/data/hidden" relevant="/data/a &lt; 5"/><bind nodeset="/data/name" th:prefill="eid:surname"/>
<bind nodeset="/data/p/k" calculate="once(random())"/><bind nodeset="/data/n" type="int" constraint=". &lt; 5"/>
<bind nodeset="/data/sum" type="int" calculate="count(/data/p) + count(/data/q)"/></model></h:head>
<h:body><input ref="/data/a"><label ref="jr:itext('a')"/></input><input ref="/data/hidden"/><input ref="/data/name"/>
<input ref="/data/n"/><repeat nodeset="/data/p"><input ref="/data/p/b"/></repeat>
<repeat nodeset="/data/q" jr:count="/data/n"><input ref="/data/q/c"/></repeat></h:body></h:html>"""


@pytest.fixture(scope="module")
def form() -> Form:
    """A form with something of everything that a session remembers."""
    return load_form(FORM.encode())


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "answer", "language"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=14,
)


def walk(session: FormSession, steps: list[tuple[str, int, int]]) -> None:
    for act, which, value in steps:
        repeat = next(each for each in session.repeats() if each.ref == "/data/p")
        if act == "add":
            session.add_repeat(repeat.ref)
        elif act == "remove" and repeat.instances:
            session.remove_repeat(repeat.instances[which % len(repeat.instances)])
        elif act == "answer":
            asked = [each.ref for each in session.questions() if not each.is_read_only]
            session.answer(asked[which % len(asked)], str(value))
        elif act == "language":
            session.set_language(("en", "et")[which % 2])


@settings(max_examples=60, deadline=None)
@given(before=STEPS, after=STEPS)
def test_a_session_goes_on_as_if_nothing_had_happened(
    form: Form, before: list[tuple[str, int, int]], after: list[tuple[str, int, int]]
) -> None:
    session = FormSession(form, language="en", now=NOW, prefill={"eid:surname": "Mets"})
    walk(session, before)
    draft = save(session)
    resumed = resume(form, draft)
    assert save(resumed) == draft
    assert resumed.questions() == session.questions()
    walk(session, after)
    walk(resumed, after)
    assert save(resumed) == save(session)
    assert resumed.finish() == session.finish()
    assert (resumed.provenance(), resumed.record()) == (session.provenance(), session.record())


def changed(draft: bytes, **changes: canonical.CanonicalValue) -> bytes:
    fields = canonical.decode(draft)
    assert isinstance(fields, dict)
    return canonical.encode({**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "townhall-ballot"},
        {"version": 3},
        {"more": 1},
        {"form_sha256": "00" * 32},
        {"language": 1},
        {"opened": "2026-11-22T10:00:00"},
        {"opened": 5},
        {"seed": "00"},
        {"seed": "zz" * 32},
        {"births": "x"},
        {"births": [["/data/p[1]", 0]]},
        {"births": [["/data/p[1]"]]},
        {"births": [["/data/p[" + str(number) + "]", number] for number in range(1, 1_200)]},
        {"texts": [["/data/nothing", "x"]]},
        {"texts": [["/data/a", 1]]},
        {"sources": [["/data/nothing", "eid:surname"]]},
    ],
)
def test_another_draft_is_refused(form: Form, changes: dict[str, canonical.CanonicalValue]) -> None:
    draft = save(FormSession(form, language="en", now=NOW, prefill={}))
    with pytest.raises(DraftRefusedError):
        resume(form, changed(draft, **changes))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_in_another_way_than_its_own_error(form: Form, noise: bytes) -> None:
    with pytest.raises(DraftRefusedError):
        resume(form, noise)


def test_the_centre_computes_chance_and_clock_again(form: Form) -> None:
    session = FormSession(form, language="en", now=NOW, prefill={"eid:surname": "Mets"})
    instance, record = session.finish(), session.record()
    prefill = {"eid:surname": "Mets"}
    for late in (timedelta(0), timedelta(hours=3, minutes=59)):
        checked = revalidate(form, instance, prefill, (NOW + late).astimezone(UTC), language="en", record=record)
        assert checked.instance == instance


def test_every_draw_is_its_own_and_repeats_itself(form: Form) -> None:
    session = FormSession(form, language="en", now=NOW, prefill={})
    nodes = list(session.state.nodes.values())
    drawn = {draw(bytes(SEED_BYTES), node, rule, number, 16) for node in nodes for rule in "ab" for number in (1, 2)}
    assert len(drawn) == len(nodes) * 4
    assert draw(bytes(SEED_BYTES), nodes[0], "a", 1, 16) in drawn
    assert draw(b"\1" * SEED_BYTES, nodes[0], "a", 1, 16) not in drawn
