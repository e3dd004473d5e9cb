"""Scenes change while a camera is watched."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from detect.incident import IncidentId, ModelRef
from detect.looking.attention import Attention, Guides, WholeGaze
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from tests.support.incidents import NOON
from tests.support.walks import people

GATE = CameraId("gate")


def scene(zone: str) -> Scene:
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    rule = {"kind": "intrusion", "zone": zone, "seconds": 0}
    return Scene.parse(
        {"version": 1, "zones": [{"name": zone, "polygon": square}], "rules": [rule]}
    )


def frame(seq: int) -> Frame:
    image = np.zeros((32, 32, 3), np.uint8)
    picture = SimpleNamespace(width_px=32, height_px=32)
    return Frame(GATE, seq, seq / 5, NOON, 0.0, image, picture)  # type: ignore[arg-type]


def test_a_scene_that_comes_while_another_is_taken_up_is_not_lost() -> None:
    made: list[str] = []

    def make(wanted: Scene) -> Guides:
        name = wanted.zones[0].name
        made.append(name)
        if name == "second":  # another thread: just now the operator changes it once more
            attention.rescene(scene("third"))
        return Guides(WholeGaze())

    numbers = iter(range(100))
    watch = CameraWatch(
        GATE,
        scene("first"),
        ("person",),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )
    attention = Attention(watch, Guides(WholeGaze()), make)
    attention.rescene(scene("second"))
    places = []
    for seq in range(6):
        attention.plan(frame(seq))
        for incident in watch.see(seq / 5, NOON, people([(0.5, 0.5)])):
            places.append((incident.zone, incident.is_open))
    assert made == ["second", "third"]
    assert places[-1] == ("third", True), "the rules are those of the latest scene"
