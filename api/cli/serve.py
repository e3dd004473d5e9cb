"""`qalqan serve`: the real service. Control process here, the node as a supervised child."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from alerts.access import GrantStore, Role
from alerts.alert import Place
from alerts.endpoint_desk import EndpointDesk
from alerts.errors import StoreUnavailable
from alerts.flood import FloodPolicy
from alerts.notify.feed import Feed
from alerts.push_desk import PushDesk
from alerts.raised import AlarmLog, FloodWatch
from alerts.registry import RegisteredCamera
from alerts.service import AlertService
from alerts.silence_desk import SilenceDesk
from alerts.stores.sql import Database
from alerts.trust import TrustPolicy
from alerts.trust_desk import TrustDesk
from api.app import create_app
from api.auth.tokens import has_admin, issue_sign_in_path
from api.auth.vault import Vault
from api.cameras.outline import outlines_of
from api.channels import admissions_of
from api.cli.installation import settings_of, utc_now
from api.courier import Orders
from api.couriers import Couriers
from api.errors import ApiError
from api.home import manifests, weights
from api.http_server import Server, listen, make_server
from api.log import to_stderr as log_to_stderr
from api.node_link import NodeLink, Reveal, RevealSubstream
from api.pairing import LinearSum
from api.policy_file import policy_of
from api.push.keys import push_key_at
from api.roads import roads_if_usable
from api.settings import Settings
from api.supervisor import Supervisor, node_command
from api.wiring import Services
from detect.catalog import Catalog
from ingest.address import CameraNetworks
from ingest.camera import CameraId
from ingest.probe import probe

log = logging.getLogger("qalqan")

TICK_S = 0.5
"""How often lapsed offers and unattended alerts are looked for."""
DEFAULT_MODEL = "nanodet-g-416"


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


def _revealing(vault: Vault) -> tuple[Reveal, RevealSubstream]:
    """What opens the sealed addresses for the node."""

    def reveal(camera: RegisteredCamera) -> str:
        return vault.open(camera.url_sealed, camera.id).pinned_to(camera.pinned_address).reveal()

    def reveal_substream(camera: RegisteredCamera) -> str | None:
        if (small := camera.substream) is None:
            return None
        return vault.open(small.sealed, camera.id).pinned_to(small.pinned).reveal()

    return reveal, reveal_substream


def build(
    settings: Settings, model: str
) -> tuple[Services, NodeLink, Supervisor, Couriers, Database]:
    """Put the control process together; nothing is started yet."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.database)
    database.claim()
    vault = Vault.at(settings.key_file)
    feed = Feed()
    networks = CameraNetworks(settings.camera_networks)

    def place_of(camera: CameraId) -> Place | None:
        registered = database.cameras.get(camera)
        return registered.place if registered else None

    policy = policy_of(settings.policy, settings.policy_file)
    trust = TrustPolicy(**settings.trust.model_dump())
    flood = FloodPolicy(**settings.flood.model_dump())
    outlines = outlines_of(database.cameras)
    now, roads = utc_now, roads_if_usable(settings.streets)
    alerts = AlertService(
        database.store, place_of, policy, now, feed.ring, trust, outlines, roads, LinearSum()
    )

    reveal, reveal_substream = _revealing(vault)
    link = NodeLink(
        settings.home, alerts, database.cameras, reveal, utc_now, reveal_substream=reveal_substream
    )
    command = node_command(
        socket=str(link.socket),
        data=str(settings.home),
        models=str(manifests()),
        weights=str(weights()),
        model=model,
        options=settings.detection.options(),
    )
    supervisor = Supervisor(command, lambda: link.heard_s, on_call=True)
    couriers = Couriers(Orders(settings, 0, settings.couriers), feed, feed.ring)

    services = Services(
        settings=settings,
        alerts=alerts,
        trust=TrustDesk(database.store, place_of, policy, trust, utc_now, feed.ring, roads),
        silences=SilenceDesk(database.store, policy, utc_now, feed.ring, roads),
        endpoints=EndpointDesk(database.store, utc_now, feed.ring),
        admissions=admissions_of(settings),
        alarms=AlarmLog(database.store, flood, utc_now),
        flood=FloodWatch(database.store, flood, utc_now),
        push=PushDesk(database.store, utc_now, feed.ring),
        push_key=push_key_at(settings.push_key_file).public,
        cameras=database.cameras,
        grants=database.grants,
        nodes=link,
        feed=feed,
        vault=vault,
        resolve=networks.resolve,
        probe=probe,
        now=utc_now,
        checks=(lambda: unready(database), link.missing, couriers.missing),
        restarts=lambda: supervisor.restarts,
    )
    return services, link, supervisor, couriers, database


def unready(database: Database) -> str | None:
    """Why nothing can be committed now; None when it can."""
    try:
        database.ready()
    except StoreUnavailable as error:
        return str(error)
    return None


@contextlib.asynccontextmanager
async def running(settings: Settings, model: str = DEFAULT_MODEL) -> AsyncIterator[Running]:
    """Start everything; end everything when the block ends."""
    built = await asyncio.to_thread(build, settings, model)
    services, link, supervisor, couriers, database = built
    stop = asyncio.Event()
    app = create_app(services)
    server, listening = make_server(app), listen(settings.host, settings.port)
    try:
        await link.start()
    except OSError:
        listening.close()
        raise
    jobs = (
        asyncio.create_task(server.serve(sockets=[listening]), name="http"),
        asyncio.create_task(supervisor.run(stop), name="node"),
        asyncio.create_task(_tick(services.alerts), name="ticks"),
        asyncio.create_task(couriers.run(stop), name="couriers"),
    )
    try:
        await _started(server, jobs[0])
        port = int(listening.getsockname()[1])
        yield Running(settings, services, link, supervisor, couriers, port, jobs)
    finally:
        stop.set()
        app.state.qalqan.streams.close()  # else they keep the server waiting for its patience
        server.should_exit = True
        jobs[2].cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await link.stop()
        database.close()


async def _started(server: Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            serving.result()
            raise OSError("the HTTP server ended while it started")
        await asyncio.sleep(0.02)


async def _tick(alerts: AlertService) -> None:
    while True:
        try:
            await asyncio.to_thread(alerts.tick)
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
    asyncio.run(_run(settings, model, lambda text: typer.echo(text, err=True)))
