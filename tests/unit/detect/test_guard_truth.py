"""Truth files, and the scenes that are made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detect.guard.scenes import guard_scene
from detect.guard.truth import TruthError, parse_truth, read_truth
from detect.scene import Scene

LAWN = [[0, 0.42], [0.4, 0.56], [0, 1.0]]


def write(folder: Path, data: Any) -> Path:
    path = folder / "gate.truth.json"
    path.write_text(json.dumps(data), "utf-8")
    return path


def test_events_of_today_s_rules_are_read(tmp_path: Path) -> None:
    truth = parse_truth(
        write(
            tmp_path,
            {
                "events": [
                    {"type": "intrusion", "start_s": 51.5, "end_s": 73.5, "polygon": LAWN},
                    {"kind": "loitering", "start_s": 52, "end_s": 73, "polygon": LAWN},
                    {
                        "type": "line_crossing",
                        "start_s": 5,
                        "end_s": 5,
                        "line": [[0.5, 0], [0.5, 1]],
                        "slices": ["slow"],
                    },
                    {"type": "fire", "start_s": 0, "end_s": 30, "box": [0, 0, 1, 1]},
                ],
                "negative_for": ["fight"],
                "slices": ["night_noise"],
            },
        )
    )
    assert [event.place.kind for event in truth.events] == [
        "intrusion",
        "loitering",
        "line_crossing",
        "fire",
    ]
    assert [event.due_s for event in truth.events] == [52.5, 67.0, 5.0, 2.5]
    assert [event.place.points is None for event in truth.events] == [False, False, False, True]
    assert truth.events[2].slices == {"slow"}
    assert (truth.negative_for, truth.slices) == ({"fight"}, {"night_noise"})


def test_words_parameters_and_places_of_other_kinds_are_read(tmp_path: Path) -> None:
    box = [0.1, 0.2, 0.3, 0.4]
    truth = parse_truth(
        write(
            tmp_path,
            {
                "events": [
                    {"type": "fall", "start_s": 2, "end_s": 4, "box": box},
                    {"type": "fall", "start_s": 20, "end_s": 40, "unsure": True},
                    {"type": "crowd", "start_s": 0, "end_s": 9, "polygon": LAWN, "count": 8},
                    {"type": "wrong_way", "start_s": 0, "end_s": 9, "heading": [1, 0]},
                    {"type": "Crash", "t_s": 5},
                    {"type": "landslide", "start_s": 5, "end_s": 6},
                ],
                "negative_for": ["fall", "camera_tampering"],
                "may_be": ["smoke"],
                "counts": [{"t_s": 3, "persons": 4}],
            },
        )
    )
    kinds = [event.place.kind for event in truth.events]
    assert kinds == ["person_down", "person_down", "crowd", "wrong_way", "collision"]
    assert [place.seconds for place in truth.places[:2]] == [1.0, 2.0]
    assert len({event.place for event in truth.events[:2]}) == 1  # one rule for both
    assert (truth.events[0].box, truth.events[0].place.points) == (tuple(box), None)
    assert [event.is_sure for event in truth.events[:2]] == [True, False]
    assert (truth.negative_for, truth.may_be) == ({"person_down", "camera_tamper"}, {"smoke"})
    assert (truth.counts[0].persons, truth.counts[0].vehicles) == (4, None)
    assert (truth.events[4].start_s, truth.events[4].end_s) == (5.0, 5.0)
    assert truth.unknown == ("landslide",)
    rules = guard_scene(truth).to_dict()["rules"]
    assert (rules[1]["count"], rules[1]["zone"]) == (8, "truth-2")
    assert rules[2]["heading"] == [1.0, 0.0]


def test_a_stay_is_an_intrusion_and_if_long_a_loitering(tmp_path: Path) -> None:
    stays = [(0.0, 10.0), (20.0, 35.5), (50.0, 80.0)]
    events = [
        {"type": "presence", "start_s": a, "end_s": b, "box": [0.2, 0.0, 0.8, 1.0]}
        for a, b in stays
    ]
    truth = parse_truth(write(tmp_path, {"events": events}))
    told = [(event.place.kind, event.start_s, event.is_sure) for event in truth.events]
    assert [one for one in told if one[0] == "intrusion"] == [
        ("intrusion", 0.0, True),
        ("intrusion", 20.0, True),
        ("intrusion", 50.0, True),
    ]
    assert [one for one in told if one[0] == "loitering"] == [
        ("loitering", 20.0, False),
        ("loitering", 50.0, True),
    ]
    assert len(truth.places) == 2


def event(**changes: Any) -> dict[str, Any]:
    return {"events": [{"type": "intrusion", "start_s": 1, "end_s": 3, **changes}]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"events": [{"type": "intrusion", "end_s": 3}]}, "event 1: it lacks start_s"),
        ({"events": [{"start_s": 1, "end_s": 3}]}, "event 1: it lacks type"),
        (event(box=[1]), r"event 1: box must be \[left, top, right, bottom\]"),
        (event(start_s=4), r"event 1: it ends \(3 s\) before it starts \(4 s\)"),
        (event(start_s="soon"), "event 1: start_s: 'soon' is no number"),
        (event(polygon=[[0, 0], [640, 0], [640, 360]]), "polygon: 640 is no fraction"),
        (event(polygon=[[0, 0], [1, 0]]), "polygon must be a list of at least 3 points"),
        (event(polygon=[0, 0, 1, 0]), "polygon must be a list of points"),
        ({"events": ["intrusion"]}, "event 1: it must be an object"),
        ({"events": {}}, "events must be a list"),
        ([], "it must hold one object"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, data: Any, said: str) -> None:
    with pytest.raises(TruthError, match=rf"gate\.truth\.json: .*{said}"):
        parse_truth(write(tmp_path, data))


def test_what_is_no_json_is_said_so_and_a_mark_before_it_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "gate.truth.json"
    path.write_text('{"events": [', "utf-8")
    with pytest.raises(TruthError, match="it is no JSON"):
        parse_truth(path)
    path.write_text('{"events": []}', "utf-8-sig")
    assert parse_truth(path).events == ()


def test_boxes_drawn_a_little_over_the_edge_are_taken(tmp_path: Path) -> None:
    data = {"events": [{"type": "fire", "start_s": 1, "end_s": 3, "box": [-0.02, 0, 1.01, 1]}]}
    assert len(parse_truth(write(tmp_path, data)).events) == 1


def test_the_truth_lies_beside_the_clip(tmp_path: Path) -> None:
    write(tmp_path, {"events": []})
    assert read_truth(tmp_path / "gate.mp4") is not None
    assert read_truth(tmp_path / "door.mp4") is None


def test_the_scene_is_made_of_the_truth_s_places(tmp_path: Path) -> None:
    truth = parse_truth(
        write(
            tmp_path,
            {
                "events": [
                    {"type": "intrusion", "start_s": 5, "end_s": 7, "polygon": LAWN, "seconds": 2},
                    {"type": "intrusion", "start_s": 9, "end_s": 12, "polygon": LAWN, "seconds": 2},
                    {"type": "loitering", "start_s": 9, "end_s": 30},
                    {
                        "type": "line_crossing",
                        "start_s": 5,
                        "end_s": 5,
                        "line": [[0.5, 0], [0.5, 1]],
                        "direction": "left_to_right",
                        "classes": ["car"],
                    },
                ]
            },
        )
    )
    scene = guard_scene(truth).to_dict()
    assert [zone["name"] for zone in scene["zones"]] == ["truth-1"]
    assert [line["name"] for line in scene["lines"]] == ["truth-3"]
    one, two, three = scene["rules"]
    assert (one["zone"], one["seconds"], one["classes"]) == ("truth-1", 2.0, ["person"])
    assert two["zone"] is None
    assert (three["line"], three["direction"], three["classes"]) == (
        "truth-3",
        "left_to_right",
        ["car"],
    )


def test_without_a_truth_people_vehicles_and_bags_anywhere_are_incidents() -> None:
    rules = guard_scene(None).to_dict()["rules"]
    assert {rule["kind"] for rule in rules} == {"intrusion"}
    assert [rule["zone"] for rule in rules] == [None, None, None]
    assert {"person"} in [set(rule["classes"]) for rule in rules]


def test_a_grid_adds_zones_and_lines() -> None:
    scene = guard_scene(None, grid=True)
    assert len(scene.zones) == 9
    assert {rule.kind for rule in scene.rules} == {"intrusion", "line_crossing"}
    assert Scene.parse(scene.to_dict()) == scene
