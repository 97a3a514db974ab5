# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The services of a certification authority over HTTP on the loopback: time stamps and answers about certificates.

Certomancer answers; what it knows is a ``TestPki``'s, as it is at the moment of each request.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from townhall_smartcard.simulation.pki import TestPki

_LABEL = "townhall"


def _now() -> datetime:
    return datetime.now(UTC)


class _SilentHandler(WSGIRequestHandler):
    """Logs no request: the terminal is the demo's."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


class SimulatedTrustServices:
    """A time-stamping authority and an OCSP responder; use it as a context manager. ``clock`` is their time."""

    def __init__(self, pki: TestPki, clock: Callable[[], datetime] = _now) -> None:
        """Take the authorities; nothing listens before the context is entered."""
        self.pki = pki
        self.clock = clock
        self.requests: list[str] = []
        """Paths asked for, in order."""
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    def __enter__(self) -> Self:
        """Listen; again at the same port where it listened before."""
        self._server = make_server("127.0.0.1", self._port, self._answer, request_handler=_SilentHandler)
        self._port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    @property
    def tsa(self) -> str:
        """The URL that answers RFC 3161 requests."""
        return f"http://127.0.0.1:{self._port}/{_LABEL}/tsa/stamper"

    @property
    def ocsp(self) -> str:
        """The URL that answers RFC 6960 requests about persons."""
        return f"http://127.0.0.1:{self._port}/{_LABEL}/ocsp/issuer"

    def _answer(self, environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
        self.requests.append(str(environ["PATH_INFO"]))
        store = AnimatorArchStore({ArchLabel(_LABEL): self.pki.architecture()})
        answer: Iterable[bytes] = Animator(store, at_time=self.clock(), with_web_ui=False)(environ, start_response)
        return answer
