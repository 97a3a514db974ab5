# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Builds the HTTP application of one worker by constructor calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from townhall_central.centre import Centre
from townhall_central.openapi import use_own_openapi
from townhall_central.problem import add_problem_handlers
from townhall_central.routes import kiosk_routes
from townhall_central.routes_ballot_logs import ballot_log_routes
from townhall_central.routes_catalogue import catalogue_routes
from townhall_central.routes_inbox import inbox_routes
from townhall_central.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """Return the application of a centre's data directory; any number of them may serve one directory.

    Raises:
        DirectoryError: the directory is not a whole centre of this version.
    """
    centre = Centre.open(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        centre.database.close()

    app = FastAPI(
        title="Townhall centre",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(kiosk_routes(centre))
    app.include_router(catalogue_routes(centre))
    app.include_router(inbox_routes(centre))
    app.include_router(ballot_log_routes(centre))
    add_problem_handlers(app)
    use_own_openapi(app)
    return app
