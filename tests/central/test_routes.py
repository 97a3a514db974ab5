# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses as a hostile, a mistaken and an honest caller meets them, in one process."""

import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from townhall_central.agencies import InboxPage
from townhall_central.agency_keys import SigningKey
from townhall_central.app import create_app
from townhall_central.inbox.home import InboxHome
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk, enrolment_request
from townhall_crypto.envelope import MAX_ENVELOPE_BYTES, Envelope, sign_envelope
from townhall_sync import receipt, wire
from townhall_sync.http_signatures import SignableRequest, sign_request

HOST = "testserver"


@pytest.fixture
def client(centre: SimulatedCentre) -> Iterator[TestClient]:
    app = create_app(Settings(centre.path, clock=lambda: centre.now))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def put(client: TestClient, kiosk: SimulatedKiosk, envelope: Envelope) -> tuple[int, bytes]:
    body, identifier = envelope.to_bytes(), envelope.header.envelope_id
    headers = kiosk.put_headers(HOST, identifier, body)
    response = client.put(f"/v1/envelopes/{identifier}", content=body, headers=headers)
    return response.status_code, response.content


def problem(content: bytes) -> str:
    return wire.read(wire.Problem, content).code


def test_an_unsigned_request_is_refused(client: TestClient) -> None:
    response = client.put("/v1/envelopes/" + "a" * 64, content=b"x")
    assert (response.status_code, problem(response.content)) == (401, "TH-CENT-011")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == "Signature"


def test_a_kiosk_that_nobody_approved_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    envelope = kiosk.envelope(1)
    kiosk.name = "kiosk-9"
    status, content = put(client, kiosk, envelope)
    assert (status, problem(content)) == (403, "TH-CENT-012")


def test_a_request_signed_by_another_key_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    kiosk.key = MemoryDeviceKey()
    status, content = put(client, kiosk, kiosk.envelope(1))
    assert (status, problem(content)) == (401, "TH-CENT-011")


def test_a_forged_envelope_of_a_known_kiosk_is_quarantined(client: TestClient, kiosk: SimulatedKiosk) -> None:
    sealed = kiosk.envelope(1).sealed
    status, content = put(client, kiosk, sign_envelope(kiosk.header(sealed, 1), sealed, MemoryDeviceKey()))
    reply = wire.read(wire.PutReply, content)
    assert (status, reply.receipt.body.status, reply.lowest_missing_seq) == (201, "quarantined", 2)


def test_a_body_that_changed_on_the_way_is_refused_and_not_stored(client: TestClient, kiosk: SimulatedKiosk) -> None:
    envelope = kiosk.envelope(1)
    body, identifier = envelope.to_bytes(), envelope.header.envelope_id
    headers = kiosk.put_headers(HOST, identifier, body)
    response = client.put(f"/v1/envelopes/{identifier}", content=body[:-1] + b"\x00", headers=headers)
    assert (response.status_code, problem(response.content)) == (400, "TH-CENT-003")
    assert put(client, kiosk, envelope)[0] == 201


def test_another_content_type_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    headers = kiosk.put_headers(HOST, "a" * 64, b"x") | {"Content-Type": "application/json"}
    response = client.put("/v1/envelopes/" + "a" * 64, content=b"x", headers=headers)
    assert (response.status_code, problem(response.content)) == (415, "TH-CENT-008")


def test_a_body_longer_than_any_envelope_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    headers = kiosk.put_headers(HOST, "a" * 64, b"")
    response = client.put("/v1/envelopes/" + "a" * 64, content=bytes(MAX_ENVELOPE_BYTES + 1), headers=headers)
    assert (response.status_code, problem(response.content)) == (413, "TH-CENT-007")


def test_a_body_that_hides_its_length_is_refused_when_it_is_too_long(client: TestClient, kiosk: SimulatedKiosk) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(19):
            yield bytes(1024 * 1024)

    headers = kiosk.put_headers(HOST, "a" * 64, b"")
    response = client.put("/v1/envelopes/" + "a" * 64, content=chunks(), headers=headers)
    assert (response.status_code, problem(response.content)) == (413, "TH-CENT-007")


def test_a_body_that_is_no_envelope_is_refused(client: TestClient, kiosk: SimulatedKiosk) -> None:
    headers = kiosk.put_headers(HOST, "a" * 64, b"x")
    response = client.put("/v1/envelopes/" + "a" * 64, content=b"x", headers=headers)
    assert (response.status_code, problem(response.content)) == (400, "TH-CENT-002")


@pytest.mark.parametrize("identifier", ["A" * 64, "a" * 63, "..%2f..", "é"])
def test_an_impossible_id_is_refused(client: TestClient, identifier: str) -> None:
    response = client.put(f"/v1/envelopes/{identifier}", content=b"x")
    assert response.status_code in {400, 404}
    assert problem(response.content).startswith("TH-CENT-")


def test_no_request_is_refused_for_its_clock(client: TestClient, kiosk: SimulatedKiosk) -> None:
    kiosk.wall = 17
    assert put(client, kiosk, kiosk.envelope(1))[0] == 201


def test_stored_repeated_cloned_contradicted(client: TestClient, kiosk: SimulatedKiosk) -> None:
    first, second = kiosk.chain(2)
    status, content = put(client, kiosk, first)
    assert status == 201
    assert put(client, kiosk, first) == (200, content)
    assert put(client, kiosk, second)[0] == 201
    assert put(client, kiosk, kiosk.envelope(1, b"clone"))[0] == 422
    status, content = put(client, kiosk, kiosk.envelope(3, prev="b" * 64))
    assert (status, problem(content)) == (409, "TH-CENT-021")


def test_a_checkpoint_is_signed_with_the_askers_nonce(client: TestClient, centre: SimulatedCentre) -> None:
    nonce = os.urandom(8).hex()
    response = client.get("/v1/log/checkpoint", params={"nonce": nonce})
    keys = receipt.CentreKeys.from_root(centre.keys.root_bytes)
    fresh = receipt.verify_fresh_checkpoint(wire.read(wire.CheckpointReply, response.content), nonce, keys)
    assert (fresh.checkpoint.size, fresh.server_time) == (0, centre.now)


@pytest.mark.parametrize("query", ["", "nonce=", "nonce=a%20b", "nonce=" + "a" * 65])
def test_a_checkpoint_without_a_nonce_is_not_given(client: TestClient, query: str) -> None:
    response = client.get(f"/v1/log/checkpoint?{query}")
    assert (response.status_code, problem(response.content)) == (400, "TH-CENT-001")


def test_the_log_proves_that_it_grew(client: TestClient, kiosk: SimulatedKiosk, centre: SimulatedCentre) -> None:
    keys = receipt.CentreKeys.from_root(centre.keys.root_bytes)
    points = []
    for envelope in kiosk.chain(7):
        put(client, kiosk, envelope)
        reply = wire.read(wire.CheckpointReply, client.get("/v1/log/checkpoint?nonce=n").content)
        points.append(receipt.verify_fresh_checkpoint(reply, "n", keys).checkpoint)
    for earlier in points:
        response = client.get("/v1/log/consistency", params={"first": earlier.size, "second": 7})
        receipt.check_continues(earlier, points[-1], wire.read(wire.ConsistencyReply, response.content))


@pytest.mark.parametrize(("first", "second", "status"), [(0, 0, 200), (1, 0, 404), (0, 1, 404), (-1, 0, 400)])
def test_only_sizes_that_the_log_had_have_proofs(client: TestClient, first: int, second: int, status: int) -> None:
    assert client.get(f"/v1/log/consistency?first={first}&second={second}").status_code == status


def test_a_kiosk_enrols_over_http(client: TestClient, centre: SimulatedCentre) -> None:
    key, code = MemoryDeviceKey(), centre.code("kiosk-7")
    body = wire.to_json(enrolment_request("kiosk-7", key, code.secret))
    asked = client.post("/v1/enrolments", content=body, headers={"Content-Type": "application/json"})
    state = wire.read(wire.EnrolmentState, asked.content)
    assert (asked.status_code, state.state) == (201, "pending")
    assert asked.headers["location"] == f"/v1/enrolments/{wire.enrolment_id(key.public_der)}"
    centre.approve(state.id)
    again = client.post("/v1/enrolments", content=body, headers={"Content-Type": "application/json"})
    found = client.get(asked.headers["location"])
    assert (again.status_code, again.content) == (200, found.content)
    answer = wire.read(wire.EnrolmentState, found.content).answer
    assert answer is not None
    assert wire.decode_base64(answer.root) == centre.keys.root_bytes


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 60_000])
def test_a_malformed_enrolment_request_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/v1/enrolments", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, problem(response.content)) == (400, "TH-CENT-001")


def test_a_wrong_proof_is_refused(client: TestClient, centre: SimulatedCentre) -> None:
    centre.code("kiosk-7")
    body = wire.to_json(enrolment_request("kiosk-7", MemoryDeviceKey(), bytes(16)))
    response = client.post("/v1/enrolments", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, problem(response.content)) == (403, "TH-CENT-015")


def ask_inbox(client: TestClient, home: InboxHome, target: str, key_id: str | None = None) -> tuple[int, bytes]:
    path, _, query = target.partition("?")
    request = SignableRequest("GET", HOST, path, query, b"")
    headers = sign_request(request, home.request_key, key_id=key_id or home.key_id, created=1, nonce="n")
    response = client.get(target, headers=headers)
    return response.status_code, response.content


def test_an_agency_reads_what_came_for_it(client: TestClient, kiosk: SimulatedKiosk, inbox: InboxHome) -> None:
    envelopes = kiosk.chain(3)
    for envelope in envelopes:
        put(client, kiosk, envelope)
    status, content = ask_inbox(client, inbox, f"/v1/inbox/{inbox.key_id}?after=0")
    page = wire.read(InboxPage, content)
    assert status == 200
    assert page.is_last
    assert [item.id for item in page.items] == [each.header.envelope_id for each in envelopes[1:]]
    found = ask_inbox(client, inbox, f"/v1/inbox/{inbox.key_id}/{page.items[0].id}")
    assert found == (200, envelopes[1].to_bytes())


def test_nobody_else_reads_an_agencys_inbox(client: TestClient, kiosk: SimulatedKiosk, inbox: InboxHome) -> None:
    put(client, kiosk, kiosk.envelope(1))
    target = f"/v1/inbox/{inbox.key_id}"
    assert client.get(target).status_code == 401
    assert ask_inbox(client, inbox, target, key_id="c" * 64)[0] == 403
    assert ask_inbox(client, inbox, "/v1/inbox/" + "c" * 64)[0] == 403
    stranger = InboxHome(
        inbox.settings,
        inbox.recipient_key,
        SigningKey(ec.generate_private_key(ec.SECP256R1())),
        inbox.device_ca,
        inbox.database,
    )
    assert ask_inbox(client, stranger, target)[0] == 401


def test_an_agency_gets_only_what_was_sealed_to_it(client: TestClient, inbox: InboxHome) -> None:
    status, content = ask_inbox(client, inbox, f"/v1/inbox/{inbox.key_id}/" + "d" * 64)
    assert (status, problem(content)) == (404, "TH-CENT-004")


def test_an_unknown_method_is_told_the_known_ones(client: TestClient) -> None:
    response = client.delete("/v1/log/checkpoint")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")


def test_an_unforeseen_failure_says_nothing_of_the_inside(client: TestClient, centre: SimulatedCentre) -> None:
    with centre.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE enrolment")
    response = client.get("/v1/enrolments/" + "a" * 64)
    assert response.status_code in {500, 503}
    assert b"Traceback" not in response.content
    assert b"enrolment" not in response.content
