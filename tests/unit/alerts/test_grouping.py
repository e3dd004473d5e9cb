"""One happening is one alert; two happenings are two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.alert import Alert, AlertId, State
from alerts.grouping import alert_for, pause_s, seen_at, vicinity
from alerts.policy import Policy
from alerts.stores.memory import MemoryStore
from detect.incident import IncidentBox
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident
from tests.support.patrols import PLACES
from tests.support.records import alert as record

POLICY = Policy(group_within_s=60, group_within_m=100)


def known(began_s: float, seen_s: float, **changes: object) -> Alert:
    fields: dict[str, object] = {
        "place": PLACES[CameraId("north-gate")],
        "began_at": NOON + timedelta(seconds=began_s),
        "seen_at": NOON + timedelta(seconds=seen_s),
    }
    return record(1, **{**fields, **changes})


def new(camera: str, began_s: float, **changes: object) -> tuple[object, object]:
    at = NOON + timedelta(seconds=began_s)
    one = incident(
        1, camera=CameraId(camera), started_at=at, detected_at=at, detected_s=2.0, **changes
    )
    return one, PLACES.get(CameraId(camera))


CASES = [
    ("the same camera, at once", known(0, 10), ("north-gate", 12), {}, True),
    ("another camera within 100 m", known(0, 10), ("next-door", 12), {}, True),
    ("a camera far away", known(0, 10), ("far-away", 12), {}, False),
    ("an unregistered camera", known(0, 10), ("nowhere", 12), {}, False),
    ("the same unregistered camera", known(0, 10, camera="nowhere", place=None),
     ("nowhere", 12), {}, True),
    ("another kind", known(0, 10), ("north-gate", 12), {"kind": "fire"}, False),
    ("a kind of the family, next door", known(0, 10, kind="fight", kinds=("fight",)),
     ("next-door", 12), {"kind": "person_down"}, True),
    ("the family's third kind", known(0, 10, kind="fight", kinds=("crowd", "fight")),
     ("next-door", 12), {"kind": "person_down"}, True),
    ("a kind of the family, far away", known(0, 10, kind="fight", kinds=("fight",)),
     ("far-away", 12), {"kind": "person_down"}, False),
    ("a kind of the family, too late", known(0, 10, kind="fight", kinds=("fight",)),
     ("north-gate", 71), {"kind": "person_down"}, False),
    ("a chain over two families", known(0, 10, kind="fight", kinds=("fight", "person_down")),
     ("north-gate", 12), {"kind": "collision"}, False),
    ("smoke of a fire", known(0, 10, kind="fire", kinds=("fire",)),
     ("next-door", 12), {"kind": "smoke"}, True),
    ("a covered camera beside a fight", known(0, 10, kind="fight", kinds=("fight",)),
     ("north-gate", 12), {"kind": "camera_tamper"}, False),
    ("loitering in the zone that is entered", known(0, 10, zone="lawn"),
     ("north-gate", 12), {"kind": "loitering"}, True),
    ("loitering in another zone", known(0, 10, zone="lawn"), ("north-gate", 12),
     {"kind": "loitering", "zone": "roof"}, False),
    ("loitering next door", known(0, 10, zone="lawn"), ("next-door", 12),
     {"kind": "loitering"}, False),
    ("of before there were kinds", known(0, 10, kind="fire", kinds=()),
     ("north-gate", 12), {"kind": "smoke"}, True),
    ("just within the pause", known(0, 10), ("north-gate", 70), {}, True),
    ("just beyond it", known(0, 10), ("north-gate", 70.1), {}, False),
    ("it has lasted an hour and goes on", known(0, 3600), ("north-gate", 3610), {}, True),
    ("opened an hour ago, quiet since", known(0, 10), ("north-gate", 3610), {}, False),
    ("comes late, of a time long before", known(3600, 3700), ("north-gate", 0), {}, False),
    ("comes late, of just before", known(3600, 3700), ("north-gate", 3560), {}, True),
    ("comes late, of in between", known(0, 3700), ("north-gate", 1800), {}, True),
    ("the alert is closed", known(0, 10, state=State.CLOSED), ("north-gate", 12), {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("about", "alert", "where", "changes", "joins"), CASES,
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_joins(
    about: str, alert: Alert, where: tuple[str, float], changes: dict[str, object], joins: bool
) -> None:
    one, place = new(*where, **changes)
    found = alert_for(one, place, [alert], POLICY)  # type: ignore[arg-type]
    assert (found is alert) == joins
    near = vicinity(one, place, POLICY)  # type: ignore[arg-type]
    store = MemoryStore()
    with store.begin() as tx:
        tx.put_alert(alert)
        assert not joins or tx.joinable_alerts(near) == [alert], "the store would not find it"


def test_of_several_the_nearest_in_time_then_the_latest() -> None:
    one, place = new("north-gate", 100)
    early = known(0, 50, id=AlertId("a"))
    late = known(0, 90, id=AlertId("b"))
    twin = known(0, 90, id=AlertId("c"))
    assert alert_for(one, place, [early, late], POLICY) is late  # type: ignore[arg-type]
    assert alert_for(one, place, [twin, late, early], POLICY) is twin  # type: ignore[arg-type]


def test_of_equal_pauses_the_one_of_the_same_kind() -> None:
    one, place = new("north-gate", 12, kind="person_down")
    same = known(0, 20, id=AlertId("a"), kind="person_down")
    family = known(0, 20, id=AlertId("b"), kind="fight")
    assert alert_for(one, place, [family, same], POLICY) is same  # type: ignore[arg-type]


def test_a_city_may_name_other_families() -> None:
    one, place = new("north-gate", 12, kind="smoke")
    fire = known(0, 10, kind="fire")
    apart = Policy(group_families=())
    assert alert_for(one, place, [fire], apart) is None  # type: ignore[arg-type]
    assert vicinity(one, place, apart).kinds == ("smoke",)  # type: ignore[arg-type]


def test_an_incident_was_last_seen_at_its_end_or_its_latest_box() -> None:
    box = IncidentBox(42.0, "person", (0, 0, 1, 1), 1)
    one = incident(0, detected_at=NOON, detected_s=2.0, boxes=())
    assert seen_at(one) == NOON
    assert seen_at(incident(0, detected_at=NOON, detected_s=2.0, boxes=(box,))) == NOON + timedelta(
        seconds=40
    )
    ended = incident(0, detected_at=NOON, ended_at=NOON + timedelta(seconds=7), boxes=(box,))
    assert seen_at(ended) == NOON + timedelta(seconds=7)


def test_overlapping_happenings_have_no_pause() -> None:
    one, _ = new("north-gate", 5)
    assert pause_s(one, known(0, 10)) == 0  # type: ignore[arg-type]
