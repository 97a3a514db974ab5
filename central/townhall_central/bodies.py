# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads request bodies whole or not at all, within limits of length, patience and memory."""

import asyncio

from starlette.requests import Request

from townhall_central.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    BusyError,
    MalformedRequestError,
    MediaTypeError,
)


class BodyReader:
    """The bodies that one worker is reading; `idle_s` without a byte end one, `memory_bytes` bounds them all."""

    def __init__(self, idle_s: float, memory_bytes: int) -> None:
        self._idle_s = idle_s
        self._free_bytes = memory_bytes

    async def read(self, request: Request, *, media_type: str, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            MediaTypeError: another Content-Type.
            BodyTooLargeError: more than `limit` bytes, announced or sent.
            BodyTooSlowError: no byte in time.
            BusyError: too many bodies at once.
            starlette.requests.ClientDisconnect: the client went away.
        """
        stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if stated != media_type:
            raise MediaTypeError
        reserved = self._announced(request, limit)
        if reserved > self._free_bytes:
            raise BusyError("too many unfinished bodies")
        self._free_bytes -= reserved
        try:
            return await self._collect(request, limit)
        except TimeoutError as exc:
            raise BodyTooSlowError from exc
        finally:
            self._free_bytes += reserved

    def _announced(self, request: Request, limit: int) -> int:
        stated = request.headers.get("content-length")
        if stated is None:
            return limit
        if not (stated.isascii() and stated.isdigit()):
            raise MalformedRequestError
        if len(stated) > 12 or int(stated) > limit:
            raise BodyTooLargeError
        return int(stated)

    async def _collect(self, request: Request, limit: int) -> bytes:
        body = bytearray()
        stream = aiter(request.stream())
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    body += await anext(stream)
            except StopAsyncIteration:
                return bytes(body)
            if len(body) > limit:
                raise BodyTooLargeError
