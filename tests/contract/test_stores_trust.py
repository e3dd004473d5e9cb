"""The contract of what stores know of verdicts and trust, over every adapter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import AlertId, Outcome, Outline, State
from alerts.believing.trust import RuleKey, RuleTrust, Standing, TrustChange, TrustPolicy, Verdict
from alerts.ports import Store
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.patrols import OPERATOR, Desk
from tests.support.records import alert, linked
from tests.support.stores import Stores

GATE = CameraId("north-gate")
LAWN = RuleKey(GATE, "intrusion", "lawn")
FIRE = RuleKey(GATE, "fire")


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.store


def verdict(number: int, **changes: object) -> Verdict:
    at = NOON + timedelta(seconds=number, microseconds=1)
    of = AlertId(f"alert-{number:04d}")
    one = Verdict(of, GATE, "intrusion", Outcome.FALSE, at, "operator:Айгүл", True, "lawn")
    return replace(one, **changes)  # type: ignore[arg-type]


def rule(
    camera: str = "north-gate",
    kind: str = "intrusion",
    zone: str | None = "lawn",
    **changes: object,
) -> RuleTrust:
    one = RuleTrust(
        CameraId(camera),
        kind,
        "high",
        Standing.REVIEW,
        NOON,
        "operator:aigul",
        "шам",
        NOON,
        7,
        zone,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def change(number: int) -> TrustChange:
    at = NOON + timedelta(seconds=number)
    detail = {"number": number, "high": 0.25, "alert": None}
    return TrustChange(GATE, "fire", at, Standing.TRUSTED, Standing.REVIEW, "a:b", "шам", detail)


def test_every_record_comes_back_as_it_was(store: Store) -> None:
    with store.begin() as tx:
        tx.put_verdict(verdict(1))
        tx.put_rule_trust(rule())
        tx.put_rule_trust(rule(kind="fire", zone=None, since=None, counts_from=None))
        for number in (1, 2):
            tx.add_trust_change(change(number))
    with store.read() as tx:
        assert tx.verdicts(LAWN, 9) == [verdict(1)]
        assert tx.rule_trust(LAWN) == rule()
        assert tx.rule_trust(FIRE) == rule(kind="fire", zone=None, since=None, counts_from=None)
        assert tx.trust_changes(FIRE) == [change(1), change(2)]
        assert tx.trust_changes(LAWN) == []


def test_nothing_is_none(store: Store) -> None:
    with store.read() as tx:
        assert tx.verdicts(LAWN, 9) == []
        assert tx.verdicts_of(AlertId("none")) == []
        assert tx.rule_trust(LAWN) is None
        assert tx.page_trust(9) == []


def test_verdicts_are_the_newest_of_one_rule_and_one_each_alert_and_camera(store: Store) -> None:
    with store.begin() as tx:
        for number in (2, 5, 1, 4, 3):
            tx.put_verdict(verdict(number))
        tx.put_verdict(verdict(3, outcome=Outcome.REAL))
        tx.put_verdict(verdict(3, camera=CameraId("next-door")))
        tx.put_verdict(verdict(9, kind="fire"))
    with store.read() as tx:
        found = tx.verdicts(LAWN, 3)
        assert found == [verdict(5), verdict(4), verdict(3, outcome=Outcome.REAL)]
        both = tx.verdicts_of(AlertId("alert-0003"))
        assert [one.camera for one in both] == ["next-door", "north-gate"]


def test_pages_of_trust_are_in_order_and_by_what_is_asked(store: Store) -> None:
    rules = [
        rule("a-gate", "fire"),
        rule("a-gate", "intrusion", standing=Standing.TRUSTED),
        rule("b-gate", "crowd"),
        rule("b-gate", "fire", standing=Standing.FLAGGED),
    ]
    with store.begin() as tx:
        for one in reversed(rules):
            tx.put_rule_trust(replace(one, version=1))
            tx.put_rule_trust(one)
    with store.read() as tx:
        assert tx.page_trust(9) == rules
        assert tx.page_trust(2) == rules[:2]
        assert tx.page_trust(9, RuleKey(CameraId("a-gate"), "intrusion", "lawn")) == rules[2:]
        assert tx.page_trust(9, RuleKey(CameraId("a-gate"), "zebra")) == rules[2:]
        assert tx.page_trust(9, None, CameraId("b-gate")) == rules[2:]
        doubted = (Standing.REVIEW, Standing.FLAGGED)
        assert tx.page_trust(9, None, None, doubted) == [rules[0], *rules[2:]]
        assert tx.page_trust(9, rules[0].rule, CameraId("a-gate"), doubted) == []


def test_two_zones_of_one_kind_share_nothing(store: Store) -> None:
    """Nor does the whole frame, which comes first."""
    zones = (None, "lawn", "Шлюз 2", "a/b")
    keys = [RuleKey(GATE, "intrusion", zone) for zone in zones]
    with store.begin() as tx:
        for number, zone in enumerate(zones, 1):
            tx.put_verdict(verdict(number, zone=zone))
            tx.put_verdict(verdict(9, zone=zone))
            tx.put_rule_trust(rule(zone=zone, version=number))
            tx.add_trust_change(replace(change(number), kind="intrusion", zone=zone))
    with store.read() as tx:
        for number, key in enumerate(keys, 1):
            assert [one.alert for one in tx.verdicts(key, 9)] == [
                "alert-0009",
                f"alert-000{number}",
            ]
            found = tx.rule_trust(key)
            assert found is not None
            assert (found.zone, found.version) == (key.zone, number)
            assert [one.detail["number"] for one in tx.trust_changes(key)] == [number]
        order = sorted(keys, key=lambda one: one.order)
        assert [one.rule for one in tx.page_trust(9)] == order
        assert order[0].zone is None
        for place, key in enumerate(order, 1):
            assert [one.rule for one in tx.page_trust(9, key)] == order[place:]
        both = tx.verdicts_of(AlertId("alert-0009"))
        assert [one.rule for one in both] == order


def test_nothing_of_a_failed_change_is_kept(store: Store) -> None:
    def fail() -> None:
        with store.begin() as tx:
            tx.put_verdict(verdict(1))
            tx.put_rule_trust(rule())
            tx.add_trust_change(change(1))
            raise KeyError("thought better of it")

    with pytest.raises(KeyError):
        fail()
    with store.read() as tx:
        assert tx.verdicts(LAWN, 9) == []
        assert tx.page_trust(9) == []
        assert tx.trust_changes(FIRE) == []


def test_alerts_in_review_are_found_apart(store: Store) -> None:
    with store.begin() as tx:
        tx.put_alert(alert(1))
        tx.put_alert(alert(2, review=True))
        tx.put_alert(alert(3, review=True, state=State.CLOSED))
    with store.read() as tx:
        assert [one.id for one in tx.page_alerts(9, review=True)] == ["alert-0003", "alert-0002"]
        assert [one.id for one in tx.page_alerts(9, None, [State.NEW], True)] == ["alert-0002"]
        assert [one.id for one in tx.page_alerts(9, review=False)] == ["alert-0001"]
        assert len(tx.page_alerts(9)) == 3


def test_the_why_and_the_outline_come_back(store: Store) -> None:
    told = alert(1, why_in={"en": "A person.", "kk": "Адам.", "ru": "Человек."})
    drawn = replace(linked(1, told.id), outline=Outline(((0.0, 0.5), (1.0, 0.5)), closed=False))
    with store.begin() as tx:
        tx.put_alert(told)
        tx.put_incident(drawn)
    with store.read() as tx:
        assert tx.alert(told.id) == told
        assert tx.incidents(told.id) == [drawn]


def test_the_whole_way_from_false_alarms_to_review_and_back(store: Store) -> None:
    desk = Desk(store=store, trust_policy=TrustPolicy(confidence=0.8, min_verdicts=4))
    for number in range(1, 9):
        desk.now += timedelta(minutes=10)
        desk.service.close(desk.receive(number), OPERATOR, Outcome.FALSE)
    desk.now += timedelta(minutes=10)
    assert desk.alert(desk.receive(99)).review
    (report,) = desk.trust.page(9, None, None, [Standing.REVIEW])
    assert (report.found.false, report.trust.by) == (8, "system:qalqan")
    back = desk.trust.set_standing(LAWN, Standing.TRUSTED, OPERATOR, "", 2)
    assert (back.trust.standing, back.found.decided) == (Standing.TRUSTED, 0)
    assert [one.after for one in desk.trust.rule(LAWN).changes] == [
        Standing.REVIEW,
        Standing.TRUSTED,
    ]
    assert desk.service.events_after(0, 99)[-1].type == "alert", "the one that goes on is lifted"


def test_verdicts_at_once_lose_none_and_demote_once(store: Store) -> None:
    desk = Desk(store=store, trust_policy=TrustPolicy(confidence=0.8, min_verdicts=4))
    alerts = []
    for number in range(1, 13):
        desk.now += timedelta(minutes=10)
        alerts.append(desk.receive(number))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: desk.service.close(one, OPERATOR, Outcome.FALSE), alerts))
    report = desk.trust.rule(LAWN)
    assert (report.found.false, len(report.changes), report.trust.version) == (12, 1, 2)
