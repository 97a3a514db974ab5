# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre as a real server on loopback: killed, raced, cut off, restarted. Every envelope counts exactly once."""

import http.client
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from townhall_central import cli, ingest
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_central.simulation.workers import Worker, Workers, port_of
from townhall_central.tables import ENVELOPE
from townhall_crypto.envelope import Envelope
from townhall_sync import receipt, wire

HOST = "127.0.0.1"
ON_BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="module")
def foundry() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def command(centre: SimulatedCentre) -> list[str]:
    return [sys.executable, "-m", "townhall_central", "serve", "--data", str(centre.path), "--port", "0"]


def put(server: Worker, kiosk: SimulatedKiosk, envelope: Envelope) -> tuple[int, wire.PutReply]:
    body, identifier = envelope.to_bytes(), envelope.header.envelope_id
    connection = http.client.HTTPConnection(HOST, server.port, timeout=30)
    try:
        headers = kiosk.put_headers(server.authority, identifier, body)
        connection.request("PUT", f"/v1/envelopes/{identifier}", body, headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    assert response.status in {200, 201}, content
    return response.status, wire.read(wire.PutReply, content)


def raw_request(server: Worker, kiosk: SimulatedKiosk, envelope: Envelope) -> bytes:
    body, identifier = envelope.to_bytes(), envelope.header.envelope_id
    fields = kiosk.put_headers(server.authority, identifier, body) | {
        "Host": server.authority,
        "Content-Length": str(len(body)),
    }
    lines = [f"PUT /v1/envelopes/{identifier} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def stored_ids(centre: SimulatedCentre) -> dict[str, bytes]:
    with centre.database.read() as connection:
        rows = connection.execute(select(ENVELOPE.c.id, ENVELOPE.c.bytes))
        return dict(rows.all())


def assert_log_is_whole(centre: SimulatedCentre, expected: int) -> None:
    with centre.database.read() as connection:
        assert sorted(connection.scalars(select(ENVELOPE.c.log_index))) == list(range(expected))


def check_receipt(centre: SimulatedCentre, envelope: Envelope, reply: wire.PutReply) -> None:
    header = envelope.header
    expected = receipt.ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
    receipt.verify_receipt(reply.receipt, expected, receipt.CentreKeys.from_root(centre.keys.root_bytes))


@ON_BOTH
def test_a_worker_killed_around_each_database_step_stores_exactly_once(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    deaths = 0
    for step in range(1, 200):
        envelope = kiosk.envelope(step)
        server = foundry.start(centre, deadly_step=step)
        try:
            put(server, kiosk, envelope)
        except (OSError, http.client.HTTPException):
            deaths += 1
        server.kill()
        server.wait()
        outcome = centre.put(kiosk, envelope)  # the kiosk asks again
        assert isinstance(outcome, ingest.Stored)
        check_receipt(centre, envelope, outcome.reply)
        assert outcome.reply.lowest_missing_seq == step + 1
        assert_log_is_whole(centre, step)
        if deaths < step:
            break
    assert deaths > 15


@ON_BOTH
def test_a_worker_killed_mid_request_stores_all_or_nothing(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    chosen = random.Random(7)  # noqa: S311 - where to cut is no secret
    sent: list[Envelope] = []
    for number in range(1, 7):
        envelope = kiosk.envelope(number)
        sent.append(envelope)
        with foundry.running(centre) as server, socket.create_connection((HOST, server.port)) as line:
            request = raw_request(server, kiosk, envelope)
            whole = number % 2 == 0
            line.sendall(request if whole else request[: chosen.randrange(len(request))])
            server.kill()
        assert set(stored_ids(centre)) <= {each.header.envelope_id for each in sent}
        outcome = centre.put(kiosk, envelope)
        assert isinstance(outcome, ingest.Stored)
        assert outcome.is_new or whole
    assert stored_ids(centre) == {each.header.envelope_id: each.to_bytes() for each in sent}
    assert_log_is_whole(centre, len(sent))


@ON_BOTH
def test_a_restarted_worker_gives_the_first_receipt(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelopes = kiosk.chain(3)
    with foundry.running(centre) as server:
        first = [put(server, kiosk, envelope) for envelope in envelopes]
    with foundry.running(centre) as server:
        again = [put(server, kiosk, envelope) for envelope in envelopes]
    assert [status for status, _ in first] == [201] * 3
    assert [status for status, _ in again] == [200] * 3
    assert [reply.receipt for _, reply in again] == [reply.receipt for _, reply in first]
    for envelope, (_, reply) in zip(envelopes, first, strict=True):
        check_receipt(centre, envelope, reply)


def test_a_request_cut_at_any_byte_stores_nothing(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelope = kiosk.envelope(1)
    with foundry.running(centre) as server:
        request = raw_request(server, kiosk, envelope)
        body_start = request.index(b"\r\n\r\n") + 4
        offsets = {*range(0, body_start, 41), body_start, *range(body_start, len(request), 397), len(request) - 1}
        for offset in sorted(offsets):
            with socket.create_connection((HOST, server.port)) as line:
                line.sendall(request[:offset])
        assert stored_ids(centre) == {}
        assert put(server, kiosk, envelope)[0] == 201
    assert_log_is_whole(centre, 1)


@ON_BOTH
def test_two_workers_racing_on_one_database_store_each_envelope_once(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelopes = kiosk.chain(12)
    outcomes: dict[tuple[str, int], tuple[int, wire.PutReply]] = {}

    def send(server: Worker, order: list[Envelope]) -> None:
        for envelope in order:
            outcomes[envelope.header.envelope_id, server.port] = put(server, kiosk, envelope)

    with foundry.running(centre) as one, foundry.running(centre) as other:
        threads = [threading.Thread(target=send, args=(server, envelopes)) for server in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for envelope in envelopes:
        (status, reply), (other_status, other_reply) = (
            outcomes[envelope.header.envelope_id, server.port] for server in (one, other)
        )
        assert {status, other_status} == {200, 201}
        assert reply.receipt == other_reply.receipt
        check_receipt(centre, envelope, reply)
    assert_log_is_whole(centre, len(envelopes))


@ON_BOTH
def test_many_kiosks_at_once_leave_a_dense_log(
    foundry: Workers, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    kiosks = [kiosk, *(centre.enrol(f"kiosk-{number}", kiosk.recipients) for number in range(2, 7))]

    def send(server: Worker, each: SimulatedKiosk) -> None:
        for envelope in reversed(each.chain(5)):
            put(server, each, envelope)

    with foundry.running(centre) as server:
        threads = [threading.Thread(target=send, args=(server, each)) for each in kiosks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert_log_is_whole(centre, 30)
    with centre.database.read() as connection:
        assert connection.scalar(select(func.count(ENVELOPE.c.kiosk.distinct()))) == 6


def test_the_command_tells_its_port_and_ends_on_sigterm(centre: SimulatedCentre) -> None:
    with subprocess.Popen(command(centre), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with socket.create_connection((HOST, port_of(process.stdout.readline().strip()))):
            pass
        process.terminate()
        assert process.wait(timeout=20) in {0, -signal.SIGTERM}
        assert process.stderr.read() == ""


@pytest.mark.parametrize("damage", ["root.json", "keys/receipt.pem", "central.db"])
def test_a_worker_without_a_whole_directory_does_not_start(
    centre: SimulatedCentre, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (centre.path / damage).rename(centre.path / "gone")
    assert cli.main(command(centre)[3:]) == 1
    assert capsys.readouterr().err.startswith("TH-CENT-041")
