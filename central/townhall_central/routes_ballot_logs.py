# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses of ballot boxes' public logs: the box puts its own, kiosks and everybody else read them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from townhall_central import ballot_logs, callers, openapi
from townhall_central.centre import Centre
from townhall_central.database import Database
from townhall_central.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    DigestMismatchError,
    MalformedRequestError,
    MediaTypeError,
    NotFoundError,
    NotYoursError,
    SignatureRefusedError,
    UnknownAgencyError,
)
from townhall_central.routes_inbox import request_key
from townhall_sync import wire
from townhall_sync.ballot_log import MAX_PART_BYTES, ORIGIN, BallotLogPart
from townhall_sync.errors import MessageMalformedError

JSON = "application/json"
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Origin = Annotated[str, Query(pattern=ORIGIN)]
Start = Annotated[int, Query(ge=0, le=2**53 - 1)]

_BODY = (BodyTooSlowError, BodyTooLargeError, MediaTypeError, DigestMismatchError)
_WHO = (SignatureRefusedError, UnknownAgencyError, NotYoursError)
_PUT = openapi.problems(MalformedRequestError, *_WHO, *_BODY) | {204: {"description": "Kept for kiosks"}}
_GET = openapi.problems(MalformedRequestError, NotFoundError) | {
    200: openapi.message(BallotLogPart, "The newest checkpoint, and leaves from `start` on")
}
_EXTRA: dict[str, object] = {"parameters": openapi.signature_headers(), **openapi.message_body(BallotLogPart)}


def ballot_log_routes(centre: Centre) -> APIRouter:
    """Return the addresses under /v1/ballot-logs; a box signs with its own request key, named by its key id."""
    router = APIRouter(prefix="/v1/ballot-logs")

    @router.put("/{key_id}", responses=_PUT, response_class=Response, status_code=204, openapi_extra=_EXTRA)
    async def put_log(key_id: KeyId, request: Request) -> Response:
        """Take a box's whole log as it stands now."""
        body = await centre.bodies.read(request, media_type=JSON, limit=MAX_PART_BYTES)
        claimed = callers.claimed_key_id(request)
        callers.verify(request, body, await centre.database.run(request_key, claimed))
        if claimed != key_id:
            raise NotYoursError
        try:
            part = wire.read(BallotLogPart, body, limit=MAX_PART_BYTES)
        except MessageMalformedError as exc:
            raise MalformedRequestError from exc
        await centre.database.run(_put, key_id, part, centre.now())
        return Response(status_code=204)

    @router.get("", responses=_GET, response_class=Response)
    async def read_log(origin: Origin, start: Start = 0) -> Response:
        """Return the log of that name; whoever reads it verifies it by the box's key."""
        found = await centre.database.run(_page, origin, start)
        if found is None:
            raise NotFoundError
        return Response(wire.to_json(found), media_type=JSON)

    return router


def _put(database: Database, key_id: str, part: BallotLogPart, now: int) -> None:
    with database.write() as connection:
        ballot_logs.put(connection, key_id, part, now)


def _page(database: Database, origin: str, start: int) -> BallotLogPart | None:
    with database.read() as connection:
        return ballot_logs.page(connection, origin, start)
