"""`/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from alerts.alert import State
from api.auth.access import GuardedRoute, Open, Staff
from api.problem import Problem
from api.wiring import services_of

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get("/healthz", dependencies=[Open])
def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", dependencies=[Open])
def ready(request: Request) -> dict[str, str]:
    """Incidents can be taken in and cameras are watched; else a 503 that says what is missing."""
    missing = [said for check in services_of(request).checks if (said := check())]
    if missing:
        raise Problem(503, "; ".join(missing))
    return {"status": "ready"}


@router.get("/metrics")
def metrics(request: Request, caller: Staff) -> Response:
    """Prometheus text format."""
    services = services_of(request)
    registry = CollectorRegistry()
    alerts = Gauge("qalqan_alerts_open", "Open alerts by state", ["state"], registry=registry)
    states = [state for state in State if state is not State.CLOSED]
    counts = Counter(one.state for one in services.alerts.page(1000, None, states))
    for state in states:
        alerts.labels(state.value).set(counts[state])
    watched = Gauge("qalqan_cameras", "Cameras by watch state", ["state"], registry=registry)
    watch = Counter(services.nodes.watch(one.id).state for one in services.cameras.list())
    for name, count in watch.items():
        watched.labels(name).set(count)
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")
