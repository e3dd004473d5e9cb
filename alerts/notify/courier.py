"""The courier: takes what is due, hands it to its channel, notes what came of it, comes back.

One loop reads and writes the store; sending is done by threads, each for ten seconds at most. A
courier that dies between a sending and its note sends again when it is started anew: receivers know
doubles by the message's id. All of one endpoint are one courier's, a few at a time, so that an
endpoint that hangs holds up no other.
"""

from __future__ import annotations

import logging
import queue
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from alerts.errors import StoreUnavailable
from alerts.notification import (
    CITY,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    counted,
)
from alerts.notify.backoff import Backoff, backoff_of
from alerts.notify.channel import (
    Channel,
    DeliveryError,
    EndpointGone,
    Message,
    MessageRefused,
    TryAgain,
)
from alerts.outbox import publish
from alerts.ports import Bell, Clock, Store, Transaction

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Messages on their way at a time."""
OF_ONE = 4
"""Of one endpoint; of one that fails, one."""
OF_CITY = AT_ONCE // 2
"""Of the city's endpoints: a patrol's phone does not wait for them."""
READ = 200
"""Due deliveries looked at at a time."""
AGES, EVERYTHING = timedelta(days=3650), 100_000

Reveal = Callable[[Endpoint], str]
"""Opens an endpoint's secret. Raises `ValueError` when it cannot."""


@dataclass(frozen=True, slots=True)
class _Job:
    delivery: Delivery
    message: Message
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Result:
    job: _Job
    error: DeliveryError | None
    at: datetime


class _Room:
    """How many more messages each endpoint can take."""

    def __init__(self, under_way: Iterable[Endpoint]) -> None:
        self._of_one: Counter[EndpointId] = Counter()
        self._most: dict[EndpointId, int] = {}
        self.of_city = 0
        for endpoint in under_way:
            self.add(endpoint)

    def add(self, endpoint: Endpoint) -> None:
        self._of_one[endpoint.id] += 1
        self._most[endpoint.id] = 1 if endpoint.failing_since else OF_ONE
        self.of_city += endpoint.owner == CITY

    def full(self) -> list[EndpointId]:
        return [id_ for id_, count in self._of_one.items() if count >= self._most[id_]]

    def takes(self, endpoint: Endpoint | None) -> bool:
        """Whether one more may be sent; nothing is sent to an endpoint that is not known."""
        if endpoint is None:
            return True
        most = 1 if endpoint.failing_since else OF_ONE
        has_room = endpoint.owner != CITY or self.of_city < OF_CITY
        return has_room and self._of_one[endpoint.id] < most


class Courier:
    """One worker of some. `round` is called again and again by one thread."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        reveal: Reveal,
        now: Clock,
        ring: Bell = lambda: None,
        dice: Random | None = None,
        worker: int = 0,
        workers: int = 1,
    ) -> None:
        self._store = store
        self._channels = channels
        self._reveal = reveal
        self._now = now
        self._ring = ring
        self._dice = dice or Random()  # noqa: S311 - jitter, not a secret
        self._share = worker, workers
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")
        self._results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
        self._under_way: dict[str, Endpoint] = {}
        self._last: datetime | None = None
        self.wake: Callable[[], None] = lambda: None
        """Called from any thread when something has come back: a round is worth while."""

    @property
    def under_way(self) -> int:
        """Messages that have been handed to their channel and have not come back."""
        return len(self._under_way)

    def close(self) -> None:
        """Give up; what is on its way is sent again by the next one."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for channel in self._channels.values():
            channel.close()

    def round(self) -> int:
        """Note what came back, send what is due; gives how many deliveries it dealt with.

        Raises `StoreUnavailable`: what came back is noted in a later round.
        """
        noted = self._note()
        return noted + self._send()

    # --- what came back ---

    def _note(self) -> int:
        came: list[_Result] = []
        while True:
            try:
                came.append(self._results.get_nowait())
            except queue.Empty:
                break
        if not came:
            return 0
        try:
            self._commit(came)
        except StoreUnavailable:
            for one in came:
                self._results.put(one)
            raise
        except Exception:
            log.exception("what came back is noted one by one: one of them cannot be noted")
            for one in came:
                self._note_alone(one)
        self._ring()
        return len(came)

    def _commit(self, came: list[_Result]) -> None:
        with self._store.begin() as tx:
            for one in came:
                self._note_one(tx, one)
        for one in came:
            self._under_way.pop(one.job.delivery.id, None)

    def _note_alone(self, one: _Result) -> None:
        """What cannot be noted stays under way: due as it is, it would be sent again and again."""
        try:
            self._commit([one])
        except StoreUnavailable:
            self._results.put(one)
        except Exception:
            log.exception("%s cannot be noted; a new start tries it again", one.job.delivery.id)

    def _note_one(self, tx: Transaction, came: _Result) -> None:
        known = tx.delivery(came.job.delivery.id)
        if known is None or known.due is None:
            return
        endpoint, error = came.job.endpoint, came.error
        tries = known.tries + 1
        at = max(came.at, known.created_at)
        if error is None:
            _accepted(tx, replace(known, tries=tries), at)
        elif isinstance(error, EndpointGone):
            tx.put_delivery(_over(known, at, "gone", str(error), tries))
            _retire(tx, endpoint.id, at, str(error))
        elif isinstance(error, MessageRefused):
            tx.put_delivery(_over(known, at, "refused", str(error), tries))
        else:
            self._put_off(tx, replace(known, tries=tries), error, at)
        if error is not None:
            _show(tx, known, at)
        _health(tx, endpoint.id, at, error)

    def _put_off(
        self, tx: Transaction, known: Delivery, error: DeliveryError, at: datetime
    ) -> None:
        backoff = self._backoff(known.channel)
        asked_s = error.after_s if isinstance(error, TryAgain) else None
        wait_s = backoff.wait_s(known.tries, asked_s, self._dice)
        since_s = (at - known.created_at).total_seconds()
        if backoff.is_enough(since_s):
            tx.put_delivery(_over(known, at, "given up", str(error), known.tries))
            return
        due = self._now() + timedelta(seconds=wait_s)
        tx.put_delivery(replace(known, due=due, error=_line(error)))

    def _backoff(self, channel: str) -> Backoff:
        return backoff_of(self._channels.get(channel))

    # --- what is due ---

    def _send(self) -> int:
        now = self._now()
        if self._last is None or now < self._last:
            self._bring_near(now)
        self._last = now
        sent = 0
        while len(self._under_way) < AT_ONCE and (dealt := self._send_some(now)):
            sent += dealt
        return sent

    def _send_some(self, now: datetime) -> int:
        """What is due of endpoints that can take more; 0: nothing, or no room.

        Called until it gives 0: the oldest may all be of one endpoint.
        """
        jobs: list[_Job] = []
        stale: list[tuple[str, str, str]] = []
        room = _Room(self._under_way.values())
        known: dict[EndpointId, Endpoint | None] = {}
        with self._store.read() as tx:
            full = room.full()
            if room.of_city >= OF_CITY:
                full += [one.id for one in tx.endpoints(CITY)]
            for one in tx.due_deliveries(now, READ, *self._share, but=full):
                if one.endpoint not in known:
                    known[one.endpoint] = tx.endpoint(one.endpoint)
                endpoint = known[one.endpoint]
                # Asked first, for it costs nothing: most of what is due waits for its endpoint.
                if one.id in self._under_way or not room.takes(endpoint):
                    continue
                told = tx.notification(one.notification)
                if why := _needless(one, told, endpoint, self._channels, now):
                    stale.append((one.id, *why))
                elif told is not None and endpoint is not None:
                    jobs.append(_Job(one, message_of(told), endpoint))
                    room.add(endpoint)
                if len(self._under_way) + len(jobs) == AT_ONCE:
                    break
        for job in jobs:
            self._under_way[job.delivery.id] = job.endpoint
            self._pool.submit(self._carry, job)
        if stale:
            self._end(stale, now)
        return len(jobs) + len(stale)

    def _bring_near(self, now: datetime) -> None:
        """At the start, and when the clock has gone back: no try may lie out of reach."""
        with self._store.begin() as tx:
            for one in tx.due_deliveries(now + AGES, EVERYTHING, *self._share):
                longest_s = self._backoff(one.channel).longest_wait_s(one.tries)
                if one.due is not None and one.due > now + timedelta(seconds=longest_s):
                    tx.put_delivery(replace(one, due=now))

    def _carry(self, job: _Job) -> None:
        error: DeliveryError | None = None
        try:
            self._channels[job.delivery.channel].send(
                job.message, job.endpoint, self._opened(job.endpoint)
            )
        except DeliveryError as raised:
            error = raised
        except Exception as raised:
            log.exception("the channel %s has failed", job.delivery.channel)
            error = TryAgain(f"a fault of the channel: {type(raised).__name__}")
        self._results.put(_Result(job, error, self._now()))
        self.wake()

    def _opened(self, endpoint: Endpoint) -> str:
        try:
            return self._reveal(endpoint)
        except ValueError as error:
            raise TryAgain(f"its address cannot be opened: {error}") from error

    def _end(self, stale: list[tuple[str, str, str]], now: datetime) -> None:
        with self._store.begin() as tx:
            for id_, outcome, why in stale:
                known = tx.delivery(id_)
                if known is not None and known.due is not None:
                    tx.put_delivery(_over(known, now, outcome, why, known.tries))


def message_of(told: Notification) -> Message:
    """What is handed to a channel."""
    lapses = told.data.get("answer_by") if told.event is Event.OFFER else None
    return Message(
        id=told.id,
        event=told.event,
        alert=told.alert,
        attempt=told.attempt,
        created_at=told.created_at,
        expires_at=datetime.fromisoformat(lapses) if lapses else None,
        data=told.data,
    )


def _needless(
    one: Delivery,
    told: Notification | None,
    endpoint: Endpoint | None,
    channels: Mapping[str, Channel],
    now: datetime,
) -> tuple[str, str] | None:
    """Why it need not be sent, or cannot ever be: an outcome and a line."""
    if told is None:
        return "moot", "its notification is not known"
    if endpoint is None or not endpoint.in_use:
        return "gone", (endpoint.retired_why if endpoint else "") or "the endpoint is no more"
    if told.event is Event.OFFER and (told.is_over or told.seen_at is not None):
        return "moot", "seen, answered or withdrawn before it was sent"
    if told.event is Event.TEST and told.is_over:
        return "moot", "another test has taken its place"
    lapses = message_of(told).expires_at
    if lapses is not None and lapses <= now:  # no fault of the endpoint's
        return "moot", "its time was over before it was sent"
    if one.channel not in channels:
        return "refused", f"this installation has no channel {one.channel}"
    return None


def _accepted(tx: Transaction, known: Delivery, at: datetime) -> None:
    done = _over(known, at, "accepted", "", known.tries)
    tx.put_delivery(replace(done, accepted_at=at))
    told = tx.notification(known.notification)
    if told is not None and told.accepted_at is None:
        ticks = counted(told.ticks, "accepted", None, at)
        tx.put_notification(replace(told, accepted_at=max(at, told.created_at), ticks=ticks))
    _show(tx, known, at)


def _over(known: Delivery, at: datetime, outcome: str, error: str, tries: int) -> Delivery:
    ended_at = max(at, known.created_at)
    return replace(
        known, due=None, ended_at=ended_at, outcome=outcome, error=error[:300], tries=tries
    )


def _show(tx: Transaction, known: Delivery, at: datetime) -> None:
    """Operators see it in the alert; a change told to another system is of no interest there."""
    told = tx.notification(known.notification)
    if told is not None and told.patrol is not None and told.alert:
        publish(tx, told, at)


def _retire(tx: Transaction, endpoint: EndpointId, at: datetime, why: str) -> None:
    known = tx.endpoint(endpoint)
    if known is not None and known.in_use:
        tx.put_endpoint(
            replace(known, retired_at=at, retired_why=why[:300], version=known.version + 1)
        )


def _health(
    tx: Transaction, endpoint: EndpointId, at: datetime, error: DeliveryError | None
) -> None:
    known = tx.endpoint(endpoint)
    if known is None:
        return
    if error is None:
        known = replace(known, last_ok_at=at, failing_since=None, last_error="")
    else:
        since = known.failing_since or at
        known = replace(known, failing_since=since, last_error=_line(error))
    tx.put_endpoint(known)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
