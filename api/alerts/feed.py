"""The alert feed as a stream's poll: from where the client stands to the present, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alerts.alert import FeedEvent, PatrolId
from alerts.notify.feed import current
from alerts.service import AlertService
from api.sse import Event

EVENTS_AT_ONCE = 200


class AlertFeed:
    """Events of the operators' feed, or of one patrol's. Called from one thread at a time."""

    def __init__(
        self,
        alerts: AlertService,
        after: int | None,
        patrol: PatrolId | None = None,
        first: Iterable[Event] = (),
    ) -> None:
        """`after`: the last event seen; None: from now on. `first` is given before all others.

        An id that the feed has not reached yet comes from another database: it counts as the end,
        since a client that waited for the feed to reach it would miss everything until then.
        """
        last = alerts.last_event_seq()
        self._alerts = alerts
        self._patrol = patrol
        self._seen = last if after is None else min(after, last)
        self._first = list(first)

    def __call__(self) -> Sequence[Event]:
        found = self._alerts.events_after(self._seen, EVENTS_AT_ONCE, self._patrol)
        if found:
            self._seen = found[-1].seq
        if self._patrol is not None:
            found = current(found)
        ready = [*self._first, *map(_event, found)]
        self._first.clear()
        return ready


def _event(one: FeedEvent) -> Event:
    return Event(one.type, one.data, one.seq)
