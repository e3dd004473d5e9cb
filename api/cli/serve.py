"""`qalqan serve`: the real service. Control process here, the node as a supervised child."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from alerts.access import GrantStore, Role
from alerts.errors import StoreUnavailable
from alerts.service import AlertService
from alerts.stores.fence import TakenOver
from alerts.stores.sql import Database
from api.app import create_app
from api.assembly import assemble
from api.auth.tokens import has_admin, issue_sign_in_path
from api.cli.installation import settings_of, utc_now
from api.couriers import Couriers
from api.errors import ApiError
from api.home import manifests, weights
from api.http_server import Server, listen, make_server
from api.log import to_stderr as log_to_stderr
from api.node_link import NodeLink
from api.settings import Settings
from api.supervisor import Supervisor
from api.wiring import Services
from detect.catalog import Catalog

log = logging.getLogger("qalqan")

TICK_S = 0.5
"""How often lapsed offers and unattended alerts are looked for."""
DEFAULT_MODEL = "nanodet-g-416"
SWITCH_S = 0.0005
"""So long one thread computes while others wait. Every word with the database lets the others
compute, and with Python's own 5 ms a thread would wait that long to go on, twenty times a change.
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A started service."""

    settings: Settings
    services: Services
    link: NodeLink
    supervisor: Supervisor
    couriers: Couriers
    port: int
    jobs: tuple[asyncio.Task[None], ...]
    """What runs as long as the service does."""

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.port}"

    async def until(self, told: asyncio.Task[None]) -> None:
        """Wait until told to end.

        Raises `ApiError` when a part ends by itself: better a service that the machine's service
        manager starts anew than one without its node or its API.
        """
        await asyncio.wait({told, *self.jobs}, return_when=asyncio.FIRST_COMPLETED)
        for job in self.jobs:
            if job.done() and not told.done():
                name = job.get_name()
                log.critical("the part '%s' has ended", name, exc_info=job.exception())
                raise ApiError(f"the part '{name}' of the service has ended; start it again")


@contextlib.asynccontextmanager
async def running(settings: Settings, model: str = DEFAULT_MODEL) -> AsyncIterator[Running]:
    """Start everything; end everything when the block ends."""
    parts = await asyncio.to_thread(assemble, settings, model)
    services, link, couriers = parts.services, parts.link, parts.couriers
    stop = asyncio.Event()
    app = create_app(services)
    try:
        server, listening = make_server(app), listen(settings.host, settings.port)
        await link.start()
    except OSError:
        parts.close()
        raise
    jobs = (
        asyncio.create_task(server.serve(sockets=[listening]), name="http"),
        asyncio.create_task(parts.supervisor.run(stop), name="node"),
        asyncio.create_task(_tick(services.alerts, parts.database), name="ticks"),
        asyncio.create_task(couriers.run(stop), name="couriers"),
    )
    try:
        await _started(server, jobs[0])
        port = int(listening.getsockname()[1])
        yield Running(settings, services, link, parts.supervisor, couriers, port, jobs)
    finally:
        stop.set()
        app.state.qalqan.streams.close()  # else they keep the server waiting for its patience
        server.should_exit = True
        jobs[2].cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await link.stop()
        parts.database.close()


async def _started(server: Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            serving.result()
            raise OSError("the HTTP server ended while it started")
        await asyncio.sleep(0.02)


async def _tick(alerts: AlertService, database: Database) -> None:
    """Raises `TakenOver` when another service has the database: two would send two patrols."""
    while True:
        database.stand_down()
        try:
            await asyncio.to_thread(alerts.tick)
        except TakenOver:
            raise
        except StoreUnavailable as error:
            log.warning("escalation waits: %s", error)
        except Exception:
            log.exception("escalation failed and is tried again")
        await asyncio.sleep(TICK_S)


async def until_signal() -> None:
    """Return at SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _first_sign_in(grants: GrantStore) -> str | None:
    """A path that signs the first administrator in; None when there is an administrator."""
    if has_admin(grants, utc_now()):
        return None
    return issue_sign_in_path(grants, Role.ADMIN, "first administrator", utc_now())


async def _run(settings: Settings, model: str, say: Callable[[str], None]) -> None:
    ended = asyncio.create_task(until_signal())
    async with running(settings, model) as service:
        say(f"Qalqan is serving on {service.url} (stop with Ctrl-C)")
        if path := await asyncio.to_thread(_first_sign_in, service.services.grants):
            say(f"Nobody administers it yet. Sign in once, within 10 minutes: {service.url}{path}")
        await service.until(ended)


def allow_many_connections() -> None:
    """Raise the soft limit of open files: every camera, browser and patrol takes one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve(
    config: Annotated[Path | None, typer.Option(help="Settings (YAML).")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the service's state.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
    model: Annotated[str, typer.Option(help="Model name.")] = DEFAULT_MODEL,
    database: Annotated[
        str | None, typer.Option(help="postgresql://HOST/NAME; by default a file in the folder.")
    ] = None,
) -> None:
    """Run the service on this machine: API, console, alerting and one node."""
    settings = settings_of(config, data, port, database)
    Catalog(manifests(), weights()).check(model)
    log_to_stderr()
    allow_many_connections()
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(_run(settings, model, lambda text: typer.echo(text, err=True)))
