"""`/v1/console/stream`: all that a console shows live, over one connection.

Browsers allow six connections per host, so that a console with a stream for each of its panels
would wait for itself after the second window.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from alerts.errors import StoreUnavailable
from api.alerts.feed import AlertFeed
from api.auth.access import GuardedRoute, Operator, still_allowed
from api.board import Board
from api.sse import EVENT_STREAM, Event, Poll, ResumePoint, on_change
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/console", tags=["console"], route_class=GuardedRoute)

EVERY_S = 1.0
"""How often the units and the cameras are looked at; alerts come at once."""


def console_poll(alerts: AlertFeed, board: Board) -> Poll:
    """What one console has not seen: alert events by id, the rest when it changed."""
    parts = (on_change("patrols", board.patrols), on_change("cameras", board.cameras))

    def poll() -> Sequence[Event]:
        events = list(alerts())
        for part in parts:
            # These alerts count as seen from here on: they must be sent, whatever the rest does.
            with contextlib.suppress(StoreUnavailable):
                events += part()
        return events

    return poll


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_console(request: Request, caller: Operator, after: ResumePoint) -> Response:
    """Everything a console shows, live.

    Server-sent events. `alert` carries an alert and an id, `trust` a rule's trust that has changed;
    both are resumed after `Last-Event-ID`;
    `patrols` (an array of units) and `cameras` (an array of `{id, watch}`) come whole, at first and
    whenever they change.
    """
    state, services = state_of(request), services_of(request)
    poll = console_poll(AlertFeed(services.alerts, after), state.board)
    return state.streams.respond(
        caller.grant.id, poll, lambda: still_allowed(services, caller), EVERY_S
    )
