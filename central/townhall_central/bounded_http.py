# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks other people's servers over HTTP: an answer of limited size in limited time, or an error with a name.

The only file of this part that asks over HTTP. What the environment says about proxies is no setting of ours, and
nobody is followed to another address.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx2

from townhall_central.errors import CentralError

_TIMEOUT_S: Final = 20.0  # between two pieces of an answer


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. Names of ``headers`` are found in any case; the body of anything but a success is not read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom we ask, for people; what is raised when they do not answer, or answer without end; how long one may last.

    An answer that comes a byte at a time must not outlast whatever waits for it.
    """

    name: str
    silent: type[CentralError]
    endless: type[CentralError]
    within_s: float = 60.0


class BoundedHttp:
    """A line to one server or several of a kind; use it as a context manager."""

    def __init__(self, asked: Asked, base_url: str = "") -> None:
        """Ask nothing yet."""
        self._asked = asked
        self._client = httpx2.Client(base_url=base_url, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        self._client.close()

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Request:
        """Return a request that is not sent yet, for whoever signs it first; raises as ``exchange`` does."""
        try:
            return self._client.build_request(method, url, content=body, headers=headers)
        except httpx2.InvalidURL as exc:
            raise self._asked.silent(f"{self._asked.name} has no such address") from exc

    def exchange(self, request: httpx2.Request, most_bytes: int) -> HttpAnswer:
        """Send a request and return the answer.

        Raises:
            CentralError: of the kinds that ``asked`` names: nobody answered, or more came, or longer, than allowed.
        """
        try:
            response = self._client.send(request, stream=True)
            try:
                return HttpAnswer(response.status_code, response.headers, self._limited(response, most_bytes))
            finally:
                response.close()
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise self._asked.silent(f"{self._asked.name} does not answer") from exc

    def _limited(self, response: httpx2.Response, most_bytes: int) -> bytes:
        body, deadline = bytearray(), time.monotonic() + self._asked.within_s
        if not response.is_success:
            return b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > most_bytes or time.monotonic() > deadline:
                raise self._asked.endless(f"{self._asked.name} sent more than it ever does, or never came to an end")
        return bytes(body)
