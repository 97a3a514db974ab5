# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the OpenAPI document says: every status with its content type, the protocol's own message schemas, no other."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from townhall_central import problem
from townhall_central.agencies import InboxPage
from townhall_central.errors import BusyError, CentralError, MethodNotAllowedError, SignatureRefusedError
from townhall_sync import wire
from townhall_sync.ballot_log import BallotLogPart
from townhall_sync.batch import BatchReply

Json: TypeAlias = dict[str, "Json | list[Json] | str | int | bool | None"]
Responses: TypeAlias = dict[int | str, dict[str, object]]

_MESSAGES = (
    wire.PutReply,
    BatchReply,
    wire.CheckpointReply,
    wire.ConsistencyReply,
    wire.Restorations,
    wire.EnrolmentRequest,
    wire.EnrolmentState,
    wire.Problem,
    InboxPage,
    BallotLogPart,
)
_REF = "#/components/schemas/{name}"
_METHODS = ("get", "put", "post")

_DESCRIPTION = (
    "What kiosks and agencies' inboxes say to the centre. Callers sign their requests (RFC 9421, ecdsa-p256-sha256); "
    "all that the centre states is signed or provable from its log. Failures are RFC 9457 problems with stable codes."
)


def message(kind: type[msgspec.Struct], description: str) -> dict[str, object]:
    """Describe a response whose body is one message."""
    return {"description": description, "content": {"application/json": {"schema": _reference(kind)}}}


def message_body(kind: type[msgspec.Struct]) -> dict[str, object]:
    """Describe a request whose body is one message."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _reference(kind)}}}}


def binary(media_type: str) -> dict[str, object]:
    """Describe a body of bytes."""
    return {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


def problems(*errors: type[CentralError]) -> Responses:
    """Describe the responses for these errors, and for those that every address has."""
    by_status: dict[int, list[type[CentralError]]] = {}
    everywhere: tuple[type[CentralError], ...] = (MethodNotAllowedError, BusyError, CentralError)
    for error in (*errors, *everywhere):
        by_status.setdefault(error.status, []).append(error)
    return {status: _problem(found) for status, found in by_status.items()}


def signature_headers() -> list[dict[str, object]]:
    """Describe the header fields of a signed request."""
    names = ("Content-Digest", "Signature-Input", "Signature")
    return [{"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names]


def use_own_openapi(app: FastAPI) -> None:
    """Replace FastAPI's document: its validation errors are our problems, its models our messages."""

    def document() -> dict[str, object]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    build: Callable[[], dict[str, object]] = document
    app.openapi = build  # type: ignore[method-assign] # FastAPI documents this way of replacing it


def _document(app: FastAPI) -> dict[str, object]:
    made = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
    for path in made["paths"].values():
        for method in _METHODS:
            if method in path:
                _drop_validation_error(path[method]["responses"])
    _, components = msgspec.json.schema_components(_MESSAGES, ref_template=_REF)
    made["components"] = {"schemas": components}
    return made


def _drop_validation_error(responses: dict[str, Mapping[str, Mapping[str, object]]]) -> None:
    # FastAPI documents its own 422 for every address with parameters; ours answers 400.
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]


def _problem(errors: Sequence[type[CentralError]]) -> dict[str, object]:
    codes = {error.code: error.title for error in errors}
    described: dict[str, object] = {
        "description": "; ".join(f"{code}: {title}" for code, title in codes.items()),
        "content": {problem.MEDIA_TYPE: {"schema": _reference(wire.Problem)}},
    }
    names: dict[int, str] = {
        BusyError.status: "Retry-After",
        SignatureRefusedError.status: "WWW-Authenticate",
        MethodNotAllowedError.status: "Allow",
    }
    name = names.get(errors[0].status)
    if name is not None:
        described["headers"] = {name: {"required": True, "schema": {"type": "string"}}}
    return described


def _reference(kind: type[msgspec.Struct]) -> dict[str, object]:
    return {"$ref": _REF.format(name=kind.__name__)}
