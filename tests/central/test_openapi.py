# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""schemathesis, an outside judge, calls a real server by its own OpenAPI document and finds nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from townhall_central import agencies
from townhall_central.agencies import AgencyFile
from townhall_central.app import create_app
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey
from townhall_central.tables import ENVELOPE
from townhall_crypto.recipients import generate_recipient_key
from townhall_sync import wire

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SECRET = 4711

OPERATIONS = {
    ("put", "/v1/envelopes/{envelope_id}"): {200, 201, 400, 401, 403, 405, 408, 409, 413, 415, 422, 500, 503},
    ("post", "/v1/envelopes"): {200, 400, 401, 403, 405, 408, 413, 415, 500, 503},
    ("get", "/v1/log/checkpoint"): {200, 400, 405, 500, 503},
    ("get", "/v1/log/consistency"): {200, 400, 404, 405, 500, 503},
    ("get", "/v1/log/restorations"): {200, 405, 500, 503},
    ("post", "/v1/enrolments"): {200, 201, 400, 403, 405, 408, 413, 415, 500, 503},
    ("get", "/v1/enrolments/{enrolment_id}"): {200, 400, 404, 405, 500, 503},
    ("get", "/v1/catalogue/{path}"): {200, 400, 401, 403, 404, 405, 500, 503},
    ("get", "/v1/inbox/{key_id}"): {200, 400, 401, 403, 405, 500, 503},
    ("get", "/v1/inbox/{key_id}/{envelope_id}"): {200, 400, 401, 403, 404, 405, 500, 503},
    ("put", "/v1/ballot-logs/{key_id}"): {204, 400, 401, 403, 405, 408, 413, 415, 500, 503},
    ("get", "/v1/ballot-logs"): {200, 400, 404, 405, 500, 503},
}


class Media(msgspec.Struct):
    """What a body is, in the document."""

    schema: dict[str, object]


class Described(msgspec.Struct):
    """One response, in the document."""

    description: str
    content: dict[str, Media] = {}
    headers: dict[str, object] = {}


class Operation(msgspec.Struct):
    """One method of one address."""

    responses: dict[int, Described]
    parameters: list[dict[str, object]] = []


class Components(msgspec.Struct):
    """The messages."""

    schemas: dict[str, dict[str, object]]


class Document(msgspec.Struct):
    """The part of an OpenAPI document that these tests look at."""

    openapi: str
    paths: dict[str, dict[str, Operation]]
    components: Components


@pytest.fixture
def document(centre: SimulatedCentre) -> Document:
    with TestClient(create_app(Settings(centre.path))) as client:
        return msgspec.json.decode(client.get("/openapi.json").content, type=Document)


def test_every_address_and_status_is_documented_and_no_other(document: Document) -> None:
    found = {
        (method, path): set(operation.responses)
        for path, methods in document.paths.items()
        for method, operation in methods.items()
    }
    assert found == OPERATIONS


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_failure_is_a_problem_with_its_codes(document: Document, method: str, path: str) -> None:
    for status, described in document.paths[path][method].responses.items():
        kinds = set(described.content)
        assert kinds == {"application/problem+json"} if status >= 400 else "application/problem+json" not in kinds
        if status >= 400:
            assert re.match(r"TH-CENT-[0-9]{3}: ", described.description)
        assert ("Retry-After" in described.headers) == (status == 503)
        assert ("Allow" in described.headers) == (status == 405)


def test_every_message_that_is_named_is_described(document: Document) -> None:
    named = {
        str(media.schema["$ref"]).rpartition("/")[2]
        for methods in document.paths.values()
        for operation in methods.values()
        for described in operation.responses.values()
        for media in described.content.values()
        if "$ref" in media.schema
    }
    assert named == {
        *("PutReply", "BatchReply", "CheckpointReply", "ConsistencyReply", "Restorations"),
        *("EnrolmentState", "Problem", "InboxPage", "BallotLogPart"),
    }
    assert named <= document.components.schemas.keys()


def test_signed_requests_say_which_header_fields_they_need(document: Document) -> None:
    for (method, path), statuses in OPERATIONS.items():
        needed = {each["name"] for each in document.paths[path][method].parameters if each["in"] == "header"}
        assert needed == ({"Content-Digest", "Signature-Input", "Signature"} if 401 in statuses else set())


def test_the_pages_that_load_scripts_from_elsewhere_are_off(centre: SimulatedCentre) -> None:
    with TestClient(create_app(Settings(centre.path))) as client:
        assert {client.get(path).status_code for path in ("/docs", "/redoc")} == {404}


@pytest.fixture
def recipient(centre: SimulatedCentre) -> bytes:
    """An agency and a kiosk with the keys that the hooks hold."""
    public = generate_recipient_key().public.to_bytes()
    key = MemoryDeviceKey(SECRET)
    stated = AgencyFile(
        name="Registry", recipient_key=wire.encode_base64(public), request_key=wire.encode_base64(key.public_der)
    )
    with centre.database.write() as connection:
        agencies.add(connection, msgspec.json.encode(stated), by="Ann", now=centre.now)
    centre.enrol("kiosk-1", [], key=key)
    return public


def test_schemathesis_finds_nothing(centre: SimulatedCentre, recipient: bytes, tmp_path: Path) -> None:
    serve = [sys.executable, "-m", "townhall_central", "serve", "--data", str(centre.path), "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        judge = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "-n", "25", "--seed", "7"]
        # The pattern of a catalogue path rejects most of what its generator makes up.
        judge.append("--suppress-health-check=filter_too_much")
        environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "TOWNHALL_TEST_RECIPIENT": recipient.hex()}
        ended = subprocess.run(
            [*judge, "--no-color"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        server.terminate()
    assert ended.returncode == 0, ascii(ended.stdout[-3000:] + ended.stderr[-2000:])
    assert "Tested: 12" in ended.stdout
    with centre.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(ENVELOPE)), "it got past the door"
