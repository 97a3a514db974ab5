# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The addresses that take envelopes: one by PUT, several by POST. Both ask the one function that stores."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from townhall_central import callers, ingest, openapi
from townhall_central.centre import Centre
from townhall_central.database import Database
from townhall_central.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    DigestMismatchError,
    EnvelopeUnreadableError,
    LinkContradictedError,
    MalformedRequestError,
    MediaTypeError,
    NotYoursError,
    OtherBytesError,
    SequenceTakenError,
    SignatureRefusedError,
    UnknownKioskError,
)
from townhall_crypto.envelope import MAX_ENVELOPE_BYTES
from townhall_sync import batch, wire
from townhall_sync.errors import MessageMalformedError

JSON = "application/json"
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]

_ONE, _SEVERAL = wire.ENVELOPE_MEDIA_TYPE, batch.BATCH_MEDIA_TYPE
_DOOR = (
    MalformedRequestError, DigestMismatchError, SignatureRefusedError, UnknownKioskError, BodyTooSlowError,
    BodyTooLargeError, MediaTypeError,
)  # fmt: skip
_PUT = openapi.problems(
    *_DOOR, EnvelopeUnreadableError, NotYoursError, LinkContradictedError, SequenceTakenError, OtherBytesError
) | {
    200: openapi.message(wire.PutReply, "These bytes were stored before; this is their first receipt"),
    201: openapi.message(wire.PutReply, "Stored, accepted or quarantined as the receipt says"),
}
_POST = openapi.problems(*_DOOR) | {
    200: openapi.message(batch.BatchReply, "One result an envelope, in the batch's order, each as a PUT would answer"),
}


def add_envelopes(router: APIRouter, centre: Centre) -> None:
    """Add both addresses."""

    @router.put("/envelopes/{envelope_id}", responses=_PUT, response_class=Response, openapi_extra=_extra(_ONE))
    async def put_envelope(envelope_id: Hash, request: Request) -> Response:
        """Store an envelope exactly once and answer with its signed receipt."""
        caller, body = await _signed_body(centre, request, _ONE, MAX_ENVELOPE_BYTES)
        sent = (batch.NamedEnvelope(envelope_id, body),)
        (outcome,) = await centre.database.run(_put, centre, sent, caller)
        if not isinstance(outcome, ingest.Stored):
            raise outcome.error
        return Response(wire.to_json(outcome.reply), status_code=201 if outcome.is_new else 200, media_type=JSON)

    @router.post("/envelopes", responses=_POST, response_class=Response, openapi_extra=_extra(_SEVERAL))
    async def post_envelopes(request: Request) -> Response:
        """Store several envelopes, each exactly once, and answer for each of them."""
        caller, body = await _signed_body(centre, request, _SEVERAL, batch.MAX_BATCH_BYTES)
        try:
            sent = batch.decode(body)
        except MessageMalformedError as exc:
            raise MalformedRequestError from exc
        outcomes = await centre.database.run(_put, centre, sent, caller)
        results = tuple(_result(each.id, outcome) for each, outcome in zip(sent, outcomes, strict=True))
        return Response(wire.to_json(batch.BatchReply(results=results)), media_type=JSON)


def _extra(media_type: str) -> dict[str, object]:
    body = {"required": True, **openapi.binary(media_type)}
    return {"requestBody": body, "parameters": openapi.signature_headers()}


async def _signed_body(centre: Centre, request: Request, media_type: str, limit: int) -> tuple[ingest.Caller, bytes]:
    """Return who sends, and what; nobody makes us hold a body who claims no known name."""
    caller = await centre.database.run(find_caller, callers.claimed_key_id(request))
    body = await centre.bodies.read(request, media_type=media_type, limit=limit)
    callers.verify(request, body, caller.public_key)
    return caller, body


def find_caller(database: Database, key_id: str) -> ingest.Caller:
    """Return the kiosk that a request claims to be from; raises UnknownKioskError."""
    with database.read() as connection:
        caller = ingest.find_caller(connection, key_id)
    if caller is None:
        raise UnknownKioskError
    return caller


def _put(
    database: Database, centre: Centre, sent: tuple[batch.NamedEnvelope, ...], caller: ingest.Caller
) -> tuple[ingest.Outcome, ...]:
    return ingest.put_all(database, sent, caller, keys=centre.keys, now=centre.now())


def _result(envelope_id: str, outcome: ingest.Outcome) -> batch.EnvelopeResult:
    if isinstance(outcome, ingest.Stored):
        return batch.EnvelopeResult(id=envelope_id, status=201 if outcome.is_new else 200, reply=outcome.reply)
    return batch.EnvelopeResult(id=envelope_id, status=outcome.error.status, code=outcome.error.code)
