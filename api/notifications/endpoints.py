"""`/v1/notifications`: what a message means, and the receipts of devices."""

from __future__ import annotations

from fastapi import APIRouter, Request

from alerts.notification import NotificationId
from api.auth.access import GuardedRoute, OnPatrol
from api.notifications.schemas import (
    NotificationPath,
    NotificationReply,
    Receipt,
    notification_reply,
)
from api.openapi import refusals
from api.wiring import services_of

router = APIRouter(prefix="/v1/notifications", tags=["notifications"], route_class=GuardedRoute)


@router.get("/{notification}", responses=refusals(404, 409))
def get_notification(
    notification: NotificationPath, request: Request, caller: OnPatrol
) -> NotificationReply:
    """What a message to the calling unit means.

    A push message holds its id alone: nobody on the way can read more.
    """
    alerts = services_of(request).alerts
    return notification_reply(alerts.notification(NotificationId(notification), caller.patrol))


@router.post("/{notification}/receipt", responses=refusals(404, 409))
def post_receipt(
    notification: NotificationPath, body: Receipt, request: Request, caller: OnPatrol
) -> NotificationReply:
    """A device of the calling unit has it, or a person sees it.

    Without one within `receipt_s` the unit is told over its next channel. Said again, it changes
    nothing.
    """
    alerts = services_of(request).alerts
    told = alerts.receipt(NotificationId(notification), caller.patrol, body.stage)
    return notification_reply(told)
