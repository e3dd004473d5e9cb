"""From what people say of alerts to how their rules are treated, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import AlertId, Outcome, State
from alerts.believing.trust import RuleKey, Standing, TrustPolicy
from alerts.errors import NotFound, TransitionRefused, VersionConflict
from alerts.policy import Policy
from alerts.service import Answer
from ingest.camera import CameraId
from tests.support.incidents import incident
from tests.support.patrols import OPERATOR, Desk, by

GATE = CameraId("north-gate")
LAWN = RuleKey(GATE, "intrusion", "lawn")
FIRE = RuleKey(GATE, "fire", "lawn")
FEW = TrustPolicy(confidence=0.8, min_verdicts=4, hold_verdicts=4, budget={"high": 0.5})


@pytest.fixture
def desk() -> Desk:
    return Desk(trust_policy=FEW, policy=Policy(review_s=3600))


class Numbers:
    """Incidents that never repeat a number."""

    last = 0

    @classmethod
    def next(cls) -> int:
        cls.last += 1
        return cls.last


def alarm(desk: Desk, **changes: object) -> AlertId:
    """An alert of its own: later than what was before."""
    desk.now += timedelta(minutes=10)
    for unit in desk.service.patrols():
        desk.stand(unit.id)
    return desk.receive(Numbers.next(), **changes)


def close(desk: Desk, outcome: str, times: int = 1, **changes: object) -> None:
    for _ in range(times):
        desk.service.close(alarm(desk, **changes), OPERATOR, Outcome(outcome))


def standing(desk: Desk, rule: RuleKey = LAWN) -> Standing:
    return desk.trust.rule(rule).trust.standing


def test_false_alarms_send_a_rule_to_review_and_nobody_is_sent(desk: Desk) -> None:
    desk.unit("Unit 1")
    close(desk, "false", 3)
    assert standing(desk) is Standing.TRUSTED
    last = alarm(desk)
    assert desk.alert(last).state is State.DISPATCHED
    seq = desk.service.last_event_seq()
    desk.service.close(last, OPERATOR, Outcome.FALSE)
    assert standing(desk) is Standing.REVIEW
    told = [one for one in desk.service.events_after(seq, 9) if one.type == "trust"]
    assert [(one.alert, one.data["state"], one.data["false"]) for one in told] == [
        (last, "review", 4)
    ]
    reviewed = desk.alert(alarm(desk))
    assert reviewed.review
    assert (reviewed.state, reviewed.patrol) == (State.NEW, None)
    desk.wait(600, *(unit.id for unit in desk.service.patrols()))
    assert desk.alert(reviewed.id).state is State.NEW, "quiet"
    assert not desk.alert(alarm(desk, kind="loitering")).review, "another rule is not touched"
    assert not desk.alert(alarm(desk, camera=CameraId("far-away"))).review


def test_its_account_says_who_when_and_why(desk: Desk) -> None:
    close(desk, "false", 4)
    (change,) = desk.trust.rule(LAWN).changes
    assert (change.before, change.after) == (Standing.TRUSTED, Standing.REVIEW)
    assert (change.by, change.reason, change.at) == ("system:qalqan", "under_budget", desk.now)
    assert change.detail["false"] == 4
    assert change.detail["high"] < change.detail["budget"] == 0.5
    assert desk.service.alert(change.detail["alert"]).alert.outcome is Outcome.FALSE


def test_undo_restores_starts_afresh_and_holds_off(desk: Desk) -> None:
    close(desk, "false", 4)
    alarm(desk)  # goes on meanwhile
    version = desk.trust.rule(LAWN).trust.version
    desk.unit("Unit 1")
    report = desk.trust.set_standing(LAWN, Standing.TRUSTED, OPERATOR, "lamp moved", version)
    assert (report.trust.standing, report.found.decided) == (Standing.TRUSTED, 0)
    going_on = next(one for one in desk.service.page(9) if one.state is not State.CLOSED)
    assert (going_on.review, going_on.state) == (False, State.DISPATCHED)
    assert "lift" in desk.actions(going_on.id)
    desk.now += timedelta(seconds=9)
    desk.service.close(going_on.id, OPERATOR, Outcome.FALSE)
    close(desk, "false", 2)
    assert standing(desk) is Standing.TRUSTED
    close(desk, "false")
    assert standing(desk) is Standing.REVIEW
    changes = desk.trust.rule(LAWN).changes
    assert [(one.after.value, one.by) for one in changes] == [
        ("review", "system:qalqan"),
        ("trusted", str(OPERATOR)),
        ("review", "system:qalqan"),
    ]


def test_people_set_rules_aside_and_back_and_twice_is_once(desk: Desk) -> None:
    set_to = desk.trust.set_standing
    first = set_to(FIRE, Standing.REVIEW, OPERATOR, "a chimney")
    assert (first.trust.version, first.trust.by) == (2, str(OPERATOR))
    assert set_to(FIRE, Standing.REVIEW, OPERATOR, "again", 1) == first, "already so"
    assert desk.alert(alarm(desk, kind="fire", severity="critical")).review, "a person may"
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        set_to(FIRE, Standing.TRUSTED, OPERATOR, "", 1)
    assert set_to(FIRE, Standing.TRUSTED, OPERATOR, "", 2).trust.version == 3
    with pytest.raises(NotFound, match="there is no camera nowhere"):
        set_to(RuleKey(CameraId("nowhere"), "fire"), Standing.REVIEW, OPERATOR)


def test_critical_rules_are_flagged_and_still_sent(desk: Desk) -> None:
    desk.trust_policy = replace(FEW, budget={"critical": 0.5})
    desk.restarted()
    close(desk, "false", 6, kind="fire", severity="critical")
    assert standing(desk, FIRE) is Standing.FLAGGED
    assert not desk.alert(alarm(desk, kind="fire", severity="critical")).review


def test_a_reviewed_alert_is_a_verdict_too_and_recovery_is_proposed(desk: Desk) -> None:
    close(desk, "false", 4)
    assert not desk.trust.rule(LAWN).proposed
    for _ in range(4):
        reviewed = alarm(desk)
        closed = desk.service.close(reviewed, OPERATOR, Outcome.REAL)
        assert closed.review, "it is on record that it was"
    report = desk.trust.rule(LAWN)
    assert report.proposed
    assert report.trust.standing is Standing.REVIEW, "a person decides"
    assert (report.found.real, report.found.false) == (4, 4)


def test_what_a_person_takes_up_is_in_review_no_longer(desk: Desk) -> None:
    unit = desk.unit("Unit 1")
    desk.trust.set_standing(LAWN, Standing.REVIEW, OPERATOR)
    seen = alarm(desk)
    assert not desk.service.acknowledge(seen, OPERATOR).review
    desk.wait(400, unit)
    assert desk.alert(seen).state is State.ESCALATED, "it is watched again"
    sent = alarm(desk)
    desk.stand(unit)
    assert not desk.service.dispatch(sent, OPERATOR).review


def test_a_trusted_rule_that_sees_the_same_lifts_it(desk: Desk) -> None:
    desk.trust.set_standing(LAWN, Standing.REVIEW, OPERATOR)
    doubtful = alarm(desk)
    unit = desk.unit("Unit 1")
    joined = desk.receive(Numbers.next(), camera=CameraId("next-door"))
    assert joined == doubtful
    alert = desk.alert(doubtful)
    assert (alert.review, alert.patrol) == (False, unit)
    assert desk.actions(doubtful) == ["raise", "join", "lift", "dispatch"]
    again = desk.receive(Numbers.next())
    assert again == doubtful
    assert not desk.alert(doubtful).review, "what was lifted stays so"


def test_what_nobody_reviewed_leaves_the_list_and_counts_for_nothing(desk: Desk) -> None:
    desk.trust.set_standing(LAWN, Standing.REVIEW, OPERATOR)
    forgotten = alarm(desk)
    desk.restarted()
    desk.wait(3590)
    assert desk.alert(forgotten).state is State.NEW
    desk.wait(20)
    alert = desk.alert(forgotten)
    assert (alert.state, alert.outcome, alert.review) == (State.CLOSED, Outcome.UNCLEAR, True)
    assert desk.actions(forgotten)[-1] == "expire"
    found = desk.trust.rule(LAWN).found
    assert (found.decided, found.unclear) == (0, 0)


def test_one_vote_an_alert_and_camera_however_many_incidents(desk: Desk) -> None:
    alert = alarm(desk)
    for camera in ("north-gate", "north-gate", "next-door"):
        assert desk.receive(Numbers.next(), camera=CameraId(camera)) == alert
    desk.service.close(alert, OPERATOR, Outcome.FALSE)
    for camera in (GATE, CameraId("next-door")):
        assert desk.trust.rule(RuleKey(camera, "intrusion", "lawn")).found.false == 1
    with pytest.raises(NotFound):
        desk.trust.rule(RuleKey(CameraId("nowhere"), "intrusion"))


def test_a_patrol_on_the_scene_gives_the_verdict(desk: Desk) -> None:
    unit = desk.unit("Unit 1")
    alert = desk.receive(Numbers.next())
    desk.say(alert, unit, Answer.ACCEPT, Answer.EN_ROUTE, Answer.ON_SCENE)
    desk.service.close(alert, by(unit), Outcome.REAL)
    assert desk.trust.rule(LAWN).found.real == 1


def test_a_corrected_outcome_is_counted_instead(desk: Desk) -> None:
    alert = alarm(desk)
    with pytest.raises(TransitionRefused, match="cannot judge"):
        desk.service.judge(alert, OPERATOR, Outcome.REAL)
    desk.service.close(alert, OPERATOR, Outcome.FALSE)
    closed = desk.alert(alert)
    with pytest.raises(VersionConflict):
        desk.service.judge(alert, OPERATOR, Outcome.REAL, "", closed.version - 1)
    judged = desk.service.judge(alert, OPERATOR, Outcome.REAL, "seen on the recording")
    assert (judged.outcome, judged.state) == (Outcome.REAL, State.CLOSED)
    assert desk.service.judge(alert, OPERATOR, Outcome.REAL).version == judged.version
    found = desk.trust.rule(LAWN).found
    assert (found.real, found.false) == (1, 0)
    step = desk.service.alert(alert).steps[-1]
    assert (step.action, step.detail["instead_of"]) == ("judge", "false")
    with pytest.raises(TransitionRefused, match="the role patrol cannot judge"):
        desk.service.judge(alert, by(desk.unit("Unit 1")), Outcome.FALSE)


def test_many_verdicts_at_once_demote_once(desk: Desk) -> None:
    alerts = [alarm(desk) for _ in range(12)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: desk.service.close(one, OPERATOR, Outcome.FALSE), alerts))
    report = desk.trust.rule(LAWN)
    assert (report.found.false, len(report.changes), report.trust.version) == (12, 1, 2)


def test_a_verdict_and_its_demotion_are_one_commit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(desk, "false", 3)
    last = alarm(desk)

    def broken(*_: object) -> None:
        raise RuntimeError("the power is out")

    monkeypatch.setattr("alerts.believing.verdicts.record_change", broken)
    with pytest.raises(RuntimeError):
        desk.service.close(last, OPERATOR, Outcome.FALSE)
    assert desk.alert(last).state is not State.CLOSED
    assert desk.trust.rule(LAWN).found.false == 3


def test_the_why_of_the_first_incident_is_the_alerts(desk: Desk) -> None:
    why = {"en": "A person.", "kk": "Адам.", "ru": "Человек."}
    alert = desk.deliver(incident(Numbers.next(), why_in=why))
    assert desk.alert(alert).why_in == why


def test_two_zones_of_one_kind_are_judged_apart(desk: Desk) -> None:
    close(desk, "false", 4, zone="lawn")
    close(desk, "real", 4, zone="gate")
    gate = replace(LAWN, zone="gate")
    assert (standing(desk), standing(desk, gate)) == (Standing.REVIEW, Standing.TRUSTED)
    assert desk.alert(alarm(desk, zone="lawn")).review
    assert not desk.alert(alarm(desk, zone="gate")).review
    assert not desk.alert(alarm(desk, zone=None)).review, "the whole frame is another rule"
    assert desk.trust.rule(gate).found.real == 4


def test_an_alert_of_two_zones_is_a_verdict_on_each_of_them(desk: Desk) -> None:
    alert = alarm(desk, zone="lawn")
    assert desk.receive(Numbers.next(), zone="gate") == alert
    assert desk.receive(Numbers.next(), zone="gate") == alert
    desk.service.close(alert, OPERATOR, Outcome.FALSE)
    for zone in ("lawn", "gate"):
        assert desk.trust.rule(replace(LAWN, zone=zone)).found.false == 1
    desk.service.judge(alert, OPERATOR, Outcome.REAL)
    for zone in ("lawn", "gate"):
        found = desk.trust.rule(replace(LAWN, zone=zone)).found
        assert (found.real, found.false) == (1, 0)


def test_what_goes_on_is_lifted_when_the_rule_of_any_of_its_zones_is_trusted(desk: Desk) -> None:
    gate = replace(LAWN, zone="gate")
    for rule in (LAWN, gate):
        desk.trust.set_standing(rule, Standing.REVIEW, OPERATOR)
    alert = alarm(desk, zone="lawn")
    assert desk.receive(Numbers.next(), zone="gate") == alert
    assert desk.alert(alert).review
    desk.trust.set_standing(gate, Standing.TRUSTED, OPERATOR)
    assert not desk.alert(alert).review
