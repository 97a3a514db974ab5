# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Random forms with repeats, choices and actions, walked at random: three ways to the same values.

What an answer touches equals everything computed anew; a session put away and resumed is the same session; and the
centre computes the same from the instance and the record.
"""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_forms.applicable import kiosk_gaps
from townhall_forms.errors import EvaluationError, FormRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.questions import Question
from townhall_forms.revalidate import revalidate
from townhall_forms.savepoint import resume, save
from townhall_forms.session import FormSession

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LEAVES = ["/data/a", "/data/b", "/data/p/c", "/data/p/d", "/data/p/q/e", "/data/p/q/f", "/data/r/g"]
PATHS = st.sampled_from(
    [
        *LEAVES,
        *("../c", "../d", "../../c", "../../../a", "../q/e", "../e", "../t", "../k"),
        *("/data/p", "/data/p/q", "//e", "/data/s", "/data/h", "current()/../f"),
        *("/data/p[1]/c", "/data/p[position() = 2]/d"),
        "indexed-repeat(/data/p/c, /data/p, 1)",
        "indexed-repeat(/data/p/q/e, /data/p, 1, /data/p/q, 1)",
    ]
)
NUMBERS = PATHS.map(lambda path: f"coalesce({path}, 0)")
VALUES = st.one_of(
    st.builds(lambda one, two: f"{one} + {two}", NUMBERS, NUMBERS),
    st.builds(lambda one, two: f"if({one} &gt; 2, {two}, 1)", PATHS, NUMBERS),
    PATHS.map(lambda path: f"sum({path})"),
    PATHS.map(lambda path: f"count({path})"),
    PATHS.map(lambda path: f"once({path})"),
    PATHS.map(lambda path: f"concat({path}, random())"),
    st.sampled_from(["position(..)", "position(../..)", "once(random())"]),
)
CONDITIONS = st.one_of(
    st.builds(lambda path, number: f"{path} = {number}", PATHS, st.integers(0, 4)),
    st.builds(lambda one, two: f"{one} &gt; {two}", PATHS, PATHS),
    PATHS.map(lambda path: f"{path} != ''"),
)
DATA = (
    '<a/><b>1</b><s/><h/><p jr:template=""><t/><k/><c>3</c><d/><q><e/><f/></q></p>'
    '<p><t/><k/><c/><d/><q><e/><f/></q></p><r jr:template=""><g/></r><meta><instanceID/></meta>'
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Binds for some of the nodes; many draws depend on themselves in a circle."""
    written = []
    for path in [*LEAVES, "/data/p/q", "/data/r"]:
        rule = ""
        if draw(st.integers(0, 3)) == 0:
            rule += f' relevant="{draw(CONDITIONS)}"'
        if path in LEAVES and draw(st.integers(0, 3)) == 0:
            rule += f' calculate="{draw(VALUES)}"'
        if draw(st.integers(0, 6)) == 0:
            rule += f' required="{draw(CONDITIONS)}"'
        written.append(f'<bind nodeset="{path}" type="{draw(st.sampled_from(["int", "string"]))}"{rule}/>')
    return "".join(written)


@st.composite
def actions(draw: st.DrawFn, event: str, targets: tuple[str, ...]) -> str:
    """Return one action, or none."""
    if draw(st.booleans()):
        return ""
    return f'<setvalue event="{event}" ref="{draw(st.sampled_from(targets))}" value="{draw(VALUES)}"/>'


@st.composite
def forms(draw: st.DrawFn) -> Form | None:
    """A form of two repeats, one of them with another inside, or None where its rules are circular."""
    changed = "xforms-value-changed"
    chosen = draw(st.sampled_from(["/data/p[c != '']", "/data/p[c != /data/b]"]))
    inner = draw(st.sampled_from(["/data/p/q[e != '']", "/data/p[c != '']"]))
    count = draw(st.sampled_from(["", "", ' jr:count="/data/a"', ' jr:count="../a"']))
    body = (
        f'<input ref="/data/a">{draw(actions(changed, ("/data/h", "/data/b", "/data/p/k")))}</input>'
        '<input ref="/data/b"/>'
        f'<select1 ref="/data/s"><itemset nodeset="{chosen}"><value ref="c"/><label ref="c"/></itemset></select1>'
        f'<repeat nodeset="/data/p">{draw(actions("odk-new-repeat", ("/data/p/k",)))}<select ref="/data/p/t">'
        f'<itemset nodeset="{inner}"><value ref="c|e"/><label ref="c|e"/></itemset></select>'
        f'<input ref="/data/p/c">{draw(actions(changed, ("/data/h", "/data/p/k", "/data/p/d")))}</input>'
        '<input ref="/data/p/d"/><repeat nodeset="/data/p/q"><input ref="/data/p/q/e"/><input ref="/data/p/q/f"/>'
        f'</repeat></repeat><repeat nodeset="/data/r"{count}><input ref="/data/r/g"/></repeat>'
    )
    model = draw(actions("odk-instance-first-load", ("/data/h",))) + draw(rules())
    xml = f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>r</h:title><model>
<instance><data id="r">{DATA}</data></instance>{model}</model></h:head><h:body>{body}</h:body></h:html>"""
    try:
        return load_form(xml.encode())
    except FormRefusedError:
        return None


def picture(session: FormSession) -> list[tuple[str, str, bool, bool, bool]]:
    """Everything that a session says of its nodes; what is hidden in irrelevant nodes does not count."""
    state = session.state
    return [
        (ref, node.text if node.is_relevant else "", node.is_relevant, state.is_required(ref), state.is_read_only(ref))
        for ref, node in state.nodes.items()
    ]


def answer_to(question: Question, value: int) -> str:
    if not question.kind.value.startswith("choose"):
        return str(value)
    return question.choices[value % len(question.choices)].value if question.choices else ""


def step(session: FormSession, act: str, which: int, value: int) -> FormSession:
    repeats = [repeat for repeat in session.repeats() if repeat.can_change]
    instances = [ref for repeat in repeats for ref in repeat.instances]
    asked = [question for question in session.questions() if not question.is_read_only]
    match act:
        case "add" if repeats and len(session.state.nodes) < 80:
            session.add_repeat(repeats[which % len(repeats)].ref)
        case "remove" if instances:
            session.remove_repeat(instances[which % len(instances)])
        case "answer" if asked:
            question = asked[which % len(asked)]
            session.answer(question.ref, answer_to(question, value))
        case "resume":
            draft = save(session)
            session = resume(session.form, draft)
            assert save(session) == draft
        case _:
            pass
    return session


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["answer", "answer", "answer", "add", "add", "remove", "resume"]),
        st.integers(0, 9),
        st.integers(0, 4),
    ),
    max_size=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(form=forms(), steps=STEPS)
def test_three_ways_lead_to_the_same_values(form: Form | None, steps: list[tuple[str, int, int]]) -> None:
    if form is None:
        return
    try:
        session = FormSession(form, language="en", now=NOW, prefill={})
        for act, which, value in steps:
            session = step(session, act, which, value)
            incremental = picture(session)
            session.state.compute_all()
            assert picture(session) == incremental
    except EvaluationError:
        return  # a number of chance as a count, or actions that set each other off: refused, whichever way
    is_replayable = not any("one by one" in gap.what for gap in kiosk_gaps(form))
    if is_replayable and not session.problems():
        instance = session.finish()
        assert revalidate(form, instance, {}, NOW, record=session.record()).instance == instance
