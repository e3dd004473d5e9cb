"""The HTTP application: routes, errors as problem documents, headers that keep browsers safe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from alerts import errors
from api import problem
from api.alerts.endpoints import router as alerts
from api.auth.limiter import SignInLimiter
from api.board import Board
from api.cameras.endpoints import router as cameras
from api.console_stream import router as console
from api.health.endpoints import router as health
from api.idempotency import Replies
from api.map.endpoints import router as city_map
from api.map.streets import StreetsFile
from api.patrols.endpoints import router as patrols
from api.sessions.endpoints import router as sessions
from api.sse import Streams
from api.wiring import Services, State

MAX_BODY_BYTES = 1024 * 1024
CONSOLE = Path(__file__).parent / "console" / "dist"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

STATUS: dict[type[Exception], int] = {
    errors.NotFound: 404,
    errors.TransitionRefused: 409,
    errors.PatrolUnavailable: 409,
    errors.NotYours: 409,
    errors.VersionConflict: 412,
    errors.StoreUnavailable: 503,
}
"""What the alert service refuses -> HTTP status."""


def create_app(services: Services) -> FastAPI:
    """The application over these services."""
    streams = Streams(services.feed)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        streams.close()

    app = FastAPI(title="Qalqan", version="1", docs_url=None, redoc_url=None, lifespan=life)
    limiter, replies = SignInLimiter(services.now), Replies(services.now)
    app.state.qalqan = State(
        services, streams, limiter, replies, Board(services), StreetsFile(services.settings.streets)
    )
    problem.install(app)
    app.add_exception_handler(errors.AlertsError, _refused)
    for router in (sessions, cameras, patrols, alerts, console, city_map, health):
        app.include_router(router)
    app.middleware("http")(_guard)
    if CONSOLE.is_dir():
        app.mount("/", StaticFiles(directory=CONSOLE, html=True), name="console")
    return app


def _refused(request: Request, error: Exception) -> Response:
    return problem.reply(STATUS.get(type(error), 400), str(error))


async def _guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Refuse bodies that are too large, and add the headers."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        response = problem.reply(413, f"A body may have {MAX_BODY_BYTES} bytes at most.")
    else:
        response = await call_next(request)
    response.headers.update(HEADERS)
    return response
