# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs one worker of the centre under uvicorn, and tells scripts where it listens."""

import socket

import uvicorn

from townhall_central.app import create_app
from townhall_central.console import say
from townhall_central.settings import Settings


class TellingServer(uvicorn.Server):
    """Prints one line once connections are taken: with port 0 nobody else knows the port."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets)
        if not self.should_exit:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            say(f"listening on http://{shown}:{port}")


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one.

    Raises:
        DirectoryError: the data directory is not a whole centre of this version.
    """
    config = uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # who sent when is in the database, and nowhere else
        server_header=False,
        # Kiosks keep a line open between two envelopes rather than shake hands anew.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        lifespan="on",
    )
    TellingServer(config).run()
