# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The officers' page of the eligibility board, on loopback alone: status, alarms, evidence, decisions by two people."""

import base64
import hashlib
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from townhall_central.console import say
from townhall_central.errors import VoteStateError
from townhall_central.vote import acts, eligibility_store
from townhall_central.vote.desk_page import STYLE, Evidence, board_page, message_page, statement_page
from townhall_central.vote.desk_session import OVERALL_S, Sessions
from townhall_central.vote.evidence import show_certificate, show_lists
from townhall_central.vote.home import BoardHome

HOST: Final = "127.0.0.1"
_COOKIE: Final = "townhall-desk"
_MAX_FORM_BYTES: Final = 16_384
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none at all browsers send no Origin, by which a form is known
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class _Desk:
    """The routes over one opened board."""

    def __init__(self, home: BoardHome, sessions: Sessions) -> None:
        self._home = home
        self._sessions = sessions

    def enter(self, request: Request) -> Response:
        cookie = self._sessions.enter(request.query_params.get("token", "")) if _is_addressed(request) else None
        if cookie is None:
            return _closed()
        response = RedirectResponse("/", 303, _HEADERS)
        response.set_cookie(_COOKIE, cookie, max_age=OVERALL_S, httponly=True, samesite="strict")
        return response

    def board(self, request: Request) -> Response:
        if not self._is_in(request):
            return _closed()
        with self._home.database.read() as connection:
            decided = eligibility_store.read_decisions(connection)
        return _html(board_page(acts.status(self._home), acts.open_statements(self._home), decided))

    def statement(self, request: Request) -> Response:
        if not self._is_in(request):
            return _closed()
        return self._shown(request.path_params["sha256"])

    async def decide(self, request: Request) -> Response:
        if not self._is_in(request):
            return _closed()
        form = await _form(request)
        if form is None or not self._sessions.is_own_form(form.get("csrf", "")):
            return _html(message_page("Not taken", "The form is not one of this session."), 403)
        return await run_in_threadpool(self._decided, request.path_params["sha256"], form)

    def _decided(self, sha256: str, form: Mapping[str, str]) -> Response:
        if form.get("verdict") not in {"count", "void"}:
            return self._shown(sha256, "Choose whether the statement counts or is void.")
        try:
            decision = acts.decision_of(
                form["verdict"] == "count", form.get("first", ""), form.get("second", ""), form.get("why", "")
            )
            acts.decide(self._home, sha256, decision)
        except VoteStateError as error:
            return self._shown(sha256, f"Not decided: {error}.")
        return RedirectResponse("/", 303, _HEADERS)

    def _shown(self, sha256: str, wrong: str = "") -> Response:
        shown = next((each for each in acts.open_statements(self._home) if each.statement == sha256), None)
        if shown is None:
            return _html(message_page("Nothing waits", "No open statement has this number."), 404)
        certificate = base64.b64decode(shown.certificate)
        lists = tuple(show_lists(certificate, self._home.anchors.crls_der))
        evidence = Evidence(shown, show_certificate(certificate), lists)
        return _html(statement_page(evidence, self._sessions.csrf, wrong), 422 if wrong else 200)

    def _is_in(self, request: Request) -> bool:
        return _is_addressed(request) and self._sessions.holds(request.cookies.get(_COOKIE, ""))


def create_desk(home: BoardHome, sessions: Sessions) -> Starlette:
    """Return the application over an opened eligibility board."""
    desk = _Desk(home, sessions)
    return Starlette(
        routes=[
            Route("/enter", desk.enter, methods=["GET"]),
            Route("/", desk.board, methods=["GET"]),
            Route("/statements/{sha256}", desk.statement, methods=["GET"]),
            Route("/statements/{sha256}", desk.decide, methods=["POST"]),
        ],
        exception_handlers={404: _unknown, 405: _unknown},
    )


def serve_desk(home: BoardHome, port: int, clock: Callable[[], float] = time.monotonic) -> None:
    """Serve until SIGINT; prints the address that opens the page once. Port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    sessions = Sessions(clock)
    config = uvicorn.Config(
        create_desk(home, sessions),
        log_level="warning",
        access_log=False,  # a log would keep whom officers looked at
        server_header=False,
    )
    with socket.create_server((HOST, port)) as listening:
        say(f"http://{HOST}:{listening.getsockname()[1]}/enter?token={sessions.token}")
        uvicorn.Server(config).run(sockets=[listening])


def _is_addressed(request: Request) -> bool:
    """Whether a browser means this page: its own name (no rebound one), from no other page."""
    server = request.scope["server"]
    own = {f"{HOST}:{server[1]}", f"localhost:{server[1]}"}
    origin = request.headers.get("origin")
    is_own = origin is None or origin.removeprefix("http://") in own
    return (
        request.headers.get("host") in own
        and is_own
        and request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    )


async def _form(request: Request) -> Mapping[str, str] | None:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            return None
    try:
        return dict(parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=10, errors="strict"))
    except ValueError:
        return None


def _closed() -> Response:
    text = "Give the command `townhall-central board desk` again and open the address that it shows."
    return _html(message_page("Locked", text), 403)


def _unknown(_request: Request, _error: Exception) -> Response:
    return _html(message_page("Not here", "There is no such page."), 404)


def _html(page: bytes, status: int = 200) -> Response:
    return Response(page, status, _HEADERS, "text/html")
