"""`/v1/console/stream`: all that a console shows live, over one connection.

Browsers allow six connections per host, so that a console with a stream for each of its panels
would wait for itself after the second window.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.alerts.feed import feed_stream
from api.auth.access import GuardedRoute, Operator
from api.sse import EVENT_STREAM, EventStream, ResumePoint
from api.streams import PanelPart
from api.wiring import state_of

router = APIRouter(prefix="/v1/console", tags=["console"], route_class=GuardedRoute)


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_console(request: Request, caller: Operator, after: ResumePoint) -> Response:
    """Everything a console shows, live.

    Server-sent events. `alert` carries an alert and an id, `trust` a rule's trust that has changed,
    `silence` one that was made or ended, `notified` how far a word to somebody has come (its times,
    without the words); all are resumed after `Last-Event-ID`;
    `patrols` (an array of units), `cameras` (an array of `{id, watch}`) and `flood` (whether more
    alerts come than people can look at) come whole, at first and whenever they change.
    """
    state = state_of(request)
    shown = (state.board.patrols_panel, state.board.cameras_panel, state.calm.panel)
    panels = tuple(PanelPart(panel) for panel in shown)
    return EventStream(feed_stream(state, caller, after, more=panels))
