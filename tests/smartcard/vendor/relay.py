# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A second address of a private PC/SC service: its own leads through /proc, where a module's process may not go."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def relayed(service: Path, folder: Path) -> Iterator[Path]:
    """Pass on to the service's socket, both ways, whatever comes to the one that is returned."""
    path = folder / "pcscd.comm"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        threading.Thread(target=_take, args=(listener, str(service)), daemon=True).start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _take(listener: socket.socket, service: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(service)
        except OSError:
            client.close()
            server.close()
            continue
        pair = _Pair(client, server)
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=pair.pass_on, args=(one, other), daemon=True).start()


class _Pair:
    """Two ends of one line; both are closed when both directions have ended."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._ends = (client, server)
        self._left = 2
        self._lock = threading.Lock()

    def pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        with self._lock:
            self._left -= 1
            if self._left == 0:
                for end in self._ends:
                    end.close()
