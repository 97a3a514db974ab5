# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A register with people in it: in memory, and behind a security server of X-Road on this machine's loopback."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import msgspec

from townhall_forms.registers.statement import Person

SERVICE: Final = "DEV/GOV/70000001/population/persons-v1"
_MAX_REQUEST_BYTES: Final = 4096


@dataclass(slots=True)
class SimulatedRegister:
    """Implements ``RegisterSource``."""

    people: Mapping[Person, Mapping[str, str]]

    def look_up(self, person: Person) -> Mapping[str, str] | None:
        """Return what it states about a person."""
        return self.people.get(person)


@dataclass(slots=True)
class SimulatedSecurityServer:
    """Carries requests to a register as X-Road does; ``headers`` are those of every request that came."""

    register: SimulatedRegister
    clients: frozenset[str]
    """Who may ask."""
    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        client = headers.get("x-road-client", "")
        if path != f"/r1/{SERVICE}/persons" or client not in self.clients:
            return 500, {"X-Road-Error": "Server.ServerProxy.AccessDenied"}, b"{}"
        carried = {
            "X-Road-Id": headers.get("x-road-id", ""),
            "X-Road-Client": client,
            "X-Road-Service": SERVICE,
            "Content-Type": "application/json",
        }
        asked = msgspec.json.decode(body, type=dict[str, str])
        values = self.register.look_up(Person(asked["country"], asked["personal_code"]))
        if values is None:
            return 404, carried, b"{}"
        return 200, carried, msgspec.json.encode({"values": dict(values)})


@contextmanager
def running(server: SimulatedSecurityServer) -> Iterator[SimulatedSecurityServer]:
    """Let it listen on a free port of the loopback."""

    class _Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.headers.append(headers)
            server.lines.append(self.path)
            length = min(int(headers.get("content-length", "0")), _MAX_REQUEST_BYTES)
            status, told, body = server.answer(self.path, headers, self.rfile.read(length))
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_args: object) -> None:  # noqa: A002  # the library's name
            """Write nothing: it would be personal data."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}"
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
