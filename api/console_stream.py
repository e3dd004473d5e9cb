"""`/v1/console/stream`: all that a console shows live, over one connection.

Browsers allow six connections per host, so that a console with a stream for each of its panels
would wait for itself after the second window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.alerts.feed import AlertFeed
from api.auth.access import GuardedRoute, Operator, still_allowed
from api.board import Board
from api.sse import EVENT_STREAM, Event, resume_point
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/console", tags=["console"], route_class=GuardedRoute)

EVERY_S = 1.0
"""How often the units and the cameras are looked at; alerts come at once."""


class ConsolePoll:
    """Gives each console what it has not seen: alert events by id, the rest when it changed."""

    def __init__(self, alerts: AlertFeed, board: Board) -> None:
        self._alerts = alerts
        self._latest = {"patrols": board.patrols, "cameras": board.cameras}
        self._shown: dict[str, object] = {}

    def __call__(self) -> Sequence[Event]:
        events = list(self._alerts())
        for kind, read in self._latest.items():
            now = read()
            if now != self._shown.get(kind):
                self._shown[kind] = now
                events.append(Event(kind, now))
        return events


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_console(
    request: Request, caller: Operator, after: Annotated[int | None, Depends(resume_point)]
) -> Response:
    """Everything a console shows live: events `alert` (with ids), `patrols` and `cameras`.

    `alert` carries the alert and is resumed after `Last-Event-ID`; `patrols` (an array of units)
    and `cameras` (an array of `{id, watch}`) come whole, at first and whenever they change.
    """
    state, services = state_of(request), services_of(request)
    poll = ConsolePoll(AlertFeed(services.alerts, after), state.board)
    return state.streams.respond(
        caller.grant.id, poll, lambda: still_allowed(services, caller), EVERY_S
    )
