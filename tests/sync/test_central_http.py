# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP line against everything that may answer in the centre's place."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync import wire
from townhall_sync.central_http import (
    HttpCentralService,
    HttpEnrolmentService,
    HttpLimits,
    HttpLine,
)
from townhall_sync.central_service import RateLimited, Refusal, Refused, Stored, Unreachable
from townhall_sync.http_signatures import SignableRequest, verify_request

Result = TypeVar("Result")
ID = "ab" * 32
PROBLEM = "Content-Type: application/problem+json\r\n"


@dataclass
class RawServer:
    """Answers every request on loopback with the same bytes, and remembers what it was asked."""

    answer: bytes
    holds_open: bool = False
    requests: list[bytes] = field(default_factory=list)

    def run(self, work: Callable[[HttpLine], Awaitable[Result]], limits: HttpLimits | None = None) -> Result:
        async def run() -> Result:
            server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            line = HttpLine(f"http://127.0.0.1:{port}", None, limits or HttpLimits(step_s=5, exchange_s=5))
            try:
                return await work(line)
            finally:
                await line.close()
                server.close()
                await asyncio.sleep(0)

        return asyncio.run(run())

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")), 0
        )
        self.requests.append(head + await reader.readexactly(length))
        try:
            writer.write(self.answer)
            await writer.drain()
            if self.holds_open:
                await reader.read()
        except OSError:
            pass
        finally:
            writer.close()


def http(status: str, body: bytes = b"", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def service(line: HttpLine, key: FileDeviceKey) -> HttpCentralService:
    return HttpCentralService(line, key=key, key_id="kiosk-1", wall=lambda: 7, nonce=lambda: "nonce")


def put(server: RawServer, key: FileDeviceKey, limits: HttpLimits | None = None) -> object:
    return server.run(lambda line: service(line, key).put_envelope(ID, b"envelope"), limits)


SIGNED = wire.SignedReceipt(
    body=wire.ReceiptBody(
        id=ID, kiosk="k", journal_id="j", seq=1, status="accepted", reason="", server_time=1, index=0, checkpoint="",
        inclusion_proof=(),
    ),
    signature="",
)  # fmt: skip
REPLY = wire.PutReply(receipt=SIGNED, lowest_missing_seq=2)


@pytest.mark.parametrize("status", ["201 Created", "200 OK"])
def test_a_reply_of_the_protocol_is_stored(key: FileDeviceKey, status: str) -> None:
    assert put(RawServer(http(status, wire.to_json(REPLY))), key) == Stored(REPLY)


def test_the_request_is_signed_for_this_server_and_path(key: FileDeviceKey) -> None:
    server = RawServer(http("201 Created", wire.to_json(REPLY)))
    put(server, key)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    request_line, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in fields)}
    method, path, _version = request_line.split()
    request = SignableRequest(method, headers["host"], path, "", body)
    assert (method, path, body) == ("PUT", f"/v1/envelopes/{ID}", b"envelope")
    assert verify_request(request, headers, key.public_der).key_id == "kiosk-1"
    assert headers["content-type"] == wire.ENVELOPE_MEDIA_TYPE
    assert "cookie" not in headers


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 100,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        http("200 OK", b"<html>Welcome to the airport. Please log in.</html>", "Content-Type: text/html\r\n"),
        http("200 OK", b""),
        http("204 No Content"),
        http("301 Moved Permanently", headers="Location: http://portal.example/\r\n"),
        http("307 Temporary Redirect", headers="Location: /v1/elsewhere\r\n"),
        http("302 Found", headers="Location: //127.0.0.1:1/\r\n"),
        http("403 Forbidden", b"<html>blocked by policy</html>"),
        http("404 Not Found", b'{"detail":"Not Found"}', "Content-Type: application/json\r\n"),
        http("400 Bad Request", b"{}", PROBLEM),
        http("400 Bad Request", b'{"code":"XX","title":"t","status":400}', PROBLEM),
        http("400 Bad Request", b'{"code":"TH-CENT-002","title":"t","status":422}', PROBLEM),
        http("400 Bad Request", b'{"code":"TH-CENT-003","title":"t","status":400}', PROBLEM),
        http("407 Proxy Authentication Required"),
        http("408 Request Timeout", b'{"code":"TH-CENT-006","title":"t","status":408}', PROBLEM),
        http("500 Internal Server Error", b'{"code":"TH-CENT-000","title":"t","status":500}', PROBLEM),
        http("502 Bad Gateway"),
        http("503 Service Unavailable"),
        http("429 Too Many Requests", headers="Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"),
        http("200 OK", wire.to_json(REPLY) + b" " * 70_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
)
def test_what_is_not_plainly_the_centres_answer_is_unreachable(key: FileDeviceKey, answer: bytes) -> None:
    server = RawServer(answer)
    assert isinstance(put(server, key), Unreachable)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, Refusal.POISON),
        (404, Refusal.POISON),
        (413, Refusal.POISON),
        (415, Refusal.POISON),
        (401, Refusal.NOT_ENROLLED),
        (403, Refusal.NOT_ENROLLED),
        (409, Refusal.FORKED),
        (422, Refusal.FORKED),
    ],
)
def test_a_problem_with_a_code_is_a_refusal(key: FileDeviceKey, status: int, refusal: Refusal) -> None:
    body = wire.to_json(wire.Problem(code="TH-CENT-009", title="t", status=status))
    assert put(RawServer(http(f"{status} X", body, PROBLEM)), key) == Refused("TH-CENT-009", refusal)


@pytest.mark.parametrize(("stated", "seconds"), [("0", 0), ("120", 120), ("999999999", 24 * 60 * 60)])
def test_retry_after_is_obeyed_up_to_a_day(key: FileDeviceKey, stated: str, seconds: int) -> None:
    answer = http("503 Service Unavailable", headers=f"Retry-After: {stated}\r\n")
    assert put(RawServer(answer), key) == RateLimited(seconds)


def test_an_answer_without_end_is_cut_off(key: FileDeviceKey) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"a" * 10_000_000
    assert put(RawServer(endless), key) == Unreachable("too many bytes")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"])
def test_a_silent_server_is_given_up_on(key: FileDeviceKey, answer: bytes) -> None:
    limits = HttpLimits(step_s=0.05, exchange_s=0.1)
    assert isinstance(put(RawServer(answer, holds_open=True), key, limits), Unreachable)


def test_no_server_at_all_is_unreachable(key: FileDeviceKey) -> None:
    async def run() -> object:
        line = HttpLine("http://127.0.0.1:1", None)
        try:
            central = service(line, key)
            assert await central.checkpoint("n") is None
            assert await central.consistency(1, 2) is None
            return await central.put_envelope(ID, b"x")
        finally:
            await line.close()

    assert isinstance(asyncio.run(run()), Unreachable)


@pytest.mark.parametrize(
    "address", ["https://centre.example", "http://centre.example", "http://10.0.0.1:80", "ftp://x"]
)
def test_an_address_elsewhere_needs_to_be_told_whom_to_trust(address: str) -> None:
    with pytest.raises(ValueError, match="trust"):
        HttpLine(address, None)


def test_a_context_that_would_protect_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        HttpLine("http://127.0.0.1", ssl.create_default_context())


def certificate(directory: Path) -> Path:
    """A fresh self-signed certificate for this machine, with its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "centre")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = directory / f"{made.serial_number}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize("trusted", ["served", "another"])
def test_only_the_server_that_the_context_trusts_is_spoken_to(key: FileDeviceKey, tmp_path: Path, trusted: str) -> None:
    served, other = certificate(tmp_path), certificate(tmp_path)
    is_pinned = trusted == "served"
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(served)
    client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_tls.load_verify_locations(served if is_pinned else other)
    raw = RawServer(http("201 Created", wire.to_json(REPLY)))

    async def run() -> object:
        server = await asyncio.start_server(raw.connected, "127.0.0.1", 0, ssl=server_tls)
        line = HttpLine(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", client_tls)
        try:
            return await service(line, key).put_envelope(ID, b"envelope")
        finally:
            await line.close()
            server.close()
            await asyncio.sleep(0)

    outcome = asyncio.run(run())
    assert outcome == Stored(REPLY) if is_pinned else isinstance(outcome, Unreachable)
    assert len(raw.requests) == int(is_pinned)


def test_a_plain_server_behind_a_tls_line_is_unreachable(key: FileDeviceKey) -> None:
    async def run() -> object:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        line = HttpLine(f"https://127.0.0.1:{port}", ssl.create_default_context(), HttpLimits(step_s=1))
        try:
            return await service(line, key).put_envelope(ID, b"x")
        finally:
            await line.close()
            server.close()
            await asyncio.sleep(0)

    assert isinstance(asyncio.run(run()), Unreachable)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


def test_garbage_instead_of_log_or_enrolment_answers_is_no_answer(key: FileDeviceKey) -> None:
    async def work(line: HttpLine) -> tuple[object, object, object]:
        central, enrolment = service(line, key), HttpEnrolmentService(line)
        return await central.checkpoint("n"), await central.consistency(1, 2), await enrolment.enrolment(ID)

    checkpoint, consistency, enrolment = RawServer(http("200 OK", b"{}")).run(work)
    assert checkpoint is None
    assert consistency is None
    assert isinstance(enrolment, Unreachable)
