# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The real centre, under uvicorn on loopback."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import uvicorn

from townhall_central.app import create_app
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre


@pytest.fixture
def real_centre(tmp_path: Path) -> Iterator[SimulatedCentre]:
    centre = SimulatedCentre.create(tmp_path / "centre", 1_800_000_000)
    yield centre
    centre.database.close()


@pytest.fixture
def serve() -> Iterator[Callable[[SimulatedCentre, Callable[[], int]], int]]:
    """Serve a centre's directory with a clock; returns the port."""
    with ExitStack() as running:

        def start(centre: SimulatedCentre, wall: Callable[[], int]) -> int:
            app = create_app(Settings(centre.path, clock=wall))
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, ws="none"))
            listening = running.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()

            def stop() -> None:
                server.should_exit = True
                thread.join()

            running.callback(stop)
            port: int = listening.getsockname()[1]
            return port

        yield start
