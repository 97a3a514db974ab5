# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses that kiosks call beside envelopes: log, enrolment. Each collects, asks one function, answers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from townhall_central import enrolment, ingest, log, openapi
from townhall_central.centre import Centre
from townhall_central.database import Database
from townhall_central.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    EnrolmentRefusedError,
    MalformedRequestError,
    MediaTypeError,
    NotFoundError,
)
from townhall_central.routes_envelopes import add_envelopes
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

JSON = "application/json"
MAX_SIZE = 2**53 - 1

Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Nonce = Annotated[str, Query(pattern="^[A-Za-z0-9_-]{1,64}$")]
Size = Annotated[int, Query(ge=0, le=MAX_SIZE)]

_ENROL = openapi.problems(
    MalformedRequestError, EnrolmentRefusedError, BodyTooSlowError, BodyTooLargeError, MediaTypeError
) | {
    200: openapi.message(wire.EnrolmentState, "This key asked before; where that stands"),
    201: openapi.message(wire.EnrolmentState, "Recorded; it waits for an administrator"),
}
_RESTORATIONS = openapi.problems() | {200: openapi.message(wire.Restorations, "Every statement, newest last")}
_CHECKPOINT = openapi.problems(MalformedRequestError) | {200: openapi.message(wire.CheckpointReply, "Fresh and signed")}
_CONSISTENCY = openapi.problems(MalformedRequestError, NotFoundError) | {
    200: openapi.message(wire.ConsistencyReply, "The proof")
}
_ENROLMENT = openapi.problems(MalformedRequestError, NotFoundError) | {
    200: openapi.message(wire.EnrolmentState, "Where it stands")
}


def kiosk_routes(centre: Centre) -> APIRouter:
    """Return the addresses under /v1 that kiosks call."""
    router = APIRouter(prefix="/v1")
    add_envelopes(router, centre)
    _add_log(router, centre)
    _add_enrolments(router, centre)
    return router


def _add_log(router: APIRouter, centre: Centre) -> None:
    @router.get("/log/checkpoint", responses=_CHECKPOINT, response_class=Response)
    async def checkpoint(nonce: Nonce) -> Response:
        """Return the newest checkpoint, signed together with the asker's nonce."""
        head = await centre.database.run(_head)
        return _answer(wire.to_json(ingest.fresh_checkpoint(head, nonce, centre.keys, centre.now())), 200)

    @router.get("/log/consistency", responses=_CONSISTENCY, response_class=Response)
    async def consistency(first: Size, second: Size) -> Response:
        """Return the proof that the log of size `second` continues the log of size `first` (RFC 6962)."""
        proof = await centre.database.run(_consistency, first, second)
        reply = wire.ConsistencyReply(first=first, second=second, proof=tuple(value.hex() for value in proof))
        return _answer(wire.to_json(reply), 200)

    @router.get("/log/restorations", responses=_RESTORATIONS, response_class=Response)
    async def restorations() -> Response:
        """Return what administrators stated about restored backups of the log."""
        return _answer(wire.to_json(await centre.database.run(_restorations)), 200)


def _restorations(database: Database) -> wire.Restorations:
    with database.read() as connection:
        return log.restorations(connection)


def _head(database: Database) -> log.LogHead:
    with database.read() as connection:
        return log.read_head(connection)


def _consistency(database: Database, first: int, second: int) -> tuple[bytes, ...]:
    with database.read() as connection:
        if not first <= second <= log.read_head(connection).size:
            raise NotFoundError
        return log.consistency_proof(connection, first, second)


def _add_enrolments(router: APIRouter, centre: Centre) -> None:
    extra = openapi.message_body(wire.EnrolmentRequest)

    @router.post("/enrolments", responses=_ENROL, response_class=Response, status_code=201, openapi_extra=extra)
    async def ask_enrolment(request: Request) -> Response:
        """Record a kiosk's request that proves a one-time code."""
        body = await centre.bodies.read(request, media_type=JSON, limit=wire.MAX_MESSAGE_BYTES)
        requested = await centre.database.run(_ask, centre, body)
        if requested is None:
            raise EnrolmentRefusedError
        location = {"Location": f"/v1/enrolments/{requested.state.id}"}
        return _answer(wire.to_json(requested.state), 201 if requested.is_new else 200, location)

    @router.get("/enrolments/{enrolment_id}", responses=_ENROLMENT, response_class=Response)
    async def enrolment_state(enrolment_id: Hash) -> Response:
        """Tell where a request stands; once approved, with the certificate and root.json."""
        found = await centre.database.run(_state, centre, enrolment_id)
        return _answer(wire.to_json(found), 200)


def _ask(database: Database, centre: Centre, body: bytes) -> enrolment.Requested | None:
    try:
        asked = wire.read(wire.EnrolmentRequest, body)
        with database.write() as connection:
            return enrolment.request(connection, asked, root=centre.keys.root_bytes, now=centre.now())
    except MessageMalformedError as exc:
        raise MalformedRequestError from exc


def _state(database: Database, centre: Centre, enrolment_id: str) -> wire.EnrolmentState:
    with database.read() as connection:
        found = enrolment.state(connection, enrolment_id, root=centre.keys.root_bytes)
    if found is None:
        raise NotFoundError
    return found


def _answer(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status_code=status, media_type=JSON, headers=headers)
