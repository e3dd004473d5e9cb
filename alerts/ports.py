"""What the alert service needs from the outside: a store with transactions, and a bell to ring."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from alerts.alert import (
    Alert,
    AlertId,
    FeedEvent,
    LinkedIncident,
    Outline,
    PatrolId,
    Place,
    State,
    Step,
)
from alerts.believing.trust import RuleKey, RuleTrust, Standing, TrustChange, Verdict
from alerts.calm.silence import Silence, SilenceId
from alerts.grouping import Vicinity
from alerts.notification import Delivery, Endpoint, EndpointId, Notification, NotificationId
from alerts.patrol import Patrol, Position, Presence
from detect.incident import IncidentId
from ingest.camera import CameraId

Clock = Callable[[], datetime]
"""Gives the present moment in UTC."""

Bell = Callable[[], None]
"""Rung after each commit that added feed events; thread-safe, never blocks, never raises."""

Places = Callable[[CameraId], Place | None]
"""Where a camera looks; None when it is not registered."""

Outlines = Callable[[CameraId, str], Outline | None]
"""The zone or line of that name in a camera's scene; None when there is none."""


class Reading(Protocol):
    """One moment of the store: what others commit meanwhile is not seen."""

    def alert(self, alert: AlertId) -> Alert | None: ...

    def open_alerts(self) -> list[Alert]:
        """Alerts that are not closed, oldest first."""
        ...

    def joinable_alerts(self, near: Vicinity) -> list[Alert]:
        """Open alerts in that vicinity, oldest first."""
        ...

    def due_alerts(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts whose `due` has passed, the longest overdue first."""
        ...

    def waiting_alerts(self, limit: int) -> list[Alert]:
        """Alerts with `waits_for_patrol`, the most severe first, then the oldest."""
        ...

    def page_alerts(
        self,
        limit: int,
        before: AlertId | None = None,
        states: Sequence[State] = (),
        review: bool | None = None,
    ) -> list[Alert]:
        """Newest first (by id), strictly before the cursor; in review, or not, or either."""
        ...

    def steps(self, alert: AlertId) -> list[Step]:
        """In the order they were added."""
        ...

    def incident(self, incident: IncidentId) -> LinkedIncident | None: ...

    def incidents(self, alert: AlertId) -> list[LinkedIncident]: ...

    def patrol(self, patrol: PatrolId) -> Patrol | None: ...

    def patrols(self) -> list[Patrol]:
        """All, by id."""
        ...

    def nearest_patrols(
        self,
        latitude: float,
        longitude: float,
        limit: int,
        seen_after: datetime,
        busy: bool = False,
    ) -> list[Patrol]:
        """Units on duty and seen at that moment or after, the nearest by `great_circle_m` first.

        Of equals the lower id. Those without an alert, or those with one. By an index: what is far
        is not read.
        """
        ...

    def patrols_counted(self, seen_after: datetime) -> dict[Presence, int]:
        """How many units there are of each `presence`."""
        ...

    def positions(self, patrols: Sequence[PatrolId]) -> dict[PatrolId, Position | None]:
        """Where those of them are that are registered."""
        ...

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        """Feed events after `seq` in order: the operators' (patrol None) or one patrol's."""
        ...

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        """Everybody's feed events after `seq`, in order."""
        ...

    def last_event_seq(self) -> int: ...

    def verdicts(self, rule: RuleKey, limit: int) -> list[Verdict]:
        """The newest of one rule, newest first."""
        ...

    def verdicts_of(self, alert: AlertId) -> list[Verdict]:
        """Of one alert, by rule."""
        ...

    def rule_trust(self, rule: RuleKey) -> RuleTrust | None: ...

    def page_trust(
        self,
        limit: int,
        after: RuleKey | None = None,
        camera: CameraId | None = None,
        standings: Sequence[Standing] = (),
    ) -> list[RuleTrust]:
        """By camera, kind and zone, strictly after the cursor; all standings when none is named."""
        ...

    def trust_changes(self, rule: RuleKey) -> list[TrustChange]:
        """A rule's account, in the order it was written."""
        ...

    def silence(self, silence: SilenceId) -> Silence | None: ...

    def silences(self, now: datetime) -> list[Silence]:
        """Those in force, the first to end first."""
        ...

    def page_silences(self, limit: int, before: SilenceId | None = None) -> list[Silence]:
        """All that ever were, newest first (by id), strictly before the cursor."""
        ...

    def notification(self, notification: NotificationId) -> Notification | None: ...

    def notifications(self, alert: AlertId) -> list[Notification]:
        """Of one alert, in the order they were written; of the empty alert: the tests."""
        ...

    def latest_notification(self, alert: AlertId, recipient: str) -> Notification | None:
        """The one with the highest attempt."""
        ...

    def due_notifications(self, now: datetime, limit: int) -> list[Notification]:
        """Whose `receipt_by` has passed, the longest overdue first."""
        ...

    def deliveries(self, alert: AlertId) -> list[Delivery]:
        """Of one alert, in the order they were written."""
        ...

    def delivery(self, delivery: str) -> Delivery | None: ...

    def due_deliveries(
        self,
        now: datetime,
        limit: int,
        worker: int = 0,
        workers: int = 1,
        but: Collection[EndpointId] = (),
    ) -> list[Delivery]:
        """Whose `due` has passed, the longest overdue first: the share of one of some workers.

        All of one endpoint are the same worker's. `but`: none of these endpoints.
        """
        ...

    def undelivered(self) -> tuple[int, Delivery | None]:
        """How many deliveries are not over, and the one of them that was written first."""
        ...

    def endpoint_deliveries(
        self, endpoint: EndpointId, limit: int, before: str | None = None
    ) -> list[Delivery]:
        """Of one endpoint, the newest first, strictly before the delivery of that id."""
        ...

    def endpoint(self, endpoint: EndpointId) -> Endpoint | None: ...

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        """Of one owner, or all; by id; retired ones, too."""
        ...


class Transaction(Reading, Protocol):
    """One atomic piece of work. What is read through it stays unchanged until it ends."""

    def put_alert(self, alert: Alert) -> None:
        """Insert or replace."""
        ...

    def add_step(self, step: Step) -> None: ...

    def put_incident(self, linked: LinkedIncident) -> None:
        """Insert or replace by incident id."""
        ...

    def put_patrol(self, patrol: Patrol) -> None: ...

    def put_positions(self, positions: Mapping[PatrolId, Position]) -> None:
        """Of units that are registered; nothing else of them changes."""
        ...

    def put_verdict(self, verdict: Verdict) -> None:
        """Insert or replace by alert and rule."""
        ...

    def put_rule_trust(self, trust: RuleTrust) -> None:
        """Insert or replace by rule."""
        ...

    def add_trust_change(self, change: TrustChange) -> None: ...

    def put_silence(self, silence: Silence) -> None:
        """Insert or replace by id."""
        ...

    def put_notification(self, notification: Notification) -> None:
        """Insert or replace by id."""
        ...

    def put_delivery(self, delivery: Delivery) -> None:
        """Insert or replace by id."""
        ...

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Insert or replace by id."""
        ...

    def publish(self, event: FeedEvent) -> int:
        """Append to the feed in this transaction; gives its seq."""
        ...


class Store(Protocol):
    """Opens transactions. Both raise `StoreUnavailable`: then nothing happened."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """To change things, one after the other: all of the block or, when it raises, nothing."""
        ...

    def read(self) -> AbstractContextManager[Reading]:
        """To read only, beside each other and beside a writer."""
        ...

    def close(self) -> None: ...
