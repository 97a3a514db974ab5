# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every failure as an RFC 9457 problem with a stable code: no text of ours or of a library beyond its title."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from townhall_central.errors import (
    BusyError,
    CentralError,
    MalformedRequestError,
    MethodNotAllowedError,
    NotFoundError,
    SignatureRefusedError,
)
from townhall_sync import wire

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

_log = logging.getLogger(__name__)


def problem_response(error: CentralError | type[CentralError], headers: dict[str, str] | None = None) -> Response:
    """Return the response that tells a caller about an error."""
    body = wire.Problem(code=error.code, title=error.title, status=error.status, type=problem_type(error.code))
    all_headers = dict(headers or {})
    if error.code == BusyError.code:
        all_headers["Retry-After"] = str(RETRY_AFTER_S)
    if error.code == SignatureRefusedError.code:
        all_headers["WWW-Authenticate"] = "Signature"
    return Response(wire.to_json(body), status_code=error.status, headers=all_headers, media_type=MEDIA_TYPE)


def problem_type(code: str) -> str:
    """Return the URI that names a kind of problem; docs/failure-codes.md explains it."""
    return f"urn:townhall:problem:{code.lower()}"


def add_problem_handlers(app: FastAPI) -> None:
    """Let the app answer every failure as a problem."""
    app.add_exception_handler(CentralError, _central)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(ClientDisconnect, _malformed)
    app.add_exception_handler(Exception, _unforeseen)


def _central(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CentralError)  # noqa: S101 - registered for this class; narrows the type
    return problem_response(error)


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class; narrows the type
    known: dict[int, type[CentralError]] = {404: NotFoundError, 405: MethodNotAllowedError}
    return problem_response(known.get(error.status_code, MalformedRequestError), dict(error.headers or {}))


def _malformed(_request: Request, _error: Exception) -> Response:
    return problem_response(MalformedRequestError)


def _unforeseen(_request: Request, error: Exception) -> Response:
    # The class alone: an exception's text may hold what somebody sent.
    _log.error("unforeseen failure: %s", type(error).__name__)
    return problem_response(CentralError)
