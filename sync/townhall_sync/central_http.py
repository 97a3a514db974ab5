# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre over HTTP: the only file that knows httpx2.

Whatever comes back that is not plainly the centre's answer (a captive portal's page, a redirect, a cut connection, too
many bytes) is ``Unreachable``: nothing is concluded from it. TLS and whom it trusts are the caller's ``SSLContext``.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx2
import msgspec

from townhall_sync.central_service import (
    Answered,
    EnrolmentOutcome,
    PutOutcome,
    RateLimited,
    Refusal,
    Refused,
    Stored,
    Unreachable,
)
from townhall_sync.errors import MessageMalformedError
from townhall_sync.http_signatures import RequestKey, SignableRequest, sign_request
from townhall_sync.wire import (
    ENVELOPE_MEDIA_TYPE,
    MAX_MESSAGE_BYTES,
    CheckpointReply,
    ConsistencyReply,
    EnrolmentRequest,
    EnrolmentState,
    Problem,
    PutReply,
    read,
    to_json,
)

_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_MAX_RETRY_AFTER_S: Final = 24 * 60 * 60
_DIGEST_MISMATCH: Final = "TH-CENT-003"
"""The body was damaged on its way: not the envelope's fault."""

_REFUSALS: Final = {
    400: Refusal.POISON,
    401: Refusal.NOT_ENROLLED,
    403: Refusal.NOT_ENROLLED,
    404: Refusal.POISON,
    405: Refusal.POISON,
    409: Refusal.FORKED,
    413: Refusal.POISON,
    415: Refusal.POISON,
    422: Refusal.FORKED,
}

Message = TypeVar("Message", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long to wait: for each step of the connection, and for a whole exchange (plus the body at ``slowest``)."""

    step_s: float = 20.0
    exchange_s: float = 60.0
    slowest_bytes_per_s: int = 4096


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer within the size limit; nothing of it is believed yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpLine:
    """Requests to one base address, without redirects, proxies of the environment, or unlimited answers."""

    def __init__(self, base_url: str, tls: ssl.SSLContext | None, limits: HttpLimits | None = None) -> None:
        """``tls`` says whom to trust; None is for plain HTTP on this machine (tests, demo).

        Raises:
            ValueError: an address elsewhere without a context.
        """
        if tls is None and httpx2.URL(base_url).host not in _THIS_MACHINE:
            raise ValueError("an address elsewhere needs the context that says whom to trust")
        if tls is not None and httpx2.URL(base_url).scheme != "https":
            raise ValueError("a context without https would protect nothing")
        self._limits = limits or HttpLimits()
        self._client = httpx2.AsyncClient(
            base_url=base_url,
            verify=tls if tls is not None else ssl.create_default_context(),
            follow_redirects=False,
            trust_env=False,
            timeout=self._limits.step_s,
            headers={"Accept": f"{_JSON}, {_PROBLEM}", "Accept-Encoding": "identity", "User-Agent": "townhall-kiosk"},
        )

    def request(self, method: str, path: str, *, body: bytes = b"", content_type: str = "") -> httpx2.Request:
        """Return a request that may still be signed."""
        headers = {"Content-Type": content_type} if content_type else {}
        return self._client.build_request(method, path, content=body or None, headers=headers)

    async def exchange(self, request: httpx2.Request) -> HttpAnswer | Unreachable:
        """Send a request and return the whole answer."""
        patience = self._limits.exchange_s + len(request.content) / self._limits.slowest_bytes_per_s
        try:
            async with asyncio.timeout(patience):
                return await self._exchange(request)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as exc:
            return Unreachable(type(exc).__name__)

    async def _exchange(self, request: httpx2.Request) -> HttpAnswer | Unreachable:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > MAX_MESSAGE_BYTES:
                    return Unreachable("too many bytes")
            return HttpAnswer(response.status_code, response.headers, bytes(body))
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class HttpCentralService:
    """The centre for an enrolled kiosk; ``key_id`` is the kiosk's name there. Implements ``CentralService``."""

    def __init__(
        self, line: HttpLine, *, key: RequestKey, key_id: str, wall: Callable[[], int], nonce: Callable[[], str]
    ) -> None:
        """``wall`` and ``nonce`` go into the request signatures; no answer depends on the wall clock being right."""
        self._line = line
        self._key = key
        self._key_id = key_id
        self._wall = wall
        self._nonce = nonce

    async def put_envelope(self, envelope_id: str, envelope: bytes) -> PutOutcome:
        """Hand over one envelope (``PUT /v1/envelopes/{id}``)."""
        request = self._line.request(
            "PUT", f"/v1/envelopes/{envelope_id}", body=envelope, content_type=ENVELOPE_MEDIA_TYPE
        )
        self._sign(request, envelope)
        answer = await self._line.exchange(request)
        return answer if isinstance(answer, Unreachable) else read_put_answer(answer)

    def _sign(self, request: httpx2.Request, body: bytes) -> None:
        signable = SignableRequest(
            method=request.method,
            authority=request.headers["host"],
            path=request.url.raw_path.partition(b"?")[0].decode(),
            query=request.url.query.decode(),
            body=body,
        )
        fields = sign_request(signable, self._key, key_id=self._key_id, created=self._wall(), nonce=self._nonce())
        request.headers.update(fields)

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Ask for the newest checkpoint of the centre's log."""
        return await self._get(CheckpointReply, f"/v1/log/checkpoint?nonce={nonce}")

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Ask for the proof that the log of size ``second`` continues the log of size ``first``."""
        return await self._get(ConsistencyReply, f"/v1/log/consistency?first={first}&second={second}")

    async def _get(self, kind: type[Message], path: str) -> Message | None:
        answer = await self._line.exchange(self._line.request("GET", path))
        if isinstance(answer, Unreachable) or answer.status != 200:
            return None
        try:
            return read(kind, answer.body)
        except MessageMalformedError:
            return None


class HttpEnrolmentService:
    """The centre for a kiosk that is not enrolled yet. Implements ``EnrolmentService``."""

    def __init__(self, line: HttpLine) -> None:
        """Ask over ``line``; the answer is checked against the one-time code, not against TLS."""
        self._line = line

    async def ask_enrolment(self, request: EnrolmentRequest) -> EnrolmentOutcome:
        """Ask to be enrolled (``POST /v1/enrolments``)."""
        body = to_json(request)
        return await self._answer(self._line.request("POST", "/v1/enrolments", body=body, content_type=_JSON))

    async def enrolment(self, enrolment_id: str) -> EnrolmentOutcome:
        """Ask how a request stands (``GET /v1/enrolments/{id}``)."""
        return await self._answer(self._line.request("GET", f"/v1/enrolments/{enrolment_id}"))

    async def _answer(self, request: httpx2.Request) -> EnrolmentOutcome:
        answer = await self._line.exchange(request)
        if isinstance(answer, Unreachable):
            return answer
        if answer.status in {200, 201, 202}:
            try:
                return Answered(read(EnrolmentState, answer.body))
            except MessageMalformedError:
                return Unreachable("no message of the protocol")
        return read_refusal(answer)


def read_put_answer(answer: HttpAnswer) -> PutOutcome:
    """Return what an answer to a PUT means."""
    if answer.status not in {200, 201}:
        return read_refusal(answer)
    try:
        return Stored(read(PutReply, answer.body))
    except MessageMalformedError:
        return Unreachable("no message of the protocol")


def read_refusal(answer: HttpAnswer) -> Refused | RateLimited | Unreachable:
    """Return what an answer that is no success means; only a problem with a code of ours counts as the centre's."""
    if answer.status in {429, 503}:
        return _patience(answer)
    refusal = _REFUSALS.get(answer.status)
    if refusal is None or answer.headers.get("content-type", "").partition(";")[0].strip() != _PROBLEM:
        return Unreachable(f"status {answer.status}")
    try:
        problem = read(Problem, answer.body)
    except MessageMalformedError:
        return Unreachable(f"status {answer.status}")
    if problem.status != answer.status or problem.code == _DIGEST_MISMATCH:
        return Unreachable(problem.code)
    return Refused(problem.code, refusal)


def _patience(answer: HttpAnswer) -> RateLimited | Unreachable:
    stated = answer.headers.get("retry-after", "")
    # RFC 9110 §10.2.3 allows a date too, which would trust two clocks.
    if stated.isascii() and stated.isdigit() and len(stated) < 10:
        return RateLimited(min(int(stated), _MAX_RETRY_AFTER_S))
    return Unreachable(f"status {answer.status}")
