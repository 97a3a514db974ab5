# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What answers to a PUT and to a batch mean: the centre's word, or nothing to conclude from."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_sync import wire
from townhall_sync.batch import MAX_REPLY_BYTES, BatchReply, EnvelopeResult
from townhall_sync.central_service import BatchAnswered, RateLimited, Refusal, Refused, Stored, Unreachable
from townhall_sync.http_answers import HttpAnswer, read_batch_answer, read_put_answer

ONE, TWO = "ab" * 32, "cd" * 32
JSON, PROBLEM = {"content-type": "application/json"}, {"content-type": "application/problem+json"}
RECEIPT = wire.ReceiptBody(
    id=ONE, kiosk="k", journal_id="j", seq=1, status="accepted", reason="", server_time=1, index=0, checkpoint="",
    inclusion_proof=(),
)  # fmt: skip
REPLY = wire.PutReply(receipt=wire.SignedReceipt(body=RECEIPT, signature=""), lowest_missing_seq=2)
STORED = EnvelopeResult(id=ONE, status=201, reply=REPLY)
REFUSED = EnvelopeResult(id=TWO, status=422, code="TH-CENT-022")


def answer(*results: EnvelopeResult) -> HttpAnswer:
    return HttpAnswer(200, JSON, wire.to_json(BatchReply(results=results)))


@given(
    st.integers(min_value=100, max_value=599),
    st.binary(max_size=200),
    st.sampled_from(["text/html", "application/problem+json", ""]),
)
def test_no_answer_makes_the_reader_fall(status: int, body: bytes, content_type: str) -> None:
    outcome = read_put_answer(HttpAnswer(status, {"content-type": content_type}, body))
    assert not isinstance(outcome, Stored)


@given(
    st.integers(min_value=100, max_value=599),
    st.binary(max_size=200),
    st.sampled_from(["text/html", "application/problem+json", ""]),
)
def test_no_answer_to_a_batch_makes_the_reader_fall(status: int, body: bytes, content_type: str) -> None:
    outcome = read_batch_answer(HttpAnswer(status, {"content-type": content_type}, body), [ONE])
    assert not isinstance(outcome, BatchAnswered)


def test_each_result_of_a_batch_is_an_outcome_of_its_own() -> None:
    outcome = read_batch_answer(answer(STORED, REFUSED), [ONE, TWO])
    assert outcome == BatchAnswered((Stored(REPLY), Refused("TH-CENT-022", Refusal.FORKED)))


@pytest.mark.parametrize(
    ("results", "asked"),
    [
        pytest.param((STORED,), [ONE, TWO], id="one missing"),
        pytest.param((STORED, REFUSED), [ONE], id="one too many"),
        pytest.param((REFUSED, STORED), [ONE, TWO], id="another order"),
        pytest.param((STORED,), [TWO], id="another envelope"),
        pytest.param((msgspec.structs.replace(REFUSED, status=418),), [TWO], id="a status of nobody's"),
    ],
)
def test_an_answer_to_another_batch_says_nothing(results: tuple[EnvelopeResult, ...], asked: list[str]) -> None:
    assert isinstance(read_batch_answer(answer(*results), asked), Unreachable)


@pytest.mark.parametrize("status", [201, 202, 301, 404, 500])
def test_results_under_another_status_say_nothing(status: int) -> None:
    results = answer(STORED)
    assert isinstance(read_batch_answer(HttpAnswer(status, JSON, results.body), [ONE]), Unreachable)


def test_an_answer_that_is_longer_than_any_says_nothing() -> None:
    body = answer(STORED).body + b" " * MAX_REPLY_BYTES
    assert isinstance(read_batch_answer(HttpAnswer(200, JSON, body), [ONE]), Unreachable)


def test_a_problem_is_about_the_batch_and_patience_is_obeyed() -> None:
    problem = wire.to_json(wire.Problem(code="TH-CENT-004", title="t", status=404))
    assert read_batch_answer(HttpAnswer(404, PROBLEM, problem), [ONE]) == Refused("TH-CENT-004", Refusal.POISON)
    assert read_batch_answer(HttpAnswer(503, {"retry-after": "5"}, b""), [ONE]) == RateLimited(5)
