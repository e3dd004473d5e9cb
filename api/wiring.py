"""What the program is put together from: the services behind every request."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fastapi.requests import HTTPConnection

if TYPE_CHECKING:
    from alerts.access import GrantStore
    from alerts.believing.trust_desk import TrustDesk
    from alerts.calm.raised import AlarmLog, FloodWatch
    from alerts.calm.silence_desk import SilenceDesk
    from alerts.endpoint_desk import EndpointDesk
    from alerts.notify.address import Admits
    from alerts.ports import Clock
    from alerts.push_desk import PushDesk
    from alerts.registry import CameraRegistry
    from alerts.service import AlertService
    from api.auth.limiter import SignInLimiter
    from api.auth.vault import Vault
    from api.board import Board
    from api.calm import Calm
    from api.cameras.probes import Probes
    from api.health.measures import Measures
    from api.health.readiness import Readiness
    from api.idempotency import Replies
    from api.nodes import Nodes
    from api.packed import PackedFiles
    from api.settings import Settings
    from api.streams import Feed, Streams
    from ingest.camera import StreamUrl
    from ingest.sources.base import SourceInfo

Probe = Callable[["StreamUrl"], Coroutine[Any, Any, "SourceInfo"]]
"""Opens a stream in a process of its own, says what it carries. Raises `IngestError`."""

Resolve = Callable[["StreamUrl"], "StreamUrl"]
"""Pins a stream's host to an address inside the camera networks. Raises `IngestError`."""

Check = Callable[[], str | None]
"""A condition of readiness: None when it holds, else one line that says what is missing."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the HTTP service works with; built once at start, the same for every request."""

    settings: Settings
    alerts: AlertService
    trust: TrustDesk
    silences: SilenceDesk
    endpoints: EndpointDesk
    admissions: Mapping[str, Admits]
    """By channel: who knows whether an address is fit for it."""
    alarms: AlarmLog
    flood: FloodWatch
    push: PushDesk
    push_key: str
    """The public key by which push services know this installation."""
    cameras: CameraRegistry
    grants: GrantStore
    nodes: Nodes
    feed: Feed
    vault: Vault
    resolve: Resolve
    probe: Probe
    now: Clock
    checks: tuple[Check, ...] = ()
    """All must hold for `/readyz`."""
    restarts: Callable[[], int] = lambda: 0
    """How often the node process was started again."""


@dataclass(frozen=True, slots=True)
class State:
    """What one application keeps while it runs."""

    services: Services
    streams: Streams
    limiter: SignInLimiter
    replies: Replies
    board: Board
    calm: Calm
    probes: Probes
    measures: Measures
    readiness: Readiness
    files: PackedFiles


def state_of(request: HTTPConnection) -> State:
    """The application's state behind a request."""
    return cast("State", request.app.state.qalqan)


def services_of(request: HTTPConnection) -> Services:
    """The services behind a request."""
    return state_of(request).services
