# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inbox's line to a time-stamping authority and an OCSP responder: bytes out, bytes of limited size in."""

from http import HTTPStatus
from types import TracebackType
from typing import Self

from townhall_central.bounded_http import Asked, BoundedHttp
from townhall_central.errors import TrustServiceError
from townhall_central.inbox.home import TrustServices

_MAX_ANSWER_BYTES = 256 * 1024


class HttpTrustLine:
    """Asks both services over HTTP (RFC 3161 §3.4, RFC 6960 appendix A). What they answer is verified elsewhere."""

    def __init__(self, services: TrustServices) -> None:
        self._services = services
        self._line = BoundedHttp(Asked("a trust service", TrustServiceError, TrustServiceError))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def time_stamp(self, request: bytes) -> bytes:
        """Carry a TimeStampReq; raises TrustServiceError."""
        return self._post(self._services.tsa, request, "application/timestamp-query")

    def ocsp(self, request: bytes) -> bytes:
        """Carry an OCSPRequest; raises TrustServiceError."""
        return self._post(self._services.ocsp, request, "application/ocsp-request")

    def _post(self, url: str, body: bytes, content_type: str) -> bytes:
        request = self._line.request("POST", url, body, {"Content-Type": content_type})
        answer = self._line.exchange(request, _MAX_ANSWER_BYTES)
        if answer.status != HTTPStatus.OK:
            raise TrustServiceError(f"a trust service answered {answer.status}")
        return answer.body
