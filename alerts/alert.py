"""An alert: what the control room and the patrols act on, and the account of every step taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from detect.incident import IncidentId
from ingest.camera import CameraId

AlertId = NewType("AlertId", str)
PatrolId = NewType("PatrolId", str)


class State(StrEnum):
    """Where an alert stands. `alerts.transitions` holds the only table of moves between them."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    """Offered to one patrol, which has until `Alert.answer_by` to accept."""
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    DECLINED = "declined"
    """The offered patrol said no; the next one is chosen in the same commit."""
    TIMED_OUT = "timed_out"
    """The offered patrol did not answer in time; likewise."""
    ESCALATED = "escalated"
    """Nobody is left to send, or nobody looked: loud until a person takes it."""
    CLOSED = "closed"


class Outcome(StrEnum):
    """What it turned out to be."""

    REAL = "real"
    FALSE = "false"
    DUPLICATE = "duplicate"
    UNCLEAR = "unclear"
    """Nobody can say."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it."""

    role: str
    """`operator`, `patrol`, `admin`, `integrator` or `system`."""
    id: str

    def __str__(self) -> str:
        return f"{self.role}:{self.id}"


SYSTEM = Actor("system", "qalqan")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera looks."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A patrol that is not asked again for `Policy.refusal_s`, unless a person names it."""

    patrol: PatrolId
    at: datetime
    reason: str
    """`has declined`, `has not answered`, `was replaced`."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The present state of one alert.

    An open alert is never silent: it is escalated, or overdue, or has an `attention_by`. One in
    review has one too, at which it is closed as not looked at.
    """

    id: AlertId
    kind: str
    severity: str
    state: State
    camera: CameraId
    """The camera of the first incident."""
    place: Place | None
    zone: str | None
    why: str
    """What is seen, at its latest: it, `why_in` and `score` move on without a new version."""
    score: float
    """The highest so far."""
    snapshot: str | None
    """Evidence path of its first picture, relative to the evidence folder."""
    opened_at: datetime
    updated_at: datetime
    since: datetime
    """When it came into its present state."""
    began_at: datetime
    """When the first of its incidents began in the scene."""
    seen_at: datetime
    """When it was last seen in the scene. Moves on without a new version."""
    incident_count: int = 1
    happening: bool = True
    """True while at least one of its incidents has not ended."""
    acknowledged_by: str | None = None
    patrol: PatrolId | None = None
    """The patrol it is offered to, or that accepted it; once closed, the one that had it."""
    answer_by: datetime | None = None
    """While dispatched: when the offer lapses."""
    attention_by: datetime | None = None
    """When it is looked at again, and made loud if it has not moved on."""
    overdue_since: datetime | None = None
    """Loud: its patrol, or the search for one, has taken too long. Until it moves on or a person
    acknowledges it."""
    seeking_since: datetime | None = None
    """Since when a patrol is looked for. None: none is wanted, or one has accepted."""
    refusals: tuple[Refusal, ...] = ()
    """At most one a patrol, in the order of their times."""
    outcome: Outcome | None = None
    why_in: dict[str, str] = field(default_factory=dict)
    """`why` by language: `en`, `kk`, `ru`; empty where the node did not say."""
    review: bool = False
    """Of a rule that is not believed (`alerts.believing`): looked at in time, nobody is sent."""
    version: int = 1
    """Grows by one with each change that people see; the HTTP ETag."""
    preempted: bool = False
    """A patrol of it was sent to a graver alert once. That happens to no alert twice."""
    kinds: tuple[str, ...] = ()
    """Every kind of its incidents, in the order in which they came. Empty: `kind` alone."""
    silenced_by: str | None = None
    """The silence it is quiet by, until that ends: nobody is sent by itself, nothing sounds."""
    shelved_by: str | None = None
    """Who has put it off, until `quiet_until`."""
    quiet_until: datetime | None = None
    quiet_why: str = ""
    """The reason that a person gave."""
    attended_at: datetime | None = None
    """When somebody in the control room first did something about it."""

    @property
    def all_kinds(self) -> tuple[str, ...]:
        return self.kinds or (self.kind,)

    @property
    def is_quiet(self) -> bool:
        """Open, but silenced or shelved: it calls nobody."""
        quiet = self.silenced_by is not None or self.shelved_by is not None
        return quiet and self.state is not State.CLOSED

    @property
    def refused_by(self) -> tuple[PatrolId, ...]:
        """Every patrol that was asked and does not have it."""
        return tuple(refusal.patrol for refusal in self.refusals)

    @property
    def is_open(self) -> bool:
        return self.state is not State.CLOSED

    @property
    def waits_for_patrol(self) -> bool:
        """Whether the next patrol that becomes free is wanted."""
        waiting = self.state in (State.ACKNOWLEDGED, State.ESCALATED)
        searched = self.patrol is None and self.seeking_since is not None
        return waiting and searched and not self.is_quiet

    @property
    def due(self) -> datetime | None:
        """The nearer of its deadlines."""
        return min((at for at in (self.answer_by, self.attention_by) if at), default=None)


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an alert's account: who did what, when."""

    alert: AlertId
    at: datetime
    action: str
    """An action of `alerts.transitions`, or what changed beside the state: `raise`, `join`,
    `update`, `end`, `rearm`, `lift`, `silence`, `shelve`, `wake`."""
    before: State | None
    after: State
    actor: str
    note: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    """Facts of the step: the dispatch decision with its candidates, the outcome, the incident."""
    tick: str = ""
    """`at` on the machine's own count (`detect.moment`); empty where it is not known."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One line of the feed that operators and patrols resume by id."""

    seq: int
    """Position in the feed; grows without bound. 0 until the store assigns it."""
    at: datetime
    type: str
    """`alert` (changed), `trust` (a rule's standing changed), `silence` (made or ended); `offer`,
    `withdrawn`, `update`: for one patrol."""
    alert: AlertId
    """Of a `trust` event: the alert whose verdict tipped it, else empty, as of a `silence`."""
    patrol: PatrolId | None
    """None: for operators. Otherwise for that patrol alone."""
    data: dict[str, Any]
    """The alert or the rule's trust as it stood in this commit, in the API's JSON form."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The zone or line of a rule, as it was drawn when the incident came."""

    points: tuple[tuple[float, float], ...]
    """Fractions of the frame: x, y."""
    closed: bool = True
    """A zone; False: a line."""


@dataclass(frozen=True, slots=True)
class LinkedIncident:
    """An incident under its alert, with the times of its way."""

    incident: IncidentId
    alert: AlertId
    payload: dict[str, Any]
    """The latest `Incident` JSON."""
    trace: dict[str, str]
    """RFC 3339 UTC times by stage: captured, inferred, raised, spooled, received, stored; beside
    them, as `STAGE.tick`, the same on the machine's own count (`detect.moment`)."""
    outline: Outline | None = None
    """None: the whole frame, or not known."""
