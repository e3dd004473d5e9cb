"""An alert's way and what was said to whom about it, as the API tells of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict

from alerts.alert import PatrolId
from alerts.notification import Delivery, Event, Notification
from alerts.outbox import of_patrol
from alerts.service import AlertDetail
from alerts.trace import MEANING, Offer, Reached, Stamp
from api.schemas import EXAMPLE_ALERT_ID, EXAMPLE_PATROL_ID, Shown
from detect.incident import rfc3339

EXAMPLE_STAGE: dict[str, Any] = {
    "stage": "stored",
    "at": "2026-11-24T08:00:52.640Z",
    "took_s": 0.021,
    "uncertain": False,
}
EXAMPLE_OFFER: dict[str, Any] = {
    "patrol": EXAMPLE_PATROL_ID,
    "ended": "lapsed",
    "notification": f"{EXAMPLE_ALERT_ID}.1.patrol:{EXAMPLE_PATROL_ID}",
    "way": [{**EXAMPLE_STAGE, "stage": "notified", "took_s": None}],
}
EXAMPLE_DELIVERY: dict[str, Any] = {
    "channel": "push",
    "created_at": "2026-11-24T08:00:52.640Z",
    "tries": 2,
    "due": None,
    "accepted_at": "2026-11-24T08:00:53.011Z",
    "ended_at": "2026-11-24T08:00:53.011Z",
    "outcome": "accepted",
    "error": "",
}
EXAMPLE_NOTIFICATION: dict[str, Any] = {
    "id": f"{EXAMPLE_ALERT_ID}.1.patrol:{EXAMPLE_PATROL_ID}",
    "event": "offer",
    "recipient": f"patrol:{EXAMPLE_PATROL_ID}",
    "name": "Unit 1",
    "attempt": 1,
    "created_at": "2026-11-24T08:00:52.640Z",
    "accepted_at": "2026-11-24T08:00:52.640Z",
    "delivered_at": "2026-11-24T08:00:52.910Z",
    "seen_at": "2026-11-24T08:00:55.120Z",
    "answered_at": None,
    "moot_at": None,
    "answer": "",
    "after_s": {"accepted": 0.0, "delivered": 0.27, "seen": 2.48, "answered": None},
    "deliveries": [EXAMPLE_DELIVERY],
}

StageName = Literal[
    "captured",
    "inferred",
    "raised",
    "spooled",
    "arrived",
    "stored",
    "notified",
    "received",
    "seen",
    "accepted",
    "en_route",
    "on_scene",
    "closed",
]


class StageReply(Shown):
    """One stage of an alert's way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [EXAMPLE_STAGE],
            "description": "\n".join(
                ["One stage of an alert's way:", ""]
                + [f"- `{stage}`: {meaning}" for stage, meaning in MEANING.items()]
            ),
        }
    )

    stage: StageName
    at: str
    """By the wall clock of that moment."""
    took_s: float | None
    """Seconds since the stage before it in this list, never negative; null for the first, and where
    nobody can say."""
    uncertain: bool
    """The clocks of the two stages may differ, or the one may have been set in between."""


class OfferReply(Shown):
    """One offer to one patrol."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_OFFER]})

    patrol: str
    ended: Literal["", "accepted", "declined", "lapsed", "withdrawn"]
    """Empty: it waits for an answer."""
    notification: str | None
    """Which of `notifications` said it."""
    way: list[StageReply]


class DeliveryReply(Shown):
    """A notification over one endpoint."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DELIVERY]})

    channel: str
    """`stream`, `push`, `webhook`, `mqtt` or `apprise`."""
    created_at: str
    tries: int
    due: str | None
    """When it is tried next; null: it is over."""
    accepted_at: str | None
    """The push service, the server, the broker or the gateway has taken it."""
    ended_at: str | None
    outcome: str
    """`accepted`, `moot`, `gone`, `refused`, `given up`; empty: under way."""
    error: str
    """What the last try met, in one line."""


class NotificationReply(Shown):
    """One thing said to one recipient."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_NOTIFICATION]})

    id: str
    event: Event
    recipient: str
    """`patrol:ID` or `endpoint:ID`."""
    name: str | None
    """The recipient's; null for a patrol that reads its own, and where it is not known."""
    attempt: int
    created_at: str
    accepted_at: str | None
    """Some channel has taken it."""
    delivered_at: str | None
    """Some device has said that it has it."""
    seen_at: str | None
    """Some device has said that it is before a person's eyes."""
    answered_at: str | None
    moot_at: str | None
    """Nobody need hear it any more."""
    answer: Literal["", "accept", "decline"]
    after_s: dict[Literal["accepted", "delivered", "seen", "answered"], float | None]
    """Seconds since it was to be said, never negative; null: not yet, or nobody can say."""
    deliveries: list[DeliveryReply]


def way_json(detail: AlertDetail, patrol: PatrolId | None) -> dict[str, Any]:
    """`trace`, `offers` and `notifications` of an alert; a patrol reads what concerns itself."""
    trace = detail.trace
    offers = [one for one in trace.offers if patrol in (None, one.patrol)]
    own = None if patrol is None else of_patrol(patrol)
    told = [one for one in detail.notifications if own in (None, one.recipient)]
    names = detail.names if patrol is None else {}
    return {
        "trace": [_stage(one) for one in trace.way],
        "offers": [_offer(one) for one in offers],
        "notifications": [
            _notification(
                one,
                names.get(one.recipient),
                [way for way in detail.deliveries if way.notification == one.id],
            )
            for one in told
        ],
    }


def _stage(one: Reached) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "at": rfc3339(one.at),
        "took_s": None if one.took_s is None else round(one.took_s, 3),
        "uncertain": one.uncertain,
    }


def _offer(one: Offer) -> dict[str, Any]:
    return {
        "patrol": one.patrol,
        "ended": one.ended,
        "notification": one.notification,
        "way": [_stage(stage) for stage in one.way],
    }


def _notification(
    one: Notification, name: str | None, deliveries: list[Delivery]
) -> dict[str, Any]:
    times = {
        "created_at": one.created_at,
        "accepted_at": one.accepted_at,
        "delivered_at": one.delivered_at,
        "seen_at": one.seen_at,
        "answered_at": one.answered_at,
        "moot_at": one.moot_at,
    }
    return {
        "id": one.id,
        "event": one.event.value,
        "recipient": one.recipient,
        "name": name,
        "attempt": one.attempt,
        **{key: rfc3339(at) if at else None for key, at in times.items()},
        "answer": one.answer,
        "after_s": {
            stage: _after_s(one, stage, times[f"{stage}_at"])
            for stage in ("accepted", "delivered", "seen", "answered")
        },
        "deliveries": [_delivery(way) for way in deliveries],
    }


def _after_s(one: Notification, stage: str, at: datetime | None) -> float | None:
    if at is None:
        return None
    began = Stamp(one.created_at, one.ticks.get("created", ""))
    same = stage == "accepted" and at == one.created_at
    passed_s, _ = began.until_s(began if same else Stamp(at, one.ticks.get(stage, "")))
    return None if passed_s is None else round(passed_s, 3)


def _delivery(one: Delivery) -> dict[str, Any]:
    times = {
        "created_at": one.created_at,
        "due": one.due,
        "accepted_at": one.accepted_at,
        "ended_at": one.ended_at,
    }
    return {
        "channel": one.channel,
        "tries": one.tries,
        **{key: rfc3339(at) if at else None for key, at in times.items()},
        "outcome": one.outcome,
        "error": one.error,
    }
