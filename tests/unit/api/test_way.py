"""An alert's way and what was said to whom, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from alerts.access import Role
from alerts.alert import SYSTEM, PatrolId
from alerts.notification import Delivery, EndpointId, Stage
from alerts.patrol import Position
from alerts.service import Answer
from alerts.trace import STAGES
from api.alerts.way import DeliveryReply, NotificationReply, OfferReply, StageName, StageReply
from tests.support.incidents import incident
from tests.support.patrols import OPERATOR
from tests.support.service import CAMERA, Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def city(service: Service) -> list[PatrolId]:
    """A camera and two units on duty beside it."""
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    units = [service.unit("Unit 1"), service.unit("Unit 2")]
    for number, unit in enumerate(units):
        service.services.alerts.set_duty(unit, True, SYSTEM)
        at = Position(60.17, 24.94 + number / 1000, service.clock())
        service.services.alerts.set_position(unit, at)
    return units


def raise_alert(service: Service) -> str:
    trace = {"captured": "2026-11-24T12:00:59.000Z", "spooled": "2026-11-24T12:00:59.500Z"}
    at = service.clock()
    one = incident(1, severity="critical", detected_at=at, started_at=at)
    return service.services.alerts.receive(one, {**trace, "spooled.tick": "m/1"})


def note(service: Service, **changes: Any) -> None:
    """A push that the push service would not take."""
    store = service.services.alerts._store
    with store.begin() as tx:
        alert = tx.page_alerts(1)[0]
        told = tx.notifications(alert.id)[-1]
        one = Delivery("d", told.id, alert.id, EndpointId("e"), "push", None, service.clock())
        tx.put_delivery(replace(one, **changes))


def test_the_stages_are_those_of_the_way() -> None:
    assert get_args(StageName) == STAGES


async def test_an_operator_sees_the_way_and_every_word(service: Service) -> None:
    first, second = await city(service)
    alert = raise_alert(service)
    alerts = service.services.alerts
    service.clock.pass_by(0.5)
    told = alerts.alert(alert).notifications[0]  # type: ignore[arg-type]
    alerts.receipt(told.id, first, Stage.DELIVERED)
    note(service, tries=1, outcome="gone", error="push failed: 410", ended_at=service.clock())
    service.clock.pass_by(2)
    alerts.answer(alert, first, Answer.DECLINE, OPERATOR)  # type: ignore[arg-type]
    service.clock.pass_by(3)
    alerts.answer(alert, second, Answer.ACCEPT, OPERATOR)  # type: ignore[arg-type]
    read = (await service.as_role(Role.OPERATOR).get(f"/v1/alerts/{alert}")).json()
    assert [(one["stage"], one["took_s"]) for one in read["trace"]] == [
        ("captured", None),
        ("spooled", 0.5),
        ("stored", 0.5),
        ("notified", 2.5),
        ("received", 3.0),
        ("seen", 0.0),
        ("accepted", 0.0),
    ]
    assert [(one["patrol"], one["ended"]) for one in read["offers"]] == [
        (first, "declined"),
        (second, "accepted"),
    ]
    said = read["notifications"]
    assert [(one["name"], one["event"], one["answer"]) for one in said] == [
        ("Unit 1", "offer", "decline"),
        ("Unit 2", "offer", "accept"),
    ]
    assert said[0]["after_s"] == {
        "accepted": 0.0,
        "delivered": 0.5,
        "seen": 2.5,
        "answered": 2.5,
    }
    assert said[0]["delivered_at"] == "2026-11-24T12:01:00.500Z"
    assert [(one["channel"], one["outcome"], one["error"]) for one in said[0]["deliveries"]] == [
        ("stream", "accepted", ""),
        ("push", "gone", "push failed: 410"),
    ]
    assert "spooled.tick" not in read["incidents"][0]["trace"]


async def test_a_patrol_reads_what_concerns_itself(service: Service) -> None:
    first, second = await city(service)
    alert = raise_alert(service)
    alerts = service.services.alerts
    alerts.answer(alert, first, Answer.DECLINE, OPERATOR)  # type: ignore[arg-type]
    patrol = service.client(service.token(Role.PATROL, second))
    read = (await patrol.get(f"/v1/alerts/{alert}")).json()
    assert [one["patrol"] for one in read["offers"]] == [second]
    assert [(one["recipient"], one["name"]) for one in read["notifications"]] == [
        (f"patrol:{second}", None)
    ]
    assert first not in str(read["notifications"])


async def test_the_schemas_have_the_keys_of_what_is_said(service: Service) -> None:
    await city(service)
    alert = raise_alert(service)
    read = (await service.as_role(Role.OPERATOR).get(f"/v1/alerts/{alert}")).json()
    for reply, shown in (
        (StageReply, read["trace"][0]),
        (OfferReply, read["offers"][0]),
        (NotificationReply, read["notifications"][0]),
        (DeliveryReply, read["notifications"][0]["deliveries"][0]),
    ):
        assert set(shown) == set(reply.model_fields)


async def test_a_clock_that_went_back_is_uncertain_and_never_negative(service: Service) -> None:
    first, _ = await city(service)
    alert = raise_alert(service)
    service.clock.now -= timedelta(minutes=5)
    service.services.alerts.answer(alert, first, Answer.ACCEPT, OPERATOR)  # type: ignore[arg-type]
    read = (await service.as_role(Role.OPERATOR).get(f"/v1/alerts/{alert}")).json()
    accepted = read["trace"][-1]
    assert (accepted["stage"], accepted["took_s"], accepted["uncertain"]) == (
        "accepted",
        None,
        True,
    )
