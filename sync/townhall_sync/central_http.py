# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre over HTTP: the only file that knows httpx2.

Whatever comes back that is not plainly the centre's answer (a captive portal's page, a redirect, a cut connection, too
many bytes) is ``Unreachable``: nothing is concluded from it. TLS and whom it trusts are the caller's ``SSLContext``.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from townhall_sync.ballot_log import BallotLogPart
from townhall_sync.batch import (
    BATCH_MEDIA_TYPE,
    MAX_RESULT_BYTES,
    NamedEnvelope,
    encode,
)
from townhall_sync.central_service import (
    Absent,
    Answered,
    BatchOutcome,
    EnrolmentOutcome,
    Oversized,
    PutOutcome,
    Unreachable,
    Untrusted,
)
from townhall_sync.errors import MessageMalformedError
from townhall_sync.http_answers import PROBLEM, HttpAnswer, read_batch_answer, read_put_answer, read_refusal
from townhall_sync.http_signatures import RequestKey, SignableRequest, sign_request
from townhall_sync.wire import (
    CATALOGUE_MEDIA_TYPE,
    ENVELOPE_MEDIA_TYPE,
    MAX_MESSAGE_BYTES,
    CheckpointReply,
    ConsistencyReply,
    EnrolmentRequest,
    EnrolmentState,
    Restorations,
    read,
    to_json,
)

_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
_JSON: Final = "application/json"

Message = TypeVar("Message", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long to wait: for each step of the connection, and for a whole exchange (plus the body at ``slowest``)."""

    step_s: float = 20.0
    exchange_s: float = 60.0
    slowest_bytes_per_s: int = 4096


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
            headers={"Accept": f"{_JSON}, {PROBLEM}", "Accept-Encoding": "identity", "User-Agent": "townhall-kiosk"},
        )

    def request(self, method: str, path: str, *, body: bytes = b"", content_type: str = "") -> httpx2.Request:
        """Return a request that may still be signed."""
        headers = {"Content-Type": content_type} if content_type else {}
        return self._client.build_request(method, path, content=body or None, headers=headers)

    async def exchange(self, request: httpx2.Request) -> HttpAnswer | Unreachable:
        """Send a request and return the whole answer, a message of the protocol."""
        answer = await self.exchange_up_to(request, MAX_MESSAGE_BYTES)
        return Unreachable("too many bytes") if isinstance(answer, Oversized) else answer

    async def exchange_up_to(self, request: httpx2.Request, limit: int) -> HttpAnswer | Oversized | Unreachable:
        """Send a request and return the whole answer, unless its body is longer than ``limit`` bytes."""
        bulk = len(request.content) + max(0, limit - MAX_MESSAGE_BYTES)
        patience = self._limits.exchange_s + bulk / self._limits.slowest_bytes_per_s
        try:
            async with asyncio.timeout(patience):
                return await self._exchange(request, limit)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as exc:
            return Unreachable(type(exc).__name__)

    async def _exchange(self, request: httpx2.Request, limit: int) -> HttpAnswer | Oversized | Unreachable:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > limit:
                    return Oversized()
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

    async def put_envelopes(self, envelopes: Sequence[NamedEnvelope]) -> BatchOutcome:
        """Hand over several envelopes (``POST /v1/envelopes``)."""
        body = encode(envelopes)
        request = self._line.request("POST", "/v1/envelopes", body=body, content_type=BATCH_MEDIA_TYPE)
        self._sign(request, body)
        answer = await self._line.exchange_up_to(request, max(MAX_MESSAGE_BYTES, len(envelopes) * MAX_RESULT_BYTES))
        if isinstance(answer, Unreachable):
            return answer
        if isinstance(answer, Oversized):
            return Unreachable("too many bytes")
        return read_batch_answer(answer, [each.id for each in envelopes])

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

    async def catalogue_file(self, path: str, limit: int) -> Untrusted:
        """Fetch one file of the signed catalogue (``GET /v1/catalogue/...``), at most ``limit`` bytes of it."""
        request = self._line.request("GET", f"/v1/catalogue/{path}")
        self._sign(request, b"")
        answer = await self._line.exchange_up_to(request, max(limit, MAX_MESSAGE_BYTES))
        if isinstance(answer, Oversized | Unreachable):
            return answer
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        if answer.status == 200 and media_type == CATALOGUE_MEDIA_TYPE:
            return answer.body if len(answer.body) <= limit else Oversized()
        if answer.status == 404 and media_type == PROBLEM:
            return Absent()
        return Unreachable(f"status {answer.status}")

    async def restorations(self) -> Restorations | None:
        """Ask what the centre states about restored backups of its log."""
        return await self._get(Restorations, "/v1/log/restorations")

    async def ballot_log(self, origin: str, start: int) -> BallotLogPart | None:
        """Ask for a ballot box's log from leaf ``start`` on (``GET /v1/ballot-logs``). Implements ``BallotLogs``."""
        return await self._get(BallotLogPart, f"/v1/ballot-logs?origin={quote(origin, safe='')}&start={start}")

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
