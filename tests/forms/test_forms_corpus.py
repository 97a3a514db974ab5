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
from townhall_forms.questions import Accepted, AnswerRefused, Question, QuestionKind
from townhall_forms.revalidate import revalidate
from townhall_forms.session import FormSession
from townhall_forms.xpath.compiler import compile_expression
from townhall_forms.xpath.errors import UnknownFunctionError, UnsupportedXPathError
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
        return (math.isnan(ours) and math.isnan(theirs)) or ours == theirs
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
    assert counts["unsupported"] <= 5
    assert counts["both"] + counts["refused"] >= 48


def judge(expression: str, loaded: Mapping[str, Mapping[str, Mapping[str, object]]], corpus: Path) -> str:
    theirs = {name: answer_of(loaded[name][expression]) for name in ("enketo", "javarosa")}
    try:
        ours = evaluate(expression, corpus)
    except UnsupportedXPathError:
        return "unsupported"
    except UnknownFunctionError:
        return "refused" if expression in REFUSED and theirs["enketo"] is theirs["javarosa"] is None else "wrong"
    if expression in DECLARED:
        side, _why = DECLARED[expression]
        wanted = STANDARD[expression] if side == "standard" else theirs[side]
        return "declared" if same(ours, wanted) else "wrong"
    return "both" if all(same(ours, each) for each in theirs.values()) else "wrong"


def forms(corpus: Path) -> Iterator[Path]:
    yield from sorted((corpus / "web-forms").rglob("*.xml"))


def test_every_public_form_opens_or_is_refused_for_a_named_reason(corpus: Path) -> None:
    counts: Counter[RefusalCause | None] = Counter()
    for path in forms(corpus):
        try:
            load_form(path.read_bytes())
        except FormRefusedError as refused:
            counts[refused.cause] += 1
        else:
            counts[None] += 1
    assert counts[None] >= 23
    assert counts[RefusalCause.BAD_REFERENCE] == 0
    assert counts[RefusalCause.CYCLE] == 0
    assert counts[RefusalCause.LIMIT] == 0


# Forms made to be refused, and files that are data and no forms.
NEGATIVE = {
    "test-web-forms/xpath-syntax-error.xml": RefusalCause.XPATH_SYNTAX,
    "test-web-forms/xpath-unknown-function.xml": RefusalCause.UNKNOWN_FUNCTION,
    "test-javarosa/resources/populate-nodes-attributes-instance.xml": RefusalCause.NOT_XML,
    "test-javarosa/resources/regression/issue_449_last_saved.xml": RefusalCause.NOT_XML,
}


@pytest.mark.parametrize(("name", "cause"), NEGATIVE.items())
def test_a_form_made_to_be_refused_is_refused_for_its_reason(corpus: Path, name: str, cause: RefusalCause) -> None:
    with pytest.raises(FormRefusedError) as refused:
        load_form((corpus / "web-forms" / name).read_bytes())
    assert refused.value.cause is cause


MUST_OPEN = [
    "other/minimal.xform.xml",
    "notes/2-all-possible-notes.xml",
    "select/1-static-selects.xml",
    "select/2-dynamic-selects-itemsets.xml",
    "select/3-images-choice.xml",
    "select/5-select-types.xml",
    "computations/1-calculate-simple.xform.xml",
    "computations/2-relevant-simple.xform.xml",
    "computations/5-relevant-readonly.xml",
    "computations/7-readonly-group.xml",
    "computations/8-outputs.xml",
    "itext/media-label.xml",
    "test-web-forms/select-control.xml",
    "test-javarosa/resources/org/javarosa/core/model/three-level-cascading-multi-select.xml",
]


def answered(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOOSE_ONE | QuestionKind.CHOOSE_MANY:
            return question.choices[0].value if question.choices else ""
        case QuestionKind.INTEGER | QuestionKind.DECIMAL:
            return "7"
        case QuestionKind.DATE:
            return "2026-11-22"
        case _:
            return "text"


@pytest.mark.parametrize("name", MUST_OPEN)
def test_a_form_of_supported_features_opens_answers_and_replays(corpus: Path, name: str) -> None:
    form = load_form((corpus / "web-forms" / name).read_bytes())
    session = FormSession(form, language="en", now=NOW, prefill={})
    done: set[str] = set()
    for _round in range(200):
        waiting = [
            question
            for question in session.questions()
            if not question.is_read_only and question.kind is not QuestionKind.NOTE and question.ref not in done
        ]
        if not waiting:
            break
        done.add(waiting[0].ref)
        outcome = session.answer(waiting[0].ref, answered(waiting[0]))
        assert isinstance(outcome, Accepted | AnswerRefused)
    assert session.questions()
    assert session.problems() == ()
    instance = session.finish()
    assert revalidate(form, instance, {}, NOW, language="en").instance == instance


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
    assert causes == {RefusalCause.UNSUPPORTED, RefusalCause.XPATH_SYNTAX}  # bad_calc is meant to be bad
    assert converted >= 8
