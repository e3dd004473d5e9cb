"""Whatever happens in whatever order, no alert is lost, silent or in two minds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from alerts import intake, service
from alerts.alert import AlertId, Outcome, PatrolId, State
from alerts.believing.trust import RuleKey, Standing, TrustPolicy
from alerts.believing.verdicts import rule_of
from alerts.errors import AlertsError
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.service import Answer
from alerts.transitions import PASSING, TABLE, TAKEN, UNDER_WAY
from detect.incident import SEVERITIES, Incident, IncidentBox, IncidentId
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident
from tests.support.patrols import OPERATOR, OTHER_OPERATOR, Desk, by

POLICY = Policy(refusal_s=120, arrive_s=300, outcome_s=400, review_s=350)
TRUST = TrustPolicy(confidence=0.6, min_verdicts=3, hold_verdicts=3, demote_critical=True)
STEPS_BESIDE = {"raise", "join", "update", "end", "rearm", "lift", "notify"}
STEPS_BESIDE |= {"silence", "shelve", "wake"}
CAMERAS = st.sampled_from(["north-gate", "next-door", "far-away", "nowhere"])
KINDS = st.sampled_from(["intrusion", "intrusion", "loitering"])
ZONES = st.sampled_from(["lawn", "gate", None])
ACTORS = st.sampled_from([OPERATOR, OTHER_OPERATOR])


class AlertLife(RuleBasedStateMachine):
    """A city with three units, whose network and clock do what they like."""

    happenings = Bundle("happenings")
    """Incidents as their camera sees them: the latest state of each."""
    deliveries = Bundle("deliveries")
    """Changes that may be delivered, at any time, any number of times."""

    @initialize()
    def open_the_desk(self) -> None:
        # Ids in the order of their making, else a failure could not be run again.
        self.patch = pytest.MonkeyPatch()
        for module in (intake, service):
            self.patch.setattr(module, "uuid7", self.next_id)
        self.ids = 0
        self.desk = Desk(policy=POLICY, trust_policy=TRUST)
        self.units = [self.desk.unit(f"Unit {n}", 500.0 * n) for n in range(3)]
        self.known: dict[IncidentId, AlertId] = {}
        self.delivered: list[Incident] = []
        self.versions: dict[AlertId, int] = {}
        self.accounts: dict[AlertId, int] = {}
        self.closed: dict[AlertId, Outcome | None] = {}
        self.last_seq = 0
        self.ticked_at: datetime | None = None
        self.count = 0

    def next_id(self, _now: datetime) -> str:
        self.ids += 1
        return f"{self.ids:036d}"

    # --- cameras ---

    @rule(
        target=happenings,
        camera=CAMERAS,
        kind=KINDS,
        zone=ZONES,
        severity=st.sampled_from(SEVERITIES),
        ago_s=st.sampled_from([0, 5, 40, 70, 3000]),
        at_once=st.sampled_from([True, True, False]),
    )
    def begins(
        self,
        camera: str,
        kind: str,
        zone: str | None,
        severity: str,
        ago_s: int,
        at_once: bool,
    ) -> Incident:
        self.count += 1
        at = self.desk.now - timedelta(seconds=ago_s)
        one = incident(
            self.count,
            camera=CameraId(camera),
            kind=kind,
            zone=zone,
            severity=severity,
            started_at=at - timedelta(seconds=1),
            detected_at=at,
        )
        if at_once:
            self.delivers(one)
        return one

    @rule(target=deliveries, one=happenings, later_s=st.integers(0, 200), ends=st.booleans())
    def goes_on(self, one: Incident, later_s: int, ends: bool) -> Incident:
        """Or ends. Which of them are delivered, and when, is the network's affair."""
        if ends:
            ended_at = one.detected_at + timedelta(seconds=later_s)
            return replace(one, ended_at=ended_at, end_s=one.detected_s + later_s)
        box = IncidentBox(one.detected_s + later_s, "person", (0.1, 0.2, 0.3, 0.4), 7)
        return replace(one, boxes=(*one.boxes, box), why=f"for {later_s} s")

    # --- the network ---

    @rule(one=deliveries)
    def arrives(self, one: Incident) -> None:
        self.delivers(one)

    def delivers(self, one: Incident) -> None:
        first = one.id not in self.known
        alert = self.desk.deliver(one)
        assert self.known.setdefault(one.id, alert) == alert, "an incident changed its alert"
        raised = self.desk.alert(alert)
        if first and raised.incident_count == 1:
            assert raised.review == self.is_reviewed(one), "sent although its rule is in review"
        elif first and not self.is_reviewed(one):
            assert not raised.review, "a trusted rule is not heard"
        self.delivered.append(one)

    def is_reviewed(self, one: Incident) -> bool:
        reports = self.desk.trust.page(100, None, one.camera, [Standing.REVIEW])
        return rule_of(one.to_dict()) in [report.trust.rule for report in reports]

    @rule(data=st.data())
    def delivers_again(self, data: st.DataObject) -> None:
        if not self.delivered:
            return
        one = data.draw(st.sampled_from(self.delivered))
        before = self.desk.service.alert(self.known[one.id])
        latest = self.desk.service.last_event_seq()
        assert self.desk.deliver(one) == before.alert.id
        assert self.desk.service.alert(before.alert.id) == before, "a second delivery changed it"
        assert self.desk.service.last_event_seq() == latest

    # --- people ---

    def some_alert(self, data: st.DataObject) -> AlertId | None:
        alerts = self.desk.service.page(1000)
        return data.draw(st.sampled_from(alerts)).id if alerts else None

    @rule(data=st.data(), actor=ACTORS)
    def operator_acts(self, data: st.DataObject, actor: object) -> None:
        alert = self.some_alert(data)
        if alert is None:
            return
        desk = self.desk.service
        what = data.draw(st.sampled_from(["acknowledge", "nearest", "named", "close"]))
        try:
            if what == "acknowledge":
                desk.acknowledge(alert, actor)  # type: ignore[arg-type]
            elif what == "nearest":
                desk.dispatch(alert, actor)  # type: ignore[arg-type]
            elif what == "named":
                desk.dispatch(alert, actor, data.draw(st.sampled_from(self.units)))  # type: ignore[arg-type]
            else:
                desk.close(alert, actor, data.draw(st.sampled_from(list(Outcome))))  # type: ignore[arg-type]
        except AlertsError:
            pass  # refused: the invariants say whether anything changed

    @rule(camera=CAMERAS, kind=KINDS, zone=ZONES, standing=st.sampled_from(["trusted", "review"]))
    def operator_decides_on_a_rule(
        self, camera: str, kind: str, zone: str | None, standing: str
    ) -> None:
        try:
            of = RuleKey(CameraId(camera), kind, zone)
            self.desk.trust.set_standing(of, Standing(standing), OPERATOR)
        except AlertsError:
            assert camera == "nowhere"

    @rule(data=st.data(), outcome=st.sampled_from(list(Outcome)))
    def operator_corrects(self, data: st.DataObject, outcome: Outcome) -> None:
        alert = self.some_alert(data)
        if alert is None:
            return
        try:
            self.closed[alert] = self.desk.service.judge(alert, OPERATOR, outcome).outcome
        except AlertsError:
            assert alert not in self.closed

    @rule(data=st.data(), answer=st.sampled_from([*Answer, None]))
    def patrol_acts(self, data: st.DataObject, answer: Answer | None) -> None:
        unit = data.draw(st.sampled_from(self.units))
        busy = self.desk.service.patrol(unit).busy_with
        alert = busy if busy and data.draw(st.booleans()) else self.some_alert(data)
        if alert is None:
            return
        try:
            if answer is None:
                self.desk.service.close(alert, by(unit), Outcome.REAL)
            else:
                self.desk.service.answer(alert, unit, answer, by(unit))
        except AlertsError:
            pass

    @rule(data=st.data(), on_duty=st.booleans())
    def shift(self, data: st.DataObject, on_duty: bool) -> None:
        unit = data.draw(st.sampled_from(self.units))
        self.desk.service.set_duty(unit, on_duty, by(unit))

    @rule(data=st.data(), north_m=st.integers(-5000, 5000))
    def drives(self, data: st.DataObject, north_m: int) -> None:
        unit = data.draw(st.sampled_from(self.units))
        self.desk.service.set_position(
            unit, Position(60.17 + north_m / 111_195, 24.94, self.desk.now)
        )
        known = self.desk.service.patrol(unit).position
        assert known is not None
        assert known.at <= self.desk.now

    # --- time ---

    @rule(seconds=st.sampled_from([1, 10, 31, 61, 130, 301, 1000]))
    def time_passes(self, seconds: int) -> None:
        self.desk.now += timedelta(seconds=seconds)
        self.round_is_made()

    @rule(seconds=st.sampled_from([2, 60, 3600]), at_once=st.booleans())
    def clock_goes_back(self, seconds: int, at_once: bool) -> None:
        self.desk.now -= timedelta(seconds=seconds)
        if at_once:
            self.round_is_made()

    @rule()
    def round_is_made(self) -> None:
        self.desk.service.tick()
        now = self.ticked_at = self.desk.now
        for alert in self.desk.service.page(1000):
            if alert.state is not State.CLOSED and alert.due is not None:
                assert now < alert.due, "a round left something due"
                in_reach = alert.due <= now + timedelta(seconds=401) or alert.is_quiet
                assert in_reach, "a deadline lies out of reach"

    @rule(seconds=st.sampled_from([1, 400]))
    def service_is_away(self, seconds: int) -> None:
        self.desk.now += timedelta(seconds=seconds)
        self.desk.restarted()

    # --- what always holds ---

    @invariant()
    def every_incident_has_its_alert(self) -> None:
        linked: dict[IncidentId, AlertId] = {}
        for alert in self.desk.service.page(1000):
            detail = self.desk.service.alert(alert.id)
            for one in detail.incidents:
                assert one.incident not in linked, "an incident under two alerts"
                linked[one.incident] = alert.id
            assert len(detail.incidents) == alert.incident_count
            happening = any(one.payload["ended_at"] is None for one in detail.incidents)
            assert alert.happening == happening
        assert linked == self.known

    @invariant()
    def every_change_is_on_record_and_in_the_table(self) -> None:
        for alert in self.desk.service.page(1000):
            steps = self.desk.service.alert(alert.id).steps
            state = None
            for step in steps:
                assert step.before == state, "the account has a gap"
                state = step.after
                if step.action not in STEPS_BESIDE:
                    assert step.before is not None
                    assert TABLE[step.before, step.action] is step.after
            assert state is alert.state
            assert alert.state not in PASSING
            if alert.version != self.versions.get(alert.id, 0):
                assert alert.version > self.versions.get(alert.id, 0)
                assert len(steps) > self.accounts.get(alert.id, 0), "a change without a step"
            self.versions[alert.id], self.accounts[alert.id] = alert.version, len(steps)

    @invariant()
    def nothing_open_is_silent(self) -> None:
        for alert in self.desk.service.page(1000):
            if alert.state is State.CLOSED:
                assert alert.due is None
                continue
            called = alert.state is State.ESCALATED or alert.overdue_since is not None
            loud = called and not alert.is_quiet
            assert loud != (alert.attention_by is not None)
            asked = alert.state is State.DISPATCHED
            assert asked == (alert.answer_by is not None)
            assert (alert.state in UNDER_WAY) == (alert.patrol is not None)
            if alert.state in TAKEN:
                assert alert.seeking_since is None

    @invariant()
    def nobody_is_sent_to_what_is_in_review(self) -> None:
        for alert in self.desk.service.page(1000):
            if alert.review:
                assert alert.state in (State.NEW, State.CLOSED)
                assert (alert.patrol, alert.seeking_since) == (None, None)

    @invariant()
    def every_standing_is_on_record(self) -> None:
        for report in self.desk.trust.page(100):
            changes = self.desk.trust.rule(report.trust.rule).changes
            standing = Standing.TRUSTED
            for change in changes:
                assert change.before is standing is not change.after
                standing = change.after
            assert report.trust.standing is standing
            assert report.trust.version == 1 + len(changes)

    @invariant()
    def a_patrol_has_one_alert_that_names_it(self) -> None:
        named: dict[PatrolId, AlertId] = {}
        for alert in self.desk.service.page(1000):
            if alert.patrol is not None and alert.state is not State.CLOSED:
                assert alert.patrol not in named, "a patrol with two alerts"
                named[alert.patrol] = alert.id
        for unit in self.desk.service.patrols():
            assert unit.busy_with == named.get(unit.id)

    @invariant()
    def closed_is_closed(self) -> None:
        for alert in self.desk.service.page(1000):
            if alert.id in self.closed:
                assert alert.state is State.CLOSED
                assert alert.outcome is self.closed[alert.id]
            elif alert.state is State.CLOSED:
                assert alert.outcome is not None
                self.closed[alert.id] = alert.outcome

    @invariant()
    def the_feed_says_it_all_in_order(self) -> None:
        events = self.desk.service.events_after(self.last_seq, 10_000)
        seqs = [event.seq for event in events]
        assert seqs == sorted(set(seqs))
        assert all(seq > self.last_seq for seq in seqs)
        if seqs:
            self.last_seq = seqs[-1]
        for alert in {event.alert for event in events if event.type == "alert"}:
            told = [one for one in events if one.alert == alert and one.type == "alert"][-1].data
            stored = self.desk.alert(alert)
            assert (told["version"], told["state"]) == (stored.version, stored.state.value)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        self.patch.undo()
        for unit in self.units:
            current = self.desk.service.patrol(unit).busy_with
            offers = self.desk.service.events_after(0, 100_000, unit)
            last: dict[AlertId, str] = {}
            for event in offers:
                if event.type != "update" or event.alert not in last:
                    last[event.alert] = event.type
            assert [one for one, kind in last.items() if kind == "offer"] == (
                [current] if current else []
            ), "the patrol's feed and its alert differ"


AlertLife.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
class TestAlertLife(AlertLife.TestCase):  # type: ignore[misc,name-defined]
    """Runs the machine."""


def test_the_clock_of_the_machine_is_the_incidents_own() -> None:
    assert Desk().now == NOON + timedelta(seconds=2)
