"""What Prometheus reads."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alerts.access import Role
from alerts.alert import AlertId, State, Step
from api.health.measures import answer_s
from api.nodes import Counts, WatchState
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.service import CAMERA, make_service


async def test_the_numbers_are_those_of_the_services(tmp_path: Path) -> None:
    service = make_service(tmp_path, restarts=lambda: 3)
    admin = service.as_role(Role.ADMIN)
    await admin.post("/v1/cameras", json=CAMERA)
    camera = CameraId("north-gate")
    service.nodes.states[camera] = WatchState("live", None, service.clock(), 4.9, None)
    service.nodes.done = Counts(
        connected=True,
        analysed={camera: 120},
        dropped={camera: {"newer": 7}},
        received={"intrusion": 2},
        spooled=4,
        unsaved=1,
    )
    service.raise_alert(1)
    text = (await admin.get("/metrics")).text
    for line in (
        'qalqan_frames_analysed_total{camera="north-gate"} 120.0',
        'qalqan_frames_dropped_total{camera="north-gate",reason="newer"} 7.0',
        'qalqan_incidents_received_total{kind="intrusion"} 2.0',
        'qalqan_cameras{state="live"} 1.0',
        'qalqan_camera_watched{camera="north-gate"} 1.0',
        'qalqan_camera_analysed_fps{camera="north-gate"} 4.9',
        'qalqan_alerts_open{state="new"} 0.0',
        'qalqan_alerts_open{state="escalated"} 1.0',
        "qalqan_node_restarts_total 3.0",
        "qalqan_node_connected 1.0",
        "qalqan_incidents_spooled 4.0",
        "qalqan_incidents_unsaved 1.0",
        "qalqan_open_streams 0.0",
    ):
        assert line in text.splitlines()


def test_the_time_to_an_answer_counts_from_the_last_offer() -> None:
    def step(action: str, at_s: float) -> Step:
        return Step(
            AlertId("a"), NOON + timedelta(seconds=at_s), action, None, State.DISPATCHED, "x"
        )

    assert answer_s([]) is None
    assert answer_s([step("raise", 0), step("dispatch", 1)]) is None
    again = [step("dispatch", 1), step("lapse", 31), step("dispatch", 31), step("accept", 38)]
    assert answer_s(again) == 7
    assert answer_s([*again, step("dispatch", 40)]) is None
