"""What the alert service needs from the outside: a store with transactions, and a bell to ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from alerts.alert import Alert, AlertId, FeedEvent, LinkedIncident, PatrolId, Place, State, Step
from alerts.patrol import Patrol
from detect.incident import IncidentId
from ingest.camera import CameraId

Clock = Callable[[], datetime]
"""Gives the present moment in UTC."""

Bell = Callable[[], None]
"""Rung after each commit that added feed events; thread-safe, never blocks, never raises."""

Places = Callable[[CameraId], Place | None]
"""Where a camera looks; None when it is not registered."""


class Transaction(Protocol):
    """One atomic piece of work. What is read through it stays unchanged until it ends."""

    def alert(self, alert: AlertId) -> Alert | None: ...

    def put_alert(self, alert: Alert) -> None:
        """Insert or replace."""
        ...

    def open_alerts(self, kind: str | None = None) -> list[Alert]:
        """Alerts that are not closed, oldest first."""
        ...

    def due_alerts(self, now: datetime) -> list[Alert]:
        """Open alerts whose `answer_by` or `attention_by` has passed."""
        ...

    def page_alerts(
        self, limit: int, before: AlertId | None = None, states: Sequence[State] = ()
    ) -> list[Alert]:
        """Newest first (by id), strictly before the cursor."""
        ...

    def add_step(self, step: Step) -> None: ...

    def steps(self, alert: AlertId) -> list[Step]:
        """In the order they were added."""
        ...

    def incident(self, incident: IncidentId) -> LinkedIncident | None: ...

    def put_incident(self, linked: LinkedIncident) -> None:
        """Insert or replace by incident id."""
        ...

    def incidents(self, alert: AlertId) -> list[LinkedIncident]: ...

    def patrol(self, patrol: PatrolId) -> Patrol | None: ...

    def put_patrol(self, patrol: Patrol) -> None: ...

    def patrols(self) -> list[Patrol]:
        """All, by id."""
        ...

    def publish(self, event: FeedEvent) -> int:
        """Append to the feed in this transaction; gives its seq."""
        ...

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        """Feed events after `seq` in order: the operators' (patrol None) or one patrol's."""
        ...

    def last_event_seq(self) -> int: ...


class Store(Protocol):
    """Opens transactions. Commits when the block ends, rolls back when it raises."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Serialised against other writers. Raises `StoreUnavailable`: then nothing happened."""
        ...

    def close(self) -> None: ...
