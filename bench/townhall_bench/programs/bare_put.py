# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The peer of the centre: a FastAPI application that stores what is PUT in SQLite, and does nothing else."""

import sqlite3
import sys

import uvicorn
from fastapi import FastAPI, Request, Response

from townhall_central.serve import TellingServer


def application(path: str) -> FastAPI:
    """Return the application over the database file ``path``."""
    app = FastAPI()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA"):  # as the centre has it
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE envelope (id TEXT PRIMARY KEY, bytes BLOB NOT NULL)")

    @app.put("/v1/envelopes/{envelope_id}")
    async def put(envelope_id: str, request: Request) -> Response:
        connection.execute("INSERT INTO envelope VALUES (?, ?)", (envelope_id, await request.body()))
        return Response(status_code=201)

    return app


if __name__ == "__main__":
    TellingServer(
        uvicorn.Config(application(sys.argv[1]), port=0, log_level="warning", access_log=False, server_header=False)
    ).run()
