"""What Prometheus reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alerts.access import Role
from alerts.alert import SYSTEM, AlertId, State, Step
from alerts.patrol import Position
from alerts.service import Answer
from api.health.measures import answer_s
from api.looking import Load, Looking
from api.nodes import Counts, WatchState
from detect.incident import rfc3339
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident
from tests.support.patrols import OPERATOR
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
        "qalqan_outbox_depth 0.0",
        "qalqan_outbox_oldest_seconds 0.0",
    ):
        assert line in text.splitlines()


LOOKING = Looking.read(
    {
        "decoding": "keys",
        "looking": "regions",
        "looks": {"full": 2, "regions": 30, "nothing": 4},
        "target_fps": 1.5,
        "shed": {"sweep": 5, "late_decode": 1},
        "coverage": "degraded",
        "coverage_reason": "overload",
        "audit": {"looked": 40, "missed": 1, "rate": 0.025, "upper": 0.13, "level": 1},
    }
)


async def test_how_closely_cameras_are_looked_at(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    admin = service.as_role(Role.ADMIN)
    for name in ("gate", "old"):
        await admin.post("/v1/cameras", json={**CAMERA, "id": name})
        service.nodes.states[name] = WatchState("live", None, service.clock(), 4.9, None)
    gate = CameraId("gate")
    service.nodes.states[gate] = replace(service.nodes.states[gate], looking=LOOKING)
    service.nodes.done = Counts(
        looking={gate: LOOKING, CameraId("old"): Looking()},
        load=Load(capacity_cores=2.0, used_cores=1.9, demand=1.6, level=2),
        canvases=321.5,
        engine="openvino bf16",
        engine_reason="measured: 8.9 ms, onnxruntime fp32 13.7 ms",
    )
    text = (await admin.get("/metrics")).text
    for line in (
        'qalqan_frames_shed_total{camera="gate",reason="sweep"} 5.0',
        'qalqan_frames_shed_total{camera="gate",reason="late_decode"} 1.0',
        'qalqan_looks_total{camera="gate",kind="regions"} 30.0',
        'qalqan_audit_looked_total{camera="gate"} 40.0',
        'qalqan_audit_missed_total{camera="gate"} 1.0',
        'qalqan_audit_miss_rate{camera="gate"} 0.025',
        'qalqan_audit_miss_rate_upper{camera="gate"} 0.13',
        'qalqan_audit_level{camera="gate"} 1.0',
        'qalqan_camera_target_fps{camera="gate"} 1.5',
        'qalqan_camera_keys_only{camera="gate"} 1.0',
        'qalqan_camera_substream{camera="gate"} 0.0',
        'qalqan_camera_coverage_degraded{camera="gate"} 1.0',
        'qalqan_cameras_degraded{reason="overload"} 1.0',
        'qalqan_cameras_degraded{reason="late"} 0.0',
        "qalqan_node_load_demand 1.6",
        "qalqan_node_used_cores 1.9",
        "qalqan_node_capacity_cores 2.0",
        "qalqan_node_shedding_level 2.0",
        "qalqan_canvases_total 321.5",
        'qalqan_node_engine_info{engine="openvino bf16",'
        'reason="measured: 8.9 ms, onnxruntime fp32 13.7 ms"} 1.0',
    ):
        assert line in text.splitlines()
    assert 'degraded{camera="old"}' not in text, "of what is not known nothing is said"


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


async def test_each_stage_of_an_alert_is_counted_once(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    admin = service.as_role(Role.ADMIN)
    await admin.post("/v1/cameras", json=CAMERA)
    unit = service.unit()
    alerts = service.services.alerts
    alerts.set_duty(unit, True, SYSTEM)
    alerts.set_position(unit, Position(60.17, 24.94, service.clock()))
    at = service.clock()
    trace = {"captured": rfc3339(at - timedelta(seconds=0.4)), "raised": rfc3339(at)}
    one = incident(1, severity="critical", detected_at=at, started_at=at)
    alert = alerts.receive(one, trace)
    service.clock.pass_by(4)
    alerts.answer(alert, unit, Answer.ACCEPT, OPERATOR)
    for _ in range(2):
        text = (await admin.get("/metrics")).text.splitlines()
    for line in (
        'qalqan_stage_seconds_count{stage="raised"} 1.0',
        'qalqan_stage_seconds_sum{stage="raised"} 0.4',
        'qalqan_stage_seconds_bucket{le="0.25",stage="raised"} 0.0',
        'qalqan_stage_seconds_bucket{le="0.5",stage="raised"} 1.0',
        'qalqan_stage_seconds_count{stage="accepted"} 1.0',
        'qalqan_stage_seconds_count{stage="on_scene"} 0.0',
        'qalqan_since_captured_seconds_sum{stage="seen"} 4.4',
        'qalqan_notifications_total{event="offer",reached="created"} 1.0',
        'qalqan_notifications_total{event="offer",reached="answered"} 1.0',
        'qalqan_deliveries_total{channel="stream",outcome="accepted"} 1.0',
        'qalqan_alert_steps_total{action="accept"} 1.0',
        'qalqan_alert_steps_total{action="escalate"} 0.0',
    ):
        assert line in text


async def test_a_stage_of_which_nobody_can_say_is_counted_apart(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    admin = service.as_role(Role.ADMIN)
    later = service.clock() + timedelta(minutes=5)  # by a node whose clock is ahead
    service.services.alerts.receive(incident(1), {"spooled": rfc3339(later)})
    text = (await admin.get("/metrics")).text.splitlines()
    assert 'qalqan_stage_unknown_total{stage="stored"} 1.0' in text
    assert 'qalqan_stage_seconds_count{stage="stored"} 0.0' in text
