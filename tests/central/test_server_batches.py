# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Batches before real workers on loopback that are killed, raced and cut off: every envelope counts exactly once."""

import http.client
import random
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from townhall_central import ingest
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk, batch_of
from townhall_central.simulation.workers import Worker, Workers
from townhall_central.tables import ENVELOPE
from townhall_crypto.envelope import Envelope
from townhall_sync import receipt, wire
from townhall_sync.batch import MAX_REPLY_BYTES, BatchReply, EnvelopeResult

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def post(worker: Worker, kiosk: SimulatedKiosk, envelopes: Sequence[Envelope]) -> tuple[EnvelopeResult, ...]:
    body = batch_of(envelopes)
    connection = http.client.HTTPConnection(HOST, worker.port, timeout=30)
    try:
        connection.request("POST", "/v1/envelopes", body, kiosk.post_headers(worker.authority, body))
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    assert response.status == 200, content
    return wire.read(BatchReply, content, limit=MAX_REPLY_BYTES).results


def check(centre: SimulatedCentre, envelope: Envelope, reply: wire.PutReply | None) -> wire.SignedReceipt:
    assert reply is not None
    header = envelope.header
    expected = receipt.ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
    return receipt.verify_receipt(reply.receipt, expected, receipt.CentreKeys.from_root(centre.keys.root_bytes)).signed


def stored(centre: SimulatedCentre) -> list[str]:
    """The ids in the log's order, which has neither gap nor repeat."""
    with centre.database.read() as connection:
        rows = connection.execute(select(ENVELOPE.c.log_index, ENVELOPE.c.id).order_by(ENVELOPE.c.log_index)).all()
    assert [index for index, _ in rows] == list(range(len(rows)))
    return [envelope_id for _, envelope_id in rows]


def test_a_worker_killed_around_each_database_step_stores_the_whole_batch_once_or_nothing(
    workers: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    deaths = 0
    for step in range(1, 200):
        batch = [kiosk.envelope(3 * step + number) for number in (-2, -1, 0)]
        ids = [each.header.envelope_id for each in batch]
        before = stored(centre)
        worker = workers.start(centre, deadly_step=step)
        try:
            post(worker, kiosk, batch)
        except (OSError, http.client.HTTPException):
            deaths += 1
        worker.kill()
        worker.wait()
        assert stored(centre) in (before, before + ids)
        for envelope, outcome in zip(batch, centre.put_all(kiosk, batch), strict=True):  # the kiosk asks again
            assert isinstance(outcome, ingest.Stored)
            check(centre, envelope, outcome.reply)
            assert outcome.reply.lowest_missing_seq == 3 * step + 1
        assert stored(centre) == before + ids
        if deaths < step:
            break
    assert deaths > 15


def test_a_batch_cut_off_or_answered_into_the_void_is_stored_once_or_not(
    workers: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    chosen = random.Random(7)  # noqa: S311 - where to cut is no secret
    ids: list[str] = []
    for number in range(1, 7):
        batch = [kiosk.envelope(2 * number - 1), kiosk.envelope(2 * number)]
        before, ids = ids, ids + [each.header.envelope_id for each in batch]
        body = batch_of(batch)
        with workers.running(centre) as worker, socket.create_connection((HOST, worker.port)) as line:
            fields = kiosk.post_headers(worker.authority, body) | {
                "Host": worker.authority,
                "Content-Length": str(len(body)),
            }
            head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            request = f"POST /v1/envelopes HTTP/1.1\r\n{head}\r\n".encode() + body
            line.sendall(request if number % 2 == 0 else request[: chosen.randrange(len(request))])
            worker.kill()
        assert stored(centre) in (before, ids)
        assert all(isinstance(outcome, ingest.Stored) for outcome in centre.put_all(kiosk, batch))
        assert stored(centre) == ids


def test_workers_racing_with_overlapping_batches_store_each_envelope_once(
    workers: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelopes = {each.header.envelope_id: each for each in kiosk.chain(24)}
    chain = list(envelopes.values())
    results: list[EnvelopeResult] = []

    def send(worker: Worker, batches: list[list[Envelope]]) -> None:
        for batch in batches:
            results.extend(post(worker, kiosk, batch))

    with workers.running(centre) as one, workers.running(centre) as other:
        forward = [chain[start : start + 6] for start in range(0, 24, 6)]
        backward = [chain[start : start + 8][::-1] for start in (16, 8, 0)]
        threads = [threading.Thread(target=send, args=each) for each in ((one, forward), (other, backward))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(stored(centre)) == sorted(envelopes)
    assert sum(each.status == 201 for each in results) == sum(each.status == 200 for each in results) == 24
    receipts = {name: {wire.to_json(check(centre, envelopes[name], each.reply)) for each in results if each.id == name}
                for name in envelopes}  # fmt: skip
    assert {len(each) for each in receipts.values()} == {1}, "both workers gave the same receipt"


def test_many_kiosks_with_batches_at_once_leave_a_dense_log(
    workers: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    kiosks = [kiosk, *(centre.enrol(f"kiosk-{number}", kiosk.recipients) for number in range(2, 6))]

    def send(worker: Worker, each: SimulatedKiosk) -> None:
        chain = each.chain(12)
        for start in (8, 0, 4):
            post(worker, each, chain[start : start + 4])

    with workers.running(centre) as worker:
        threads = [threading.Thread(target=send, args=(worker, each)) for each in kiosks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(stored(centre)) == 60
