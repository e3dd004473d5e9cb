"""The HTTP application: the routers, what stands before them, and the console behind them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import WebSocketRoute

from alerts.access import Role
from api import openapi, problem
from api.alarms.endpoints import router as alarms
from api.alerts.cap import router as cap
from api.alerts.endpoints import router as alerts
from api.alerts.feed import feed_stream
from api.auth.access import GuardedRoute
from api.auth.limiter import SignInLimiter
from api.board import Board
from api.calm import Calm
from api.cameras.endpoints import router as cameras
from api.cameras.probes import Probes
from api.console_stream import router as console
from api.endpoints.endpoints import router as endpoints
from api.fixtures.endpoints import router as fixtures
from api.grant_watch import GrantWatch
from api.guard import Guard
from api.health.calm import CalmMeasures
from api.health.endpoints import router as health
from api.health.measures import Measures
from api.health.readiness import Readiness
from api.idempotency import Replies
from api.map.endpoints import router as city_map
from api.notifications.endpoints import router as notifications
from api.packed import PackedFiles
from api.patrols.endpoints import router as patrols
from api.patrols.stream import own_stream
from api.push.endpoints import router as push
from api.sessions.endpoints import router as sessions
from api.sessions.tokens import router as tokens
from api.silences.endpoints import router as silences
from api.static import Console
from api.streams import Streams
from api.tail import Tail
from api.telemetry import Collector, Exporter
from api.trust.endpoints import router as trust
from api.wiring import Services, State
from api.ws import Socket

CONSOLE = Path(__file__).parent / "console" / "dist"
ROUTERS = (
    sessions,
    tokens,
    cameras,
    fixtures,
    patrols,
    push,
    alerts,
    cap,
    notifications,
    trust,
    silences,
    endpoints,
    alarms,
    console,
    city_map,
    health,
)
SOCKETS = {
    "/v1/alerts/ws": Socket(feed_stream, Role.OPERATOR, Role.ADMIN),
    "/v1/patrols/me/ws": Socket(own_stream, Role.PATROL),
}
"""The streams that are offered over WebSocket, too. Each names who may open it."""
GZIP_FROM_BYTES = 1024


def create_app(services: Services, pages: Path = CONSOLE) -> FastAPI:
    """The application over these services; `pages`: the folder of the built console."""
    collector = Collector.named_in(os.environ)
    exporter = None if collector is None else Exporter(collector)
    watch = GrantWatch(services.grants, services.now)
    streams, files = Streams(services.feed, Tail(services.alerts), watch), PackedFiles()

    calm = Calm(services, streams)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        with state.measures.followed():
            yield
        streams.close()

    app = FastAPI(
        title="Qalqan",
        version="1",
        summary="City-wide video monitoring: incidents found, patrols sent.",
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=life,
    )
    app.state.qalqan = state = State(
        services=services,
        streams=streams,
        limiter=SignInLimiter(services.now),
        replies=Replies(services.now),
        board=Board(services),
        calm=calm,
        probes=Probes(services.resolve, services.probe),
        measures=Measures(services, streams, [CalmMeasures(calm, services.alarms)], exporter),
        readiness=Readiness(services),
        files=files,
    )
    problem.install(app)
    for router in (*ROUTERS, openapi.router(app)):
        app.include_router(_guarded(router))
    app.router.routes += [WebSocketRoute(path, socket) for path, socket in SOCKETS.items()]
    app.router.default = Console(pages, files)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=5)
    app.add_middleware(Guard, hosts=services.settings.public_hosts)
    return app


def _operation_id(route: APIRoute) -> str:
    """Stable: the function's name."""
    return route.name


def _guarded(router: APIRouter) -> APIRouter:
    """Deny by default: a route of another class would have declared no access."""
    for route in router.routes:
        if not isinstance(route, GuardedRoute):
            raise TypeError(f"{route} is not a GuardedRoute")
    return router
