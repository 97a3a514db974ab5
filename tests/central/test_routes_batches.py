# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The address that takes batches as a hostile, a mistaken and an honest caller meets it, in one process."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from townhall_central.app import create_app
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk, batch_of
from townhall_sync import wire
from townhall_sync.batch import MAGIC, MAX_BATCH_BYTES, BatchReply, EnvelopeResult

HOST = "testserver"
URL = "/v1/envelopes"


@pytest.fixture
def client(centre: SimulatedCentre) -> Iterator[TestClient]:
    app = create_app(Settings(centre.path, clock=lambda: centre.now))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def post(client: TestClient, kiosk: SimulatedKiosk, body: bytes) -> tuple[int, bytes]:
    response = client.post(URL, content=body, headers=kiosk.post_headers(HOST, body))
    return response.status_code, response.content


def problem(content: bytes) -> str:
    return wire.read(wire.Problem, content).code


def results(content: bytes) -> tuple[EnvelopeResult, ...]:
    return wire.read(BatchReply, content).results


def test_a_batch_is_answered_in_its_order(client: TestClient, kiosk: SimulatedKiosk) -> None:
    chain = kiosk.chain(3)
    status, content = post(client, kiosk, batch_of(chain))
    assert status == 200
    assert [(each.id, each.status) for each in results(content)] == [(each.header.envelope_id, 201) for each in chain]
    again = results(post(client, kiosk, batch_of(chain[::-1]))[1])
    assert [each.status for each in again] == [200] * 3
    assert [each.reply for each in again] == [each.reply for each in results(content)][::-1]


def test_a_refused_envelope_has_the_status_and_code_of_a_put(client: TestClient, kiosk: SimulatedKiosk) -> None:
    first, clone, second = kiosk.envelope(1), kiosk.envelope(1), kiosk.envelope(2)
    _status, content = post(client, kiosk, batch_of([first, clone, second]))
    assert [(each.status, each.code) for each in results(content)] == [(201, ""), (422, "TH-CENT-022"), (201, "")]


def test_an_unsigned_batch_is_refused(client: TestClient) -> None:
    response = client.post(URL, content=MAGIC)
    assert (response.status_code, problem(response.content)) == (401, "TH-CENT-011")


def test_a_batch_signed_by_another_key_is_refused_and_not_stored(client: TestClient, kiosk: SimulatedKiosk) -> None:
    body, own = batch_of(kiosk.chain(2)), kiosk.key
    kiosk.key = MemoryDeviceKey()
    status, content = post(client, kiosk, body)
    assert (status, problem(content)) == (401, "TH-CENT-011")
    kiosk.key = own
    assert [each.status for each in results(post(client, kiosk, body)[1])] == [201, 201]


def test_a_kiosk_that_nobody_approved_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    body = batch_of(kiosk.chain(1))
    kiosk.name = "kiosk-9"
    status, content = post(client, kiosk, body)
    assert (status, problem(content)) == (403, "TH-CENT-012")


@pytest.mark.parametrize("body", [b"", MAGIC, MAGIC + b"x"], ids=["nothing", "none", "junk"])
def test_what_is_no_batch_is_malformed(client: TestClient, kiosk: SimulatedKiosk, body: bytes) -> None:
    status, content = post(client, kiosk, body)
    assert (status, problem(content)) == (400, "TH-CENT-001")


def test_a_batch_that_changed_on_the_way_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    body = batch_of(kiosk.chain(2))
    response = client.post(URL, content=body[:-1] + b"\x00", headers=kiosk.post_headers(HOST, body))
    assert (response.status_code, problem(response.content)) == (400, "TH-CENT-003")


def test_a_batch_over_the_limit_is_too_large(client: TestClient, kiosk: SimulatedKiosk) -> None:
    status, content = post(client, kiosk, bytes(MAX_BATCH_BYTES + 1))
    assert (status, problem(content)) == (413, "TH-CENT-007")


def test_another_content_type_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    body = batch_of(kiosk.chain(1))
    headers = kiosk.post_headers(HOST, body) | {"Content-Type": wire.ENVELOPE_MEDIA_TYPE}
    response = client.post(URL, content=body, headers=headers)
    assert (response.status_code, problem(response.content)) == (415, "TH-CENT-008")


def test_a_put_signature_is_none_for_a_batch(client: TestClient, kiosk: SimulatedKiosk) -> None:
    chain = kiosk.chain(1)
    body, identifier = batch_of(chain), chain[0].header.envelope_id
    headers = kiosk.put_headers(HOST, identifier, body) | {
        "Content-Type": kiosk.post_headers(HOST, b"")["Content-Type"]
    }
    response = client.post(URL, content=body, headers=headers)
    assert (response.status_code, problem(response.content)) == (401, "TH-CENT-011")
