# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A speech service that speaks to nobody: SSIP on a Unix socket, and a record of all that a person would have heard."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_DONE: Final = {
    "CLIENT_NAME": b"208 OK CLIENT NAME SET\r\n",
    "LANGUAGE": b"201 OK LANGUAGE SET\r\n",
    "PRIORITY": b"202 OK PRIORITY SET\r\n",
    "RATE": b"203 OK RATE SET\r\n",
    "VOLUME": b"218 OK VOLUME SET\r\n",
    "SSML_MODE": b"219 OK SSML MODE SET\r\n",
}
_RECEIVING = b"230 OK RECEIVING DATA\r\n"
_QUEUED = b"225-1\r\n225 OK MESSAGE QUEUED\r\n"
_CANCELED = b"210 OK CANCELED\r\n"
_UNKNOWN = b"500 ERROR INVALID COMMAND\r\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """One text as it arrived; ``volume`` and ``rate`` in SSIP's units."""

    text: str
    language: str
    volume: int
    rate: int
    is_urgent: bool = False


class SimulatedSpeechService:
    """Use it as a context manager; answers on ``path`` meanwhile."""

    def __init__(self, path: Path) -> None:
        """Listen on ``path``, which must not exist yet."""
        self.path = path
        self.record: list[Heard | None] = []
        """What was heard, in order; None: all that was being said was stopped."""
        self.clients: list[str] = []
        self.connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Go away."""
        self._server.shutdown()
        self._server.server_close()
        self.path.unlink(missing_ok=True)

    @property
    def texts(self) -> list[str]:
        """What was heard, in order."""
        return [heard.text for heard in tuple(self.record) if heard is not None]

    def break_off(self) -> None:
        """Drop every client, as a service does that crashes; the next ones are served again."""
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)

    def note(self, heard: Heard | None) -> None:
        """Take down what one would have heard."""
        with self._changed:
            self.record.append(heard)
            self._changed.notify_all()

    def wait_until(self, is_it: Callable[[list[Heard | None]], bool], within_s: float) -> bool:
        """Wait until ``is_it`` holds for the record; tell whether it came to hold."""
        with self._changed:
            return self._changed.wait_for(lambda: is_it(self.record), within_s)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: SimulatedSpeechService) -> None:
        self.service = service
        super().__init__(str(service.path), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    """One client, as speech-dispatcher would serve it."""

    server: _Server

    def handle(self) -> None:
        self._settings = {"LANGUAGE": "en", "VOLUME": "100", "RATE": "0", "PRIORITY": "text"}
        self.server.service.connections.add(self.connection)
        with contextlib.suppress(ConnectionError):  # a visit that is over is ended in the middle of a word
            while line := self.rfile.readline():
                self.wfile.write(self._answer(line.decode().split()))
        self.server.service.connections.discard(self.connection)

    def _answer(self, words: list[str]) -> bytes:
        match words:
            case ["SET", "self", name, value] if name in _DONE:
                self._settings[name] = value
                if name == "CLIENT_NAME":
                    self.server.service.clients.append(value)
                return _DONE[name]
            case ["SPEAK"]:
                self.wfile.write(_RECEIVING)
                self._hear()
                return _QUEUED
            case ["CANCEL", "self"]:
                self.server.service.note(None)
                return _CANCELED
            case _:
                return _UNKNOWN

    def _hear(self) -> None:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line.removeprefix(".") if line.startswith("..") else line)
        settings = self._settings
        self.server.service.note(
            Heard(
                "\n".join(lines),
                settings["LANGUAGE"],
                int(settings["VOLUME"]),
                int(settings["RATE"]),
                settings["PRIORITY"] == "important",
            )
        )
