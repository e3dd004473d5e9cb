"""Streams of the alert feed: from where the client stands to the present, in order."""

from __future__ import annotations

from alerts.alert import PatrolId
from api.auth.access import Caller
from api.events import Batch
from api.streams import FeedPart, Part, Stream
from api.wiring import State


def feed_part(state: State, after: int | None, patrol: PatrolId | None = None) -> FeedPart:
    """The operators' feed, or one patrol's, behind the event `after`; None: from now on.

    An id that the feed has not reached yet comes from another database: it counts as the end, since
    a client that waited for the feed to reach it would miss everything until then.
    """
    tail = state.streams.tail
    if after is not None and tail.head is not None and after <= tail.head:
        return FeedPart(tail, after, patrol)  # no need to ask the store
    last = tail.last()
    return FeedPart(tail, last if after is None else min(after, last), patrol)


def feed_stream(
    state: State,
    caller: Caller,
    after: int | None,
    patrol: PatrolId | None = None,
    first: Batch | None = None,
    more: tuple[Part, ...] = (),
) -> Stream:
    """A stream of the feed and of what comes `more`. Raises a 503 or 429."""
    return state.streams.open(caller.grant, (feed_part(state, after, patrol), *more), first)
