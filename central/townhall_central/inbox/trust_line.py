# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inbox's line to a time-stamping authority and an OCSP responder: bytes out, bytes of limited size in."""

import time
from types import TracebackType
from typing import Self

import httpx2

from townhall_central.errors import TrustServiceError
from townhall_central.inbox.home import TrustServices

_TIMEOUT_S = 20.0
_WITHIN_S = 60.0
"""For a whole answer: one that comes a byte at a time must not outlast the lease of the document."""
_MAX_ANSWER_BYTES = 256 * 1024


class HttpTrustLine:
    """Asks both services over HTTP (RFC 3161 §3.4, RFC 6960 appendix A). What they answer is verified elsewhere."""

    def __init__(self, services: TrustServices) -> None:
        self._services = services
        # What the environment says about proxies is no setting of ours.
        self._client = httpx2.Client(timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def time_stamp(self, request: bytes) -> bytes:
        """Carry a TimeStampReq; raises TrustServiceError."""
        return self._post(self._services.tsa, request, "application/timestamp-query")

    def ocsp(self, request: bytes) -> bytes:
        """Carry an OCSPRequest; raises TrustServiceError."""
        return self._post(self._services.ocsp, request, "application/ocsp-request")

    def _post(self, url: str, body: bytes, content_type: str) -> bytes:
        try:
            with self._client.stream("POST", url, content=body, headers={"Content-Type": content_type}) as response:
                if response.status_code != httpx2.codes.OK:
                    raise TrustServiceError(f"a trust service answered {response.status_code}")
                return _limited(response)
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise TrustServiceError("a trust service does not answer") from exc


def _limited(response: httpx2.Response) -> bytes:
    body, deadline = bytearray(), time.monotonic() + _WITHIN_S
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise TrustServiceError("a trust service sent more than it ever does, or never came to an end")
    return bytes(body)
