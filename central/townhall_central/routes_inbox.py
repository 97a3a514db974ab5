# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses that an agency's inbox calls: what came for it, and each envelope as it came."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from townhall_central import agencies, callers, ingest, openapi
from townhall_central.centre import Centre
from townhall_central.database import Database
from townhall_central.errors import (
    MalformedRequestError,
    NotFoundError,
    NotYoursError,
    SignatureRefusedError,
    UnknownAgencyError,
)
from townhall_sync import wire

KeyId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
EnvelopeId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
# -1: from the first leaf on.
After = Annotated[int, Query(ge=-1, le=2**53 - 1)]

_REFUSALS = (MalformedRequestError, SignatureRefusedError, UnknownAgencyError, NotYoursError)
_PAGE = openapi.problems(*_REFUSALS) | {200: openapi.message(agencies.InboxPage, "The next envelopes, oldest first")}
_ENVELOPE = openapi.problems(*_REFUSALS, NotFoundError) | {
    200: {"description": "The envelope, byte for byte", **openapi.binary(wire.ENVELOPE_MEDIA_TYPE)}
}
_EXTRA: dict[str, object] = {"parameters": openapi.signature_headers()}


def inbox_routes(centre: Centre) -> APIRouter:
    """Return the addresses under /v1/inbox; requests are signed by the agency's own key, named by its key id."""
    router = APIRouter(prefix="/v1/inbox")

    @router.get("/{key_id}", responses=_PAGE, response_class=Response, openapi_extra=_EXTRA)
    async def list_envelopes(key_id: KeyId, request: Request, after: After = -1) -> Response:
        """List the accepted envelopes for an agency, in the log's order."""
        await _authorise(centre, request, key_id)
        found = await centre.database.run(_page, key_id, after)
        return Response(wire.to_json(found), media_type="application/json")

    @router.get("/{key_id}/{envelope_id}", responses=_ENVELOPE, response_class=Response, openapi_extra=_EXTRA)
    async def read_envelope(key_id: KeyId, envelope_id: EnvelopeId, request: Request) -> Response:
        """Return one envelope as the kiosk sent it; only the agency can open it."""
        await _authorise(centre, request, key_id)
        found = await centre.database.run(_envelope, key_id, envelope_id)
        return Response(found, media_type=wire.ENVELOPE_MEDIA_TYPE)

    return router


async def _authorise(centre: Centre, request: Request, key_id: str) -> None:
    claimed = callers.claimed_key_id(request)
    public_key = await centre.database.run(request_key, claimed)
    callers.verify(request, b"", public_key)
    if claimed != key_id:
        raise NotYoursError


def request_key(database: Database, claimed: str) -> bytes:
    """Return the key of the agency that claims to call; raises UnknownAgencyError."""
    with database.read() as connection:
        key = agencies.request_key(connection, claimed)
    if key is None:
        raise UnknownAgencyError
    return key


def _page(database: Database, key_id: str, after: int) -> agencies.InboxPage:
    with database.read() as connection:
        return agencies.page(connection, key_id, after)


def _envelope(database: Database, key_id: str, envelope_id: str) -> bytes:
    with database.read() as connection:
        content = None
        if agencies.is_addressee(connection, key_id, envelope_id):
            content = ingest.read_bytes(connection, envelope_id)
    if content is None:
        raise NotFoundError
    return content
