# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inbox's line against servers that are not, or no longer, a centre: all of it is an error, nothing is believed."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central.agencies import PAGE, InboxItem, InboxPage
from townhall_central.agency_keys import SigningKey
from townhall_central.centre_line import CentreLine
from townhall_central.errors import CentreRefusedError, CentreUnreachableError
from townhall_sync.http_signatures import SignableRequest, verify_request

KEY_ID = "a" * 64
ENVELOPE = "b" * 64
Answer = Callable[[BaseHTTPRequestHandler], None]


class Centre:
    """A server on loopback that answers every GET with what a test gave it."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler: reply(handler, 200, b"{}")
        self.seen: list[tuple[str, dict[str, str]]] = []
        centre = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                centre.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                centre.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def centre() -> Iterator[Centre]:
    made = Centre()
    yield made
    made.close()


@pytest.fixture
def key() -> SigningKey:
    return SigningKey(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def line(centre: Centre, key: SigningKey) -> Iterator[CentreLine]:
    with CentreLine(f"http://{centre.authority}", KEY_ID, key) as made:
        yield made


def test_each_request_is_signed_by_the_agency(centre: Centre, line: CentreLine, key: SigningKey) -> None:
    centre.answer = lambda handler: reply(handler, 200, msgspec.json.encode(InboxPage(epoch=0, items=[], is_last=True)))
    assert line.page(41).is_last
    (target, headers), *_ = centre.seen
    path, _, query = target.partition("?")
    assert (path, query) == (f"/v1/inbox/{KEY_ID}", "after=41")
    signed = verify_request(SignableRequest("GET", centre.authority, path, query, b""), headers, key.public_der)
    assert signed.key_id == KEY_ID


def test_every_request_has_its_own_nonce(centre: Centre, line: CentreLine) -> None:
    centre.answer = lambda handler: reply(handler, 200, b"bytes")
    for _ in range(3):
        line.envelope(ENVELOPE)
    assert len({headers["signature-input"] for _, headers in centre.seen}) == 3


def test_an_envelope_is_returned_as_it_came(centre: Centre, line: CentreLine) -> None:
    centre.answer = lambda handler: reply(handler, 200, b"\x00\xff" * 1000)
    assert line.envelope(ENVELOPE) == b"\x00\xff" * 1000
    assert centre.seen[0][0] == f"/v1/inbox/{KEY_ID}/{ENVELOPE}"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
def test_a_centre_in_trouble_is_asked_again_later(centre: Centre, line: CentreLine, status: int) -> None:
    centre.answer = lambda handler: reply(handler, status, b"")
    with pytest.raises(CentreUnreachableError):
        line.page(-1)


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 401, 403, 404, 451])
def test_any_other_answer_is_a_refusal(centre: Centre, line: CentreLine, status: int) -> None:
    centre.answer = lambda handler: reply(handler, status, b"", Location="http://127.0.0.1:9/")
    with pytest.raises(CentreRefusedError):
        line.page(-1)
    assert len(centre.seen) == 1, "no redirect is followed"


def too_many() -> bytes:
    item = InboxItem(index=0, id="c" * 64, server_time=0, certificate="")
    return msgspec.json.encode({"items": [item] * (PAGE + 1), "is_last": True})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>captive portal</html>",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"items":[],"is_last":true,"more":1}',
        b'{"items":[{"index":-1,"id":"c","server_time":0,"certificate":""}],"is_last":true}',
        too_many(),
    ],
)
def test_what_is_no_page_is_refused(centre: Centre, line: CentreLine, body: bytes) -> None:
    centre.answer = lambda handler: reply(handler, 200, body)
    with pytest.raises(CentreRefusedError):
        line.page(-1)


def test_an_endless_page_is_cut_off(centre: Centre, line: CentreLine) -> None:
    centre.answer = lambda handler: reply(handler, 200, b" " * (1024 * 1024))
    with pytest.raises(CentreRefusedError):
        line.page(-1)


def test_an_answer_cut_in_its_middle_is_no_answer(centre: Centre, line: CentreLine) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"only this")
        handler.close_connection = True

    centre.answer = cut
    with pytest.raises(CentreUnreachableError):
        line.envelope(ENVELOPE)


def test_nobody_there_is_no_answer(key: SigningKey) -> None:
    with CentreLine("http://127.0.0.1:9", KEY_ID, key) as line, pytest.raises(CentreUnreachableError):
        line.page(-1)
