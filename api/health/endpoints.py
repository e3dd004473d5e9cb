"""`/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import ConfigDict

from api.auth.access import GuardedRoute, Open, Staff
from api.health.readiness import Ready
from api.openapi import Responses, refusals
from api.problem import Problem
from api.schemas import Reply
from api.wiring import state_of

router = APIRouter(tags=["health"], route_class=GuardedRoute)

METRICS: Responses = {
    200: {"content": {"text/plain": {}}, "description": "Prometheus text format."}
}


class Alive(Reply):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


@router.get("/healthz", dependencies=[Open])
async def get_health() -> Alive:
    """The process answers."""
    # On the loop: while the database is away every worker thread may be waiting for it.
    return Alive()


@router.get("/readyz", dependencies=[Open], responses=refusals(503))
def get_readiness(request: Request) -> Ready:
    """Incidents can be taken in; else a 503 that says what is missing.

    Cameras that nobody watches are counted and do not make the service unready: it is through this
    service that they are repaired.
    """
    answer = state_of(request).readiness.now()
    if isinstance(answer, str):
        raise Problem(503, answer, headers={"Retry-After": "2"})
    return answer


@router.get("/metrics", response_class=Response, responses=METRICS)
def get_metrics(request: Request, caller: Staff) -> Response:
    """What Prometheus collects."""
    return Response(state_of(request).measures.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
