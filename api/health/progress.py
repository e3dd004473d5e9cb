"""Follows the feed and tells, once each, what alerts have come to: stages, steps, deliveries.

What was before this process began is not told: the process before it has told it. So after a
restart nothing is told twice; what came about while nobody followed is not told at all. An alert's
account is read only when something about it has changed that counts.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alerts.alert import Alert, AlertId, FeedEvent, State, Step
from alerts.errors import StoreUnavailable
from alerts.notification import Delivery, Notification
from alerts.outbox import NOTIFIED
from alerts.ports import Clock
from alerts.service import AlertDetail
from alerts.trace import Offer, Reached, Stamp, Trace
from detect.moment import tick_of

log = logging.getLogger(__name__)

EVERY_S = 15.0
"""What an alert goes through meanwhile is read once. Who asks for figures has them of that moment.
"""
READ_AT_ONCE = 50
AT_ONCE = 500
MAX_KNOWN = 5_000
"""Closed alerts go first, the longest unheard of; open ones only when all of so many are open."""
TIMES = ("created_at", "accepted_at", "delivered_at", "seen_at", "answered_at")


class Source(Protocol):
    """What is followed. Raises `StoreUnavailable`."""

    def last_event_seq(self) -> int: ...

    def events_after(self, seq: int, limit: int) -> list[FeedEvent]: ...

    def details(self, alerts: Iterable[AlertId]) -> list[AlertDetail]: ...


@dataclass(frozen=True, slots=True)
class News:
    """What has come about at one alert and was not told before."""

    alert: Alert
    trace: Trace
    stages: tuple[Reached, ...]
    """Of its way; each stage once an alert."""
    offers: tuple[Offer, ...]
    """That have ended."""
    steps: tuple[Step, ...]
    deliveries: tuple[Delivery, ...]
    """That are over."""
    told: tuple[tuple[Notification, str], ...]
    """How far notifications have come: `created`, `accepted`, `delivered`, `seen`, `answered`."""


Tell = Callable[[News], None]
"""Must not block."""


@dataclass(slots=True)
class _Known:
    look: object = None
    """What of it counts, as it last stood in the feed."""
    told: set[object] = field(default_factory=set)
    is_closed: bool = False


class Progress:
    """Looks every few seconds on a thread of its own, and whenever it is asked. Thread-safe."""

    def __init__(self, source: Source, now: Clock, *tell: Tell) -> None:
        self._source = source
        self._tell = tell
        self._began = _stamp(now)
        self._known: OrderedDict[AlertId, _Known] = OrderedDict()
        self._forgotten: AlertId | None = None
        """Ids grow with time: of what is not after this one nothing is said any more."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._seen: int | None = None
        with contextlib.suppress(StoreUnavailable):
            self._seen = source.last_event_seq()

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Follow as long as the block lasts."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join(timeout=2.0)

    def look(self) -> None:
        """Tell all that is new. Raises `StoreUnavailable`: it goes on from there later."""
        with self._lock:
            if self._seen is None:
                self._seen = self._source.last_event_seq()
            while events := self._source.events_after(self._seen, AT_ONCE):
                changed = self._changed(events)
                for some in _by(READ_AT_ONCE, list(changed)):
                    for detail in self._read(some):
                        self._take(detail, changed[detail.alert.id])
                self._seen = events[-1].seq
                if self._stop.is_set():
                    return

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.look()
            except StoreUnavailable as error:
                log.debug("the way of alerts is not followed now: %s", error)
            except Exception:
                log.exception("the way of alerts cannot be followed; it is tried again")

    def _changed(self, events: list[FeedEvent]) -> dict[AlertId, object]:
        """Alerts of which something has changed that counts, each as it now stands in the feed."""
        changed: dict[AlertId, object] = {}
        for event in events:
            if not event.alert or event.type not in ("alert", NOTIFIED):
                continue
            known = self._known.get(event.alert)
            if known is None and self._forgotten and event.alert <= self._forgotten:
                continue
            before = changed.get(event.alert, known.look if known else None)
            look = _look(event.data) if event.type == "alert" else before
            if event.type == NOTIFIED or look != before:
                changed[event.alert] = look
        return changed

    def _read(self, alerts: Sequence[AlertId]) -> list[AlertDetail]:
        """One that cannot be understood holds up no other."""
        try:
            return self._source.details(alerts)
        except StoreUnavailable:
            raise
        except Exception:
            if len(alerts) > 1:
                return [detail for one in alerts for detail in self._read([one])]
            log.exception("the way of alert %s cannot be followed", alerts[0])
            return []

    def _take(self, detail: AlertDetail, look: object) -> None:
        alert = detail.alert.id
        known = self._known.setdefault(alert, _Known())
        known.look, known.is_closed = look, detail.alert.state is State.CLOSED
        self._known.move_to_end(alert)
        news = self._news(detail, known.told)
        for tell in self._tell:
            tell(news)
        self._forget()

    def _news(self, detail: AlertDetail, told: set[object]) -> News:
        def fresh(key: object, *stamp: Any) -> bool:
            if key in told:
                return False
            told.add(key)
            return not self._is_before(Stamp(*stamp))

        trace = detail.trace
        stored = next((one for one in trace.way if one.stage == "stored"), None)
        stages = []
        for one in trace.way:
            # The stages before the service had it were nobody's to tell until then.
            counts = stored if stored is not None and _is_of_node(one) else one
            if fresh(one.stage, counts.at, counts.tick):
                stages.append(one)
        ended = [
            one
            for number, one in enumerate(trace.offers)
            if one.ended and fresh(("offer", number), one.way[-1].at, one.way[-1].tick)
        ]
        steps = [
            one
            for number, one in enumerate(detail.steps)
            if fresh(("step", number), one.at, one.tick)
        ]
        over = [
            one
            for one in detail.deliveries
            if one.ended_at is not None and fresh(hash(one.id), one.ended_at)
        ]
        further = [
            (one, name.removesuffix("_at"))
            for one in detail.notifications
            for name in TIMES
            if (at := getattr(one, name)) is not None
            and fresh((hash(one.id), name), at, _tick(one, name))
        ]
        return News(
            detail.alert,
            trace,
            tuple(stages),
            tuple(ended),
            tuple(steps),
            tuple(over),
            tuple(further),
        )

    def _is_before(self, stamp: Stamp) -> bool:
        """Whether it was before this process began."""
        passed_s, _ = stamp.until_s(self._began)
        return passed_s is not None and passed_s > 0

    def _forget(self) -> None:
        if len(self._known) <= MAX_KNOWN:
            return
        closed = (alert for alert, known in self._known.items() if known.is_closed)
        gone = next(closed, None) or next(iter(self._known))
        del self._known[gone]
        self._forgotten = max(self._forgotten or gone, gone)


def _by(size: int, alerts: Sequence[AlertId]) -> Iterator[Sequence[AlertId]]:
    for start in range(0, len(alerts), size):
        yield alerts[start : start + size]


def _stamp(now: Clock) -> Stamp:
    at = now()
    return Stamp(at, tick_of(at))


def _tick(one: Notification, name: str) -> str:
    """The count of one of a notification's times."""
    same = name == "accepted_at" and one.accepted_at == one.created_at
    return one.ticks.get("created" if same else name.removesuffix("_at"), "")


def _is_of_node(one: Reached) -> bool:
    return one.stage in ("captured", "inferred", "raised", "spooled", "arrived")


def _look(data: dict[str, Any]) -> object:
    """What of an alert's event gives reason to read its account."""
    named = ("state", "patrol", "overdue_since", "outcome", "acknowledged_by")
    refused = data.get("refused_by") or ()
    return (*(data.get(name) for name in named), tuple(refused))
