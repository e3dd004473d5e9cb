"""What every change gives people to hear, and what is done when no device says that it has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import AlertId, Outcome, PatrolId, State
from alerts.errors import NotFound, NotYours
from alerts.notification import (
    CITY,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    NotificationId,
    Stage,
)
from alerts.plans import Plans, Rule, When
from alerts.policy import Policy
from alerts.service import Answer
from tests.support.patrols import OPERATOR, Desk

ACCEPT, DECLINE = Answer.ACCEPT, Answer.DECLINE


@pytest.fixture
def desk() -> Desk:
    return Desk()


def reach(desk: Desk, owner: str, channel: str = "push", **more: object) -> EndpointId:
    id_ = EndpointId(f"{channel} of {owner}"[:60])
    made = Endpoint(id_, channel, owner, "phone", b"sealed", desk.now)
    with desk.store.begin() as tx:
        tx.put_endpoint(replace(made, **more))  # type: ignore[arg-type]
    return id_


def told(desk: Desk, alert: AlertId) -> list[Notification]:
    with desk.store.read() as tx:
        return tx.notifications(alert)


def ways(desk: Desk, alert: AlertId) -> list[Delivery]:
    with desk.store.read() as tx:
        return tx.deliveries(alert)


def test_an_offer_is_told_over_the_first_channels_in_the_same_commit(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}")
    reach(desk, f"patrol:{unit}", "apprise")
    alert = desk.receive()
    (offer,) = told(desk, alert)
    assert (offer.patrol, offer.attempt, offer.event) == (unit, 1, Event.OFFER)
    assert offer.id == f"{alert}.1.patrol:{unit}"
    assert offer.accepted_at == desk.now, "its own stream has it"
    assert offer.receipt_by == desk.now + timedelta(seconds=10)
    assert offer.data["id"] == alert
    assert [(one.channel, one.due is None) for one in ways(desk, alert)] == [
        ("stream", True),
        ("push", False),
    ]


def test_the_stream_names_the_notification(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.say(alert, unit, ACCEPT)
    events = desk.service.events_after(0, 100, unit)
    assert [(one.type, one.data["notification"]) for one in events] == [
        ("offer", f"{alert}.1.patrol:{unit}"),
        ("update", f"{alert}.1.patrol:{unit}"),
    ]


def test_without_a_receipt_the_next_channel_is_taken(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}")
    reach(desk, f"patrol:{unit}", "apprise")
    alert = desk.receive()
    version = desk.alert(alert).version
    desk.wait(9)
    assert len(ways(desk, alert)) == 2
    desk.wait(1)
    assert [one.channel for one in ways(desk, alert)] == ["stream", "push", "apprise"]
    step = desk.service.alert(alert).steps[-1]
    assert (step.action, step.actor) == ("notify", "system:qalqan")
    assert step.note == "no device has it after 10 s over stream, push; now over apprise"
    assert desk.alert(alert).version == version, "an operator's change is not in its way"
    desk.wait(10)
    last = desk.service.alert(alert).steps[-1]
    assert "nothing else reaches this patrol" in last.note
    desk.wait(60)
    assert told(desk, alert)[0].receipt_by is None
    assert desk.actions(alert).count("notify") == 2


def test_channels_that_reach_nobody_are_passed(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}", "mqtt")
    reach(desk, f"patrol:{unit}", "push", retired_at=desk.now)
    alert = desk.receive()
    assert [one.channel for one in ways(desk, alert)] == ["stream"]
    desk.wait(10)
    assert [one.channel for one in ways(desk, alert)] == ["stream", "mqtt"]


def test_a_receipt_ends_the_chase(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}", "apprise")
    alert = desk.receive()
    id_ = told(desk, alert)[0].id
    desk.now += timedelta(seconds=2)
    desk.service.receipt(id_, unit, Stage.DELIVERED)
    rings = desk.rings
    desk.service.receipt(id_, unit, Stage.DELIVERED)
    assert desk.rings == rings, "said again, it changes nothing"
    desk.wait(20)
    desk.service.receipt(id_, unit, Stage.SEEN)
    (offer,) = told(desk, alert)
    assert (offer.delivered_at, offer.seen_at) == (
        desk.now - timedelta(seconds=20),
        desk.now,
    )
    assert [one.channel for one in ways(desk, alert)] == ["stream"]
    said = [one.data for one in desk.service.events_after(0, 100) if one.type == "notified"]
    assert [one["seen_at"] is None for one in said] == [True, False]


def test_an_answer_is_a_receipt_too(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.now += timedelta(seconds=5)
    desk.say(alert, unit, ACCEPT)
    (offer,) = told(desk, alert)
    assert offer.delivered_at == offer.seen_at == offer.answered_at == desk.now
    assert (offer.answer, offer.receipt_by) == ("accept", None)


def test_receipts_are_the_patrols_own(desk: Desk) -> None:
    unit, other = desk.unit("one"), desk.unit("two", 500)
    alert = desk.receive()
    id_ = told(desk, alert)[0].id
    with pytest.raises(NotYours):
        desk.service.receipt(id_, other, Stage.SEEN)
    with pytest.raises(NotYours):
        desk.service.notification(id_, other)
    with pytest.raises(NotFound):
        desk.service.receipt(NotificationId("none"), unit, Stage.SEEN)
    assert desk.service.notification(id_, unit).data["id"] == alert


def test_who_lets_it_lapse_is_told_to_be_still_and_the_next_is_asked(desk: Desk) -> None:
    first, second = desk.unit("one"), desk.unit("two", 500)
    reach(desk, f"patrol:{first}")
    alert = desk.receive()
    desk.wait(30, first, second)
    offer, withdrawn, next_offer = told(desk, alert)
    assert (offer.patrol, offer.moot_at) == (first, desk.now)
    assert (withdrawn.patrol, withdrawn.event, withdrawn.attempt) == (first, Event.WITHDRAWN, 2)
    assert (next_offer.patrol, next_offer.attempt) == (second, 1)
    assert [(one.channel, one.notification) for one in ways(desk, alert)] == [
        ("stream", offer.id),
        ("push", offer.id),
        ("push", withdrawn.id),
        ("stream", next_offer.id),
    ]


def test_who_has_declined_is_not_rung_again(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}")
    alert = desk.receive()
    desk.say(alert, unit, DECLINE)
    assert [one.event for one in told(desk, alert)] == [Event.OFFER]


def test_each_offer_is_an_attempt_of_its_own(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.say(alert, unit, DECLINE)
    desk.wait(600, unit)
    offers = told(desk, alert)
    assert [(one.attempt, one.event) for one in offers] == [(1, Event.OFFER), (2, Event.OFFER)]


def test_the_city_hears_of_every_version_and_of_alarms(desk: Desk) -> None:
    every = reach(desk, CITY, "webhook")
    loud = reach(desk, CITY, "apprise", events=(Event.ALARM,), severities=("critical", "high"))
    reach(desk, CITY, "mqtt", severities=("low",))
    alert = desk.receive()  # nobody is on duty: loud at once
    assert desk.alert(alert).state is State.ESCALATED
    desk.service.acknowledge(alert, OPERATOR)
    said = [(one.recipient, one.attempt, one.event) for one in told(desk, alert)]
    assert said == [
        (f"endpoint:{loud}", 1, Event.ALARM),
        (f"endpoint:{every}", 1, Event.ALARM),
        (f"endpoint:{every}", 2, Event.ALERT),
    ]
    assert all(one.due is not None for one in ways(desk, alert))


def test_sixty_seconds_without_a_yes_sound_until_a_person_takes_it(desk: Desk) -> None:
    units = [desk.unit(f"unit {n}", 300.0 * n) for n in range(4)]
    alert = desk.receive()
    desk.wait(30, *units)
    desk.wait(29, *units)
    assert desk.alert(alert).overdue_since is None
    desk.wait(1, *units)
    assert desk.alert(alert).overdue_since == desk.now
    desk.wait(300, *units)
    assert desk.alert(alert).overdue_since is not None
    desk.service.acknowledge(alert, OPERATOR)
    assert desk.alert(alert).overdue_since is None


def test_a_rule_changes_the_times_of_the_alerts_it_names() -> None:
    quick = Rule("fights", When(kinds=frozenset({"fight"})), {"answer_s": 7, "receipt_s": 3})
    quiet = Rule(
        "lights",
        When(kinds=frozenset({"smoke"})),
        {"auto_dispatch_severities": (), "attention_s": 5},
    )
    desk = Desk(policy=Policy(plans=Plans((quick, quiet))))
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}", "apprise")
    fight = desk.receive(1, kind="fight")
    assert desk.alert(fight).answer_by == desk.now + timedelta(seconds=7)
    desk.wait(3)
    assert [one.channel for one in ways(desk, fight)] == ["stream", "apprise"]
    smoke = desk.receive(2, kind="smoke")
    assert desk.alert(smoke).state is State.NEW
    assert desk.alert(smoke).attention_by == desk.now + timedelta(seconds=5)
    desk.wait(5)
    assert desk.alert(smoke).state is State.ESCALATED


def test_a_clock_that_goes_back_makes_nobody_wait_longer(desk: Desk) -> None:
    unit = desk.unit("one")
    reach(desk, f"patrol:{unit}", "apprise")
    alert = desk.receive()
    desk.wait(1, unit)
    desk.now -= timedelta(minutes=5)
    desk.stand(unit)
    desk.service.tick()
    desk.wait(10, unit)
    assert "apprise" in [one.channel for one in ways(desk, alert)]
    for one in told(desk, alert):
        for at in (one.accepted_at, one.delivered_at, one.seen_at, one.answered_at, one.moot_at):
            assert at is None or at >= one.created_at


def test_a_close_takes_back_what_waits(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.service.close(alert, OPERATOR, Outcome.FALSE)
    (offer,) = told(desk, alert)
    assert offer.is_over
    assert desk.service.patrol(PatrolId(unit)).busy_with is None
