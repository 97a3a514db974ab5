# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bodies that are late, long, nameless or too many at once."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from townhall_central.bodies import BodyReader
from townhall_central.errors import (
    BodyTooLargeError,
    BodyTooSlowError,
    BusyError,
    MalformedRequestError,
    MediaTypeError,
)

KIND = "application/octet-stream"


class Sender:
    """The client's side of one request, step by step."""

    def __init__(self, *parts: bytes | None, length: str | None = None, kind: str = KIND) -> None:
        """A part that is None never comes."""
        self._messages: list[Message | None] = [
            None if part is None else {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
            for number, part in enumerate(parts)
        ]
        headers = [(b"content-type", kind.encode())]
        if length is not None:
            headers.append((b"content-length", length.encode()))
        self.request = Request({"type": "http", "method": "PUT", "headers": headers, "path": "/"}, self._receive)

    async def _receive(self) -> Message:
        if not self._messages:
            return {"type": "http.disconnect"}
        message = self._messages.pop(0)
        if message is None:
            await asyncio.Event().wait()
            raise AssertionError
        return message


def read(sender: Sender, *, limit: int = 10, memory: int = 100) -> bytes:
    reader = BodyReader(idle_s=0.05, memory_bytes=memory)
    return asyncio.run(reader.read(sender.request, media_type=KIND, limit=limit))


def test_a_whole_body_is_returned() -> None:
    assert read(Sender(b"abc", b"", b"defg", length="7")) == b"abcdefg"


def test_a_body_that_stops_coming_is_given_up() -> None:
    with pytest.raises(BodyTooSlowError):
        read(Sender(b"abc", None))


def test_a_client_that_goes_away_leaves_nothing() -> None:
    sender = Sender(b"abc", None)
    sender._messages[:] = [{"type": "http.request", "body": b"abc", "more_body": True}]
    with pytest.raises(ClientDisconnect):
        read(sender)


def test_a_body_announced_too_long_is_not_read() -> None:
    with pytest.raises(BodyTooLargeError):
        read(Sender(None, length="11"))


def test_a_body_longer_than_announced_by_nobody_is_cut() -> None:
    with pytest.raises(BodyTooLargeError):
        read(Sender(b"12345", b"67890", b"1"))


@pytest.mark.parametrize("length", ["-1", "1e3", "", "٣", "0x10", "1" * 13])
def test_an_impossible_length_is_refused(length: str) -> None:
    with pytest.raises((MalformedRequestError, BodyTooLargeError)):
        read(Sender(b"", length=length.encode().decode("latin-1")))


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-streams"])
def test_another_type_is_refused(kind: str) -> None:
    with pytest.raises(MediaTypeError):
        read(Sender(b"", kind=kind))


@pytest.mark.parametrize("kind", ["Application/Octet-Stream", "application/octet-stream; charset=x"])
def test_a_type_is_read_as_types_are(kind: str) -> None:
    assert read(Sender(b"x", kind=kind)) == b"x"


def test_unfinished_bodies_share_one_budget() -> None:
    async def crowd() -> None:
        reader = BodyReader(idle_s=5, memory_bytes=15)
        waiting = asyncio.create_task(reader.read(Sender(b"x", None, length="10").request, media_type=KIND, limit=10))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await reader.read(Sender(b"123456", length="6").request, media_type=KIND, limit=10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await reader.read(Sender(b"123456", length="6").request, media_type=KIND, limit=10) == b"123456"

    asyncio.run(crowd())
