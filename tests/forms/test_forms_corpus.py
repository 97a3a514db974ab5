# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public forms and expressions that nobody here wrote: each opens and answers, or is refused for a named reason."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from townhall_forms.errors import FormRefusedError, RefusalCause, XlsFormRefusedError
from townhall_forms.form import load_form
from townhall_forms.instance_xml import read_document
from townhall_forms.markup import parse_xml
from townhall_forms.questions import Accepted, Question, QuestionKind
from townhall_forms.resources import FolderResources
from townhall_forms.revalidate import revalidate
from townhall_forms.session import FormSession
from townhall_forms.xpath.compiler import compile_expression
from townhall_forms.xpath.errors import UnknownFunctionError
from townhall_forms.xpath.parser import parse
from townhall_forms.xpath.scope import Environment, Scope
from townhall_forms.xpath.values import NodeSet

pytestmark = pytest.mark.corpus

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
Answer: TypeAlias = float | str | bool | tuple[str, ...]

# Where JavaRosa and Enketo differ, or both leave the standard: what we answer, and why.
DECLARED: Mapping[str, tuple[str, str]] = {
    "count(//idade)": ("enketo", "the specification lists //node among valid paths"),
    'concat(/data/household/resident/nome, "!")': ("enketo", "concat() joins all nodes (specification)"),
    'substring("hello", 2)': ("enketo", "XPath 1.0 has it, and forms use it"),
    'substring("hello", 2, 3)': ("enketo", "as above"),
    'substring("hello", 0, 3)': ("standard", "XPath 1.0 §4.2 gives he; Enketo gives o, JavaRosa lacks the function"),
    'substring("hello", 1.5, 2.6)': ("enketo", "XPath 1.0 §4.2"),
    "floor(1.9)": ("enketo", "XPath 1.0 has it"),
    "boolean(/data/blank)": ("enketo", "XPath 1.0 §4.3: a node-set with a node is true"),
    'boolean-from-string("TRUE")': ("enketo", "false for anything but true and 1 (specification)"),
    "/data/household/resident/idade != 7": ("enketo", "XPath 1.0 §3.4: true if one node differs"),
    "once(/data/age)": ("javarosa", "the owner is empty, so the argument's value; Enketo gives the whole instance"),
    'regex("a12345678901b", "[0-9]{11}")': ("enketo", "'[0-9]+' becomes /[0-9]+/: a test of any part (specification)"),
}
STANDARD: Mapping[str, Answer] = {'substring("hello", 0, 3)': "he"}

# The oracles refuse these, and so do we.
REFUSED = {'upper-case("abc")', 'lower-case("ABC")'}


def oracle(corpus: Path) -> dict[str, dict[str, dict[str, object]]]:
    loaded: dict[str, dict[str, dict[str, object]]] = json.loads((corpus / "xpath" / "oracle-half.json").read_text())
    return loaded


def answer_of(stated: Mapping[str, object]) -> Answer | None:
    """Return an oracle's answer, None where it refused."""
    value = stated["value"]
    match stated["type"]:
        case "nodeset" if isinstance(value, list):
            return tuple(str(each) for each in value)
        case "number":
            return float(value) if isinstance(value, int | float | str) else None
        case "boolean":
            return bool(value)
        case "string":
            return str(value)
        case _:
            return None


def evaluate(expression: str, corpus: Path) -> Answer:
    document = read_document(parse_xml((corpus / "xpath" / "instance.xml").read_bytes(), max_bytes=100_000))
    environment = Environment(
        document=document,
        instances={},
        now=NOW,
        zone=UTC,
        language="en",
        randomness=bytes,
        choice_names=lambda _value, _path, _current: "",
        texts=lambda _text_id, _current: "",
    )
    # once() looks at its owner: the oracles were asked at the root, which holds no text of its own.
    owner = document.children[0].named["blank"][0] if expression.startswith("once") else document.children[0]
    value = compile_expression(parse(expression), {})(Scope(environment, owner, owner))
    return tuple(node.string_value() for node in value.nodes) if isinstance(value, NodeSet) else value


def same(ours: Answer, theirs: Answer | None) -> bool:
    if theirs is None:
        return False
    if isinstance(ours, float) and isinstance(theirs, float):
        # Enketo rounds areas and distances to two decimals.
        return (math.isnan(ours) and math.isnan(theirs)) or ours == theirs or round(ours, 2) == theirs
    if isinstance(theirs, tuple) and not isinstance(ours, tuple):
        return (str(ours),) == theirs
    return type(ours) is type(theirs) and ours == theirs


def test_every_expression_of_the_oracles_has_the_declared_answer(corpus: Path) -> None:
    loaded = oracle(corpus)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for expression in loaded["enketo"]:
        verdict = judge(expression, loaded, corpus)
        counts[verdict] += 1
        if verdict == "wrong":
            wrong.append(expression)
    assert not wrong
    assert counts["declared"] == len(DECLARED)
    assert counts["both"] + counts["refused"] == len(loaded["enketo"]) - len(DECLARED)


def judge(expression: str, loaded: Mapping[str, Mapping[str, Mapping[str, object]]], corpus: Path) -> str:
    theirs = {name: answer_of(loaded[name][expression]) for name in ("enketo", "javarosa")}
    try:
        ours = evaluate(expression, corpus)
    except UnknownFunctionError:
        return "refused" if expression in REFUSED and theirs["enketo"] is theirs["javarosa"] is None else "wrong"
    if expression in DECLARED:
        side, _why = DECLARED[expression]
        wanted = STANDARD[expression] if side == "standard" else theirs[side]
        return "declared" if same(ours, wanted) else "wrong"
    return "both" if all(same(ours, each) for each in theirs.values()) else "wrong"


def forms(corpus: Path) -> Iterator[Path]:
    yield from sorted((corpus / "web-forms").rglob("*.xml"))


# Forms that need a file which is not in the corpus, or that are broken on purpose.
REFUSED_FORMS = {
    "test-javarosa/resources/bad-range-form.xml": RefusalCause.BAD_REFERENCE,
    "test-javarosa/resources/nigeria_wards_external.xml": RefusalCause.MISSING_RESOURCE,
    "test-javarosa/resources/org/javarosa/xform/parse/external-secondary-instance.xml": RefusalCause.MISSING_RESOURCE,
    "test-javarosa/resources/org/javarosa/xform/parse/external-select-xml.xml": RefusalCause.MISSING_RESOURCE,
    "test-javarosa/resources/org/javarosa/xform/parse/unused-secondary-instance.xml": RefusalCause.MISSING_RESOURCE,
    "test-javarosa/resources/populate-nodes-attributes-instance.xml": RefusalCause.NOT_XML,
    "test-javarosa/resources/regression/issue_449_last_saved.xml": RefusalCause.NOT_XML,
    "test-web-forms/xpath-syntax-error.xml": RefusalCause.XPATH_SYNTAX,
    "test-web-forms/xpath-unknown-function.xml": RefusalCause.UNKNOWN_FUNCTION,
}


def test_every_public_form_opens_or_is_refused_for_its_reason(corpus: Path) -> None:
    refused: dict[str, RefusalCause] = {}
    for path in forms(corpus):
        try:
            load_form(path.read_bytes(), FolderResources(path.parent))
        except FormRefusedError as error:
            refused[str(path.relative_to(corpus / "web-forms"))] = error.cause
    assert refused == REFUSED_FORMS


ANSWERS: Mapping[QuestionKind, str] = {
    QuestionKind.INTEGER: "7",
    QuestionKind.DECIMAL: "7",
    QuestionKind.DATE: "2026-11-22",
    QuestionKind.TIME: "10:30",
    QuestionKind.DATE_TIME: "2026-11-22T10:30",
    QuestionKind.PLACE: "59.4 24.7",
    QuestionKind.LINE: "59 24; 58 24",
    QuestionKind.AREA: "59 24; 58 24; 58 25; 59 24",
    QuestionKind.FILE: "scan.png",
}


def answered(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOOSE_ONE | QuestionKind.CHOOSE_MANY:
            return question.choices[0].value if question.choices else ""
        case QuestionKind.RANK:
            return " ".join(choice.value for choice in reversed(question.choices))
        case QuestionKind.RANGE if question.bounds is not None:
            return str(question.bounds.start)
        case kind:
            return ANSWERS.get(kind, "text")


def answer_all(session: FormSession) -> None:
    done: set[str] = set()
    for _round in range(400):
        waiting = [
            question
            for question in session.questions()
            if not question.is_read_only and question.kind is not QuestionKind.NOTE and question.ref not in done
        ]
        if not waiting:
            return
        done.add(waiting[0].ref)
        session.answer(waiting[0].ref, answered(waiting[0]))


# Where the walk meets a question that it has no right answer for.
UNFINISHED = {"nigeria_wards_external_combined.xml"}


def test_every_public_form_that_opens_is_answered_and_replayed_exactly(corpus: Path) -> None:
    finished: set[str] = set()
    for path in forms(corpus):
        if str(path.relative_to(corpus / "web-forms")) in REFUSED_FORMS:
            continue
        form = load_form(path.read_bytes(), FolderResources(path.parent))
        session = FormSession(form, language="en", now=NOW, prefill={})
        answer_all(session)
        for repeat in session.repeats():
            if repeat.can_change:
                session.add_repeat(repeat.ref)
        answer_all(session)
        if path.name not in UNFINISHED:
            instance = session.finish()
            assert revalidate(form, instance, {}, NOW, language="en", record=session.record()).instance == instance
            assert revalidate(form, instance, {}, NOW, language="en").instance == instance
            finished.add(path.name)
    assert len(finished) >= 57


def test_a_large_public_form_opens_and_answers(corpus: Path) -> None:
    """551 binds; its speed is in the figures of forms/README.md."""
    convert = pytest.importorskip("pyxform.xls2xform").convert
    path = corpus / "web-forms" / "preview-service" / "xlsforms" / "whova_form.xlsx"
    form = load_form(str(convert(xlsform=path, validate=False, pretty_print=True).xform).encode())
    assert len(form.binds) == 551
    session = FormSession(form, language="en", now=NOW, prefill={})
    first = next(question for question in session.questions() if question.kind is QuestionKind.CHOOSE_ONE)
    assert session.answer(first.ref, first.choices[0].value) == Accepted()


def test_every_public_spreadsheet_is_converted_or_refused_for_a_named_reason(corpus: Path) -> None:
    authoring = pytest.importorskip("townhall_forms.authoring")
    converted, causes = 0, set()
    for path in sorted((corpus / "pyxform").rglob("*.xls*")):
        try:
            authoring.import_xlsform(path)
        except FormRefusedError as refused:
            causes.add(refused.cause)
        except XlsFormRefusedError:
            continue
        else:
            converted += 1
    # bad_calc is meant to be bad, and the table that UCL_Biomass_Plot_Form looks into is not beside it.
    assert causes == {RefusalCause.MISSING_RESOURCE, RefusalCause.XPATH_SYNTAX}
    assert converted >= 20
