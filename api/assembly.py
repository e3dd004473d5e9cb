"""The control process put together: the one place where the service's parts meet their adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.alert import Place
from alerts.believing.trust import TrustPolicy
from alerts.believing.trust_desk import TrustDesk
from alerts.calm.flood import FloodPolicy
from alerts.calm.raised import AlarmLog, FloodWatch
from alerts.calm.silence_desk import SilenceDesk
from alerts.dispatch.journeys import Journeys
from alerts.endpoint_desk import EndpointDesk
from alerts.errors import StoreUnavailable
from alerts.notify.feed import Feed
from alerts.policy import Policy
from alerts.ports import Places
from alerts.push_desk import PushDesk
from alerts.registry import RegisteredCamera
from alerts.service import AlertService
from alerts.stores.sql import Database
from api.auth.vault import Vault
from api.cameras.outline import outlines_of
from api.channels import admissions_of
from api.cli.installation import utc_now
from api.courier import Orders
from api.couriers import Couriers
from api.home import manifests, weights
from api.node_link import NodeLink, Reveal, RevealSubstream
from api.pairing import LinearSum
from api.policy_file import policy_of
from api.push.keys import push_key_at
from api.roads import roads_of
from api.settings import Settings
from api.supervisor import Supervisor, node_command
from api.wiring import Services
from ingest.address import CameraNetworks
from ingest.camera import CameraId
from ingest.probe import probe


@dataclass(frozen=True, slots=True)
class Parts:
    """A control process of which nothing runs yet."""

    services: Services
    link: NodeLink
    supervisor: Supervisor
    couriers: Couriers
    database: Database

    def close(self) -> None:
        """Of one that was not started."""
        self.link.let_go()
        self.database.close()


def assemble(settings: Settings, model: str) -> Parts:
    """Hold folder and database against other services, and build on them.

    Raises `OSError`, `StoreUnavailable`, `ApiError`.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.database)
    feed, vault = Feed(), Vault.at(settings.key_file)
    policy = policy_of(settings.policy, settings.policy_file)
    roads = roads_of(settings)

    def place_of(camera: CameraId) -> Place | None:
        registered = database.cameras.get(camera)
        return registered.place if registered else None

    alerts = _alerts(settings, database, policy, place_of, feed, roads)
    reveal, reveal_substream = revealing(vault)
    link = NodeLink(
        settings.home, alerts, database.cameras, reveal, utc_now, reveal_substream=reveal_substream
    )
    try:
        link.hold()  # first: a claim puts whoever works with the database out of it
        database.claim()
    except BaseException:
        link.let_go()
        database.close()
        raise
    supervisor = _supervisor(settings, link, model)
    couriers = Couriers(Orders(settings, 0, settings.couriers, database.epoch), feed, feed.ring)
    services = Services(
        settings=settings,
        alerts=alerts,
        **_desks(settings, database, policy, place_of, feed, roads),
        admissions=admissions_of(settings),
        push_key=push_key_at(settings.push_key_file).public,
        cameras=database.cameras,
        grants=database.grants,
        nodes=link,
        feed=feed,
        vault=vault,
        resolve=CameraNetworks(settings.camera_networks).resolve,
        probe=probe,
        now=utc_now,
        checks=(lambda: unready(database), link.missing, couriers.missing),
        restarts=lambda: supervisor.restarts,
    )
    return Parts(services, link, supervisor, couriers, database)


def _alerts(
    settings: Settings,
    database: Database,
    policy: Policy,
    place_of: Places,
    feed: Feed,
    roads: Journeys | None,
) -> AlertService:
    trust = TrustPolicy(**settings.trust.model_dump())
    outlines, pairing = outlines_of(database.cameras), LinearSum()
    return AlertService(
        database.store, place_of, policy, utc_now, feed.ring, trust, outlines, roads, pairing
    )


def _desks(
    settings: Settings,
    database: Database,
    policy: Policy,
    place_of: Places,
    feed: Feed,
    roads: Journeys | None,
) -> dict[str, Any]:
    """What people ask beside the alerts themselves, by its name in `Services`."""
    store = database.store
    trust = TrustPolicy(**settings.trust.model_dump())
    flood = FloodPolicy(**settings.flood.model_dump())
    return {
        "trust": TrustDesk(store, place_of, policy, trust, utc_now, feed.ring, roads),
        "silences": SilenceDesk(store, policy, utc_now, feed.ring, roads),
        "endpoints": EndpointDesk(store, utc_now, feed.ring),
        "alarms": AlarmLog(store, flood, utc_now),
        "flood": FloodWatch(store, flood, utc_now),
        "push": PushDesk(store, utc_now, feed.ring),
    }


def _supervisor(settings: Settings, link: NodeLink, model: str) -> Supervisor:
    command = node_command(
        socket=str(link.socket),
        data=str(settings.home),
        models=str(manifests()),
        weights=str(weights()),
        model=model,
        options=settings.detection.options(),
    )
    return Supervisor(command, lambda: link.heard_s, on_call=True)


def revealing(vault: Vault) -> tuple[Reveal, RevealSubstream]:
    """What opens the sealed addresses for the node."""

    def reveal(camera: RegisteredCamera) -> str:
        return vault.open(camera.url_sealed, camera.id).pinned_to(camera.pinned_address).reveal()

    def reveal_substream(camera: RegisteredCamera) -> str | None:
        if (small := camera.substream) is None:
            return None
        return vault.open(small.sealed, camera.id).pinned_to(small.pinned).reveal()

    return reveal, reveal_substream


def unready(database: Database) -> str | None:
    """Why nothing can be committed now; None when it can."""
    try:
        database.ready()
    except StoreUnavailable as error:
        return str(error)
    return None
