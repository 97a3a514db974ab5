# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The signed catalogue for enrolled kiosks: files as `townhall-admin export` put them there, byte for byte.

The centre holds none of its keys and judges nothing of it. Requests are signed because the staff list names people.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from townhall_central import callers, openapi
from townhall_central.centre import Centre
from townhall_central.errors import MalformedRequestError, NotFoundError, SignatureRefusedError, UnknownKioskError
from townhall_central.routes_envelopes import find_caller
from townhall_sync import wire
from townhall_sync.catalogue_parts import is_safe_path

CATALOGUE_DIRECTORY: Final = "catalogue"

FilePath = Annotated[str, Path(pattern="^(metadata|targets)/[A-Za-z0-9_./-]{1,400}$")]

_FILE = openapi.problems(MalformedRequestError, SignatureRefusedError, UnknownKioskError, NotFoundError) | {
    200: {"description": "The file, byte for byte", **openapi.binary(wire.CATALOGUE_MEDIA_TYPE)}
}
_EXTRA: dict[str, object] = {"parameters": openapi.signature_headers()}


def catalogue_routes(centre: Centre) -> APIRouter:
    """Return the addresses under /v1/catalogue."""
    router = APIRouter(prefix="/v1/catalogue")
    directory = centre.settings.directory / CATALOGUE_DIRECTORY

    @router.get("/{path:path}", responses=_FILE, response_class=FileResponse, openapi_extra=_EXTRA)
    async def read_file(path: FilePath, request: Request) -> FileResponse:
        """Return one file of the signed catalogue."""
        caller = await centre.database.run(find_caller, callers.claimed_key_id(request))
        callers.verify(request, b"", caller.public_key)
        place = directory / path
        if not is_safe_path(path) or not place.is_file():
            raise NotFoundError
        return FileResponse(place, media_type=wire.CATALOGUE_MEDIA_TYPE)

    return router
