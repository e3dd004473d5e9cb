"""`/v1/push`: the key that browsers subscribe with, their subscriptions, and the test of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from alerts.notification import EndpointId
from api.auth.access import Anyone, GuardedRoute, OnPatrol
from api.log import audit, line
from api.push.schemas import (
    DEVICE_ID,
    NewSubscription,
    PushKeyReply,
    PushReply,
    SubscribedReply,
    TriedReply,
)
from api.push.service import device_of, push_reply
from api.wiring import services_of

router = APIRouter(prefix="/v1", tags=["push"], route_class=GuardedRoute)

DeviceQuery = Annotated[
    str | None, Query(pattern=DEVICE_ID, description="The device alone; all without it.")
]


@router.get("/push/key")
def push_key(request: Request, caller: Anyone) -> PushKeyReply:
    """The key that browsers subscribe with."""
    return PushKeyReply(public_key=services_of(request).push_key)


@router.get("/patrols/me/push")
def get_push(request: Request, caller: OnPatrol) -> PushReply:
    """How it stands with the calling unit's push."""
    return push_reply(services_of(request), caller.patrol)


@router.put("/patrols/me/push")
def put_push(given: NewSubscription, request: Request, caller: OnPatrol) -> SubscribedReply:
    """Let a browser be woken for the calling unit.

    Of a unit the five newest devices stay. The same subscription again changes nothing; for
    another unit, it is that one's from now on. It is tested at once, unless it is verified.
    """
    services = services_of(request)
    device = device_of(given, services.vault, services.settings.outward_networks)
    made, new = services.push.subscribe(caller.patrol, device)
    if new:
        audit.info(line("push_subscribed", patrol=caller.patrol, service=made.shown))
    standing = push_reply(services, caller.patrol)
    if new or standing.state != "verified":
        services.push.test(caller.patrol, made.id)
    return SubscribedReply(id=made.id, **dict(standing))


@router.delete("/patrols/me/push", status_code=204)
def delete_push(request: Request, caller: OnPatrol, device: DeviceQuery = None) -> None:
    """Wake a device of the calling unit no more, or none of them."""
    chosen = EndpointId(device) if device else None
    gone = services_of(request).push.unsubscribe(caller.patrol, chosen)
    if gone:
        audit.info(line("push_unsubscribed", patrol=caller.patrol, devices=gone))


@router.post("/patrols/me/push/test", status_code=202)
def try_push(request: Request, caller: OnPatrol, device: DeviceQuery = None) -> TriedReply:
    """Try whether the calling unit's devices can be woken.

    Each is sent a test over push alone, and answers by itself; then the unit is `verified`.
    """
    chosen = EndpointId(device) if device else None
    told = services_of(request).push.test(caller.patrol, chosen)
    return TriedReply(notifications=[one.id for one in told])
