# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Batches: exact to the last byte, bounded, and every other spelling refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_sync import wire
from townhall_sync.batch import (
    MAGIC,
    MAX_BATCH_BYTES,
    MAX_ENVELOPES,
    MAX_REPLY_BYTES,
    BatchLoad,
    BatchReply,
    EnvelopeResult,
    NamedEnvelope,
    decode,
    encode,
)
from townhall_sync.batch_size import BatchSize
from townhall_sync.errors import MessageMalformedError

IDS = [f"{number:064x}" for number in range(MAX_ENVELOPES + 1)]
HEAD = IDS[10].encode()
RECEIPT = wire.ReceiptBody(
    id=IDS[0], kiosk="k", journal_id="j", seq=1, status="accepted", reason="", server_time=1, index=0, checkpoint="",
    inclusion_proof=(),
)  # fmt: skip
REPLY = wire.PutReply(receipt=wire.SignedReceipt(body=RECEIPT, signature=""), lowest_missing_seq=2)


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=MAX_ENVELOPES))
def test_a_batch_travels_unchanged(contents: list[bytes]) -> None:
    sent = tuple(NamedEnvelope(name, content) for name, content in zip(IDS, contents, strict=False))
    assert decode(encode(sent)) == sent


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=3), st.data())
def test_a_damaged_batch_is_refused_or_another_one(contents: list[bytes], data: st.DataObject) -> None:
    body = encode([NamedEnvelope(name, content) for name, content in zip(IDS, contents, strict=False)])
    place = data.draw(st.integers(0, len(body) - 1))
    damaged = body[:place] + bytes([body[place] ^ data.draw(st.integers(1, 255))]) + body[place + 1 :]
    try:
        found = decode(damaged)
    except MessageMalformedError:
        return
    assert encode(found) == damaged  # one spelling: what was read is what came


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fall(junk: bytes) -> None:
    with pytest.raises(MessageMalformedError):
        decode(MAGIC + b"x" + junk)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(MAGIC, id="none"),
        pytest.param(MAGIC + HEAD + b" 0\n", id="an envelope of nothing"),
        pytest.param(MAGIC + HEAD + b" 01\nx", id="a leading zero"),
        pytest.param(MAGIC + HEAD + b" 2\nx", id="too short"),
        pytest.param(MAGIC + HEAD + b" 1\nxy", id="too long"),
        pytest.param(MAGIC + HEAD.upper() + b" 1\nx", id="an id in capitals"),
        pytest.param(MAGIC + HEAD + b" 1\r\nx", id="another line end"),
        pytest.param(MAGIC + (HEAD + b" 1\nx") * 2, id="an id twice"),
        pytest.param(encode([NamedEnvelope(each, b"x") for each in IDS]), id="one too many"),
        pytest.param(encode([NamedEnvelope(IDS[0], bytes(MAX_BATCH_BYTES))]), id="over the limit"),
        pytest.param(b"townhall-envelope/v1\n", id="an envelope"),
    ],
)
def test_every_other_spelling_is_refused(body: bytes) -> None:
    with pytest.raises(MessageMalformedError):
        decode(body)


@given(st.lists(st.integers(1, MAX_BATCH_BYTES + 100), min_size=1, max_size=8))
def test_what_a_load_takes_fits_into_a_batch(lengths: list[int]) -> None:
    load = BatchLoad()
    for name, length in zip(IDS, lengths, strict=False):
        envelope = NamedEnvelope(name, bytes(length))
        if load.has_room_for(envelope):
            load.add(envelope)
    assert load.envelopes
    if len(load.envelopes) > 1:  # one alone may be of any length: it goes by PUT
        assert decode(encode(load.envelopes)) == tuple(load.envelopes)


def test_a_load_takes_no_id_twice_and_not_one_more_than_may_come() -> None:
    load = BatchLoad()
    load.add(NamedEnvelope(IDS[0], b"x"))
    assert not load.has_room_for(NamedEnvelope(IDS[0], b"y"))
    for name in IDS[1:MAX_ENVELOPES]:
        assert load.has_room_for(NamedEnvelope(name, b"x"))
        load.add(NamedEnvelope(name, b"x"))
    assert not load.has_room_for(NamedEnvelope(IDS[MAX_ENVELOPES], b"x"))


@pytest.mark.parametrize(
    "result",
    [
        EnvelopeResult(id=IDS[0], status=201, reply=REPLY),
        EnvelopeResult(id=IDS[0], status=200, reply=REPLY),
        EnvelopeResult(id=IDS[0], status=409, code="TH-CENT-021"),
    ],
    ids=["new", "known", "refused"],
)
def test_a_result_travels_unchanged(result: EnvelopeResult) -> None:
    reply = BatchReply(results=(result,))
    assert wire.read(BatchReply, wire.to_json(reply)) == reply


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"status": 201}, id="no reply"),
        pytest.param({"status": 200, "code": "TH-CENT-021"}, id="a code for what is stored"),
        pytest.param({"status": 409}, id="no code"),
        pytest.param({"status": 409, "code": "no code"}, id="no such code"),
        pytest.param({"status": 409, "code": "TH-CENT-021", "reply": msgspec.to_builtins(REPLY)}, id="both"),
        pytest.param({"status": 503, "code": "TH-CENT-030"}, id="no status of an envelope"),
        pytest.param({"status": 409, "code": "TH-CENT-021", "id": "A" * 64}, id="no id"),
        pytest.param({"status": 409, "code": "TH-CENT-021", "more": 1}, id="an unknown member"),
    ],
)
def test_a_result_of_another_shape_is_refused(result: dict[str, object]) -> None:
    with pytest.raises(MessageMalformedError):
        wire.read(BatchReply, msgspec.json.encode({"results": [{"id": IDS[0]} | result]}))


def test_the_longest_reply_fits() -> None:
    body = msgspec.structs.replace(RECEIPT, checkpoint="x" * 4096, inclusion_proof=("f" * 64,) * 64, kiosk="k" * 64)
    reply = wire.PutReply(receipt=wire.SignedReceipt(body=body, signature="A" * 88), lowest_missing_seq=2**53 - 1)
    results = tuple(EnvelopeResult(id=name, status=201, reply=reply) for name in IDS[:MAX_ENVELOPES])
    assert len(wire.to_json(BatchReply(results=results))) <= MAX_REPLY_BYTES


def test_after_a_failure_requests_grow_from_one_again() -> None:
    size = BatchSize()
    assert size.most == MAX_ENVELOPES
    size.failed()
    grown = []
    for _request in range(9):
        grown.append(size.most)
        size.went_well()
    assert grown == [1, 2, 4, 8, 16, 32, 64, 128, 128]


def test_a_centre_without_batches_is_asked_again_only_when_told_to() -> None:
    size = BatchSize()
    size.refuse()
    size.went_well()
    assert size.most == 1
    size.ask_again()
    size.went_well()
    assert size.most == 2
