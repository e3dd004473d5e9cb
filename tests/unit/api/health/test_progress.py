"""What alerts have come to is told once each, whoever restarts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import AlertId, Outcome
from alerts.errors import StoreUnavailable
from alerts.notification import Delivery, EndpointId, Stage
from alerts.service import Answer
from alerts.trace import STAGES
from api.health.progress import MAX_KNOWN, News, Progress
from tests.support.clocks import Place
from tests.support.patrols import OPERATOR, by


def stages(news: list[News]) -> list[str]:
    return [one.stage for each in news for one in each.stages]


def follow(place: Place) -> tuple[Progress, list[News]]:
    news: list[News] = []
    return Progress(place.service, place.clock, news.append), news


def test_each_stage_is_told_once() -> None:
    place = Place()
    unit = place.unit("Unit 1")
    progress, news = follow(place)
    alert = place.raised()
    progress.look()
    assert stages(news) == list(STAGES[:7])
    progress.look()
    place.go(1)
    place.receipt(alert, Stage.DELIVERED, unit)
    progress.look()
    place.say(alert, unit, Answer.ACCEPT, Answer.EN_ROUTE, Answer.ON_SCENE)
    place.service.close(alert, by(unit), Outcome.REAL)
    place.service.judge(alert, OPERATOR, Outcome.UNCLEAR)
    progress.look()
    assert sorted(stages(news)) == sorted(STAGES)


def test_after_a_restart_nothing_is_told_again_and_what_is_new_is() -> None:
    place = Place()
    unit = place.unit("Unit 1")
    progress, before = follow(place)
    alert = place.raised()
    place.go(1)
    place.receipt(alert, Stage.SEEN, unit)
    progress.look()
    place.go(1)
    place.set_wall(-300)  # which must not make the old look new, or the new old
    progress, after = follow(place)
    place.go(1)
    place.say(alert, unit, Answer.ACCEPT)
    progress.look()
    assert stages(after) == ["accepted"]
    assert stages(before)[-2:] == ["received", "seen"]
    told = [reached for one in after for _, reached in one.told]
    assert told == ["answered"]
    assert [step.action for one in after for step in one.steps] == ["accept"]


def test_what_a_node_saw_while_the_service_was_down_is_told() -> None:
    place = Place()
    kept: list[Any] = []
    place.service.receive = lambda *one: kept.append(one)  # type: ignore[method-assign, assignment]
    place.raised()
    del place.service.receive
    place.go(600)
    progress, news = follow(place)
    place.go(1)
    place.service.receive(*kept[0])
    progress.look()
    assert stages(news) == ["captured", "inferred", "raised", "spooled", "arrived", "stored"]


def test_deliveries_when_they_are_over_and_steps() -> None:
    place = Place()
    place.unit("Unit 1")
    progress, news = follow(place)
    alert = place.raised()
    place.go(1)
    with place.store.begin() as tx:
        told = tx.notifications(alert)[0]
        one = Delivery("p", told.id, alert, EndpointId("e"), "push", place.now, place.now, tries=1)
        tx.put_delivery(one)
    progress.look()
    with place.store.begin() as tx:
        tx.put_delivery(replace(one, due=None, ended_at=place.now, outcome="gone"))
    place.go(31)
    place.service.tick()
    progress.look()
    over = Counter((way.channel, way.outcome) for each in news for way in each.deliveries)
    assert over == {("stream", "accepted"): 1, ("push", "gone"): 1}
    steps = [step.action for each in news for step in each.steps]
    assert steps == ["raise", "dispatch", "lapse", "escalate"]
    assert [offer.ended for each in news for offer in each.offers] == ["lapsed"]


def test_a_store_that_is_away_is_asked_again_from_the_same_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place()
    progress, news = follow(place)
    alert = place.raised()

    def away(_: list[AlertId]) -> None:
        raise StoreUnavailable("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(place.service, "details", away)
        with pytest.raises(StoreUnavailable):
            progress.look()
    progress.look()
    assert stages(news)[-1] == "stored"
    assert news[0].alert.id == alert


def test_an_account_is_read_only_when_something_changed_that_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place()
    progress, news = follow(place)
    place.raised()
    progress.look()
    for number in range(2, 12):
        place.receive(number, severity="medium")  # joins
    progress.look()
    assert len(news) == 1


def test_memory_is_bounded_and_what_is_forgotten_is_never_told_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("api.health.progress.MAX_KNOWN", 3)
    assert MAX_KNOWN > 3
    place = Place()
    progress, news = follow(place)
    alerts = []
    for number in range(1, 7):
        alerts.append(place.receive(number, zone=f"zone {number}", kind=f"kind-{number}"))
        place.service.close(alerts[-1], OPERATOR, Outcome.FALSE)
        place.go(1)
        progress.look()
    assert len(progress._known) == 3
    place.service.judge(alerts[0], OPERATOR, Outcome.REAL)
    progress.look()
    assert Counter(stages(news))["closed"] == 6


def test_one_that_cannot_be_understood_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place()
    progress, news = follow(place)
    bad, good = (place.receive(n, kind=f"kind-{n}", zone=f"zone {n}") for n in (1, 2))
    read = place.service.details

    def details(alerts: list[AlertId]) -> object:
        if bad in alerts:
            raise ValueError("what is that?")
        return read(alerts)

    monkeypatch.setattr(place.service, "details", details)
    progress.look()
    assert [one.alert.id for one in news] == [good]
    assert bad in caplog.text
