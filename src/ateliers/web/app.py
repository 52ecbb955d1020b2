"""The service as one ASGI application: the doors, their guards, and the frame around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from litestar import Litestar, Request, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.static_files import create_static_files_router

from ateliers import database
from ateliers.resources import resource
from ateliers.web import operation
from ateliers.web.answers import HANDLERS, problem, redirect
from ateliers.web.api.rush import rush
from ateliers.web.doors import routes_of
from ateliers.web.frame import App, SignInNeeded, frame, provide_me, staff_only
from ateliers.web.microcache import MicroCache
from ateliers.words import gettext

LARGEST_BODY = 1_000_000  # bytes; nothing that people or programs send here comes near it
YEAR = 365 * 24 * 3600


def on_sign_in_needed(request: Request[Any, Any, Any], _error: SignInNeeded) -> Response[bytes]:
    """A staff page without a signed-in person: to the sign-in page, which leads back."""
    if request.scope["path"].startswith("/api/"):
        return problem(401, gettext("You need to sign in."))
    back = request.scope["path"] if request.method == "GET" else "/espace"
    return redirect("/connexion?suite=" + quote(back, safe="/"))


def make_app(database_url: str | None = None, *, pool_size: int = 8) -> App:
    """The application. With a `database_url` it opens and closes its own pool; without, the caller has opened one."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        if database_url is not None:
            await database.open_pool(database_url, size=pool_size)
        yield
        if database_url is not None:
            await database.close_pool()

    staff: dict[str, Any] = {"guards": [staff_only], "dependencies": {"me": Provide(provide_me)}}
    app = Litestar(
        route_handlers=[
            Router("/", route_handlers=routes_of("ateliers.web.public")),
            Router("/", route_handlers=routes_of("ateliers.web.workspace"), **staff),
            Router("/", route_handlers=routes_of("ateliers.web.coordination"), **staff),
            Router("/", route_handlers=routes_of("ateliers.web.api")),
            *operation.ROUTES,
            create_static_files_router(
                path="/static",
                directories=[resource("static")],
                cache_control=CacheControlHeader(max_age=YEAR, public=True, immutable=True),
                include_in_schema=False,
            ),
        ],
        exception_handlers={**HANDLERS, SignInNeeded: on_sign_in_needed},
        compression_config=CompressionConfig(
            backend="gzip",
            gzip_compress_level=5,
            minimum_size=1000,
            exclude=[r"\.ics$", r"^/api/v1/calendar/"],  # these come compressed, once for many readers
        ),
        request_max_body_size=LARGEST_BODY,
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=None,
    )
    return frame(operation.measured(rush(MicroCache(app))))  # type: ignore[arg-type]
