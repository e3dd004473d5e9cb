"""What nodes report of how they look at cameras: all optional, nothing believed blindly."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from api.looking import MOST_REASONS, Load, Looking, WholeLooks, read_words
from ingest.camera import CameraId
from tests.support.incidents import NOON

AUDIT = {"looked": 40, "missed": 1, "rate": 0.025, "upper": 0.13, "level": 1}
LOAD = {"capacity_cores": 2, "used_cores": 1.9, "demand": 1.6, "level": 2}


def test_an_older_node_says_nothing() -> None:
    assert Looking.read({"state": "live"}) == Looking()


def test_key_frames_of_an_idle_scene_are_no_loss() -> None:
    idle = Looking.read({"decoding": "keys", "looking": "nothing", "coverage": "full"})
    assert (idle.decoding, idle.kind, idle.is_degraded) == ("keys", "nothing", False)
    small = Looking.read({"decoding": "substream", "substream_reason": None})
    assert (small.decoding, small.substream_reason) == ("substream", None)
    lost = Looking.read({"decoding": "all", "substream_reason": "other_aspect"})
    assert lost.substream_reason == "other_aspect"


def test_an_audit_that_saw_nothing_knows_no_rate() -> None:
    audit = Looking.read({"audit": {**AUDIT, "missed": 0, "rate": None, "upper": 1.0}}).audit
    assert audit is not None
    assert (audit.rate, audit.upper) == (None, 1.0)


def test_a_reason_belongs_to_a_loss() -> None:
    assert Looking.read({"coverage": "degraded", "coverage_reason": None}).is_degraded
    assert Looking.read({"coverage": "full", "coverage_reason": "late"}).reason is None


@pytest.mark.parametrize(
    "said",
    [
        {"decoding": "some"},
        {"substream_reason": "Not a word"},
        {"looking": 7},
        {"coverage": "bad"},
        {"coverage": "degraded", "coverage_reason": "rtsp://viewer:secret@camera"},
        {"looks": {"full": -1}},
        {"looks": {"half": 1}},
        {"looks": {"full": 1.5}},
        {"looks": 7},
        {"target_fps": "fast"},
        {"target_fps": math.nan},
        {"target_fps": True},
        {"shed": {'"} 1': 1}},
        {"shed": {f"reason_{n}": 1 for n in range(MOST_REASONS + 1)}},
        {"shed": []},
        {"audit": {}},
        {"audit": {**AUDIT, "upper": 1.1}},
        {"audit": {**AUDIT, "level": 4}},
        {"audit": {**AUDIT, "looked": True}},
    ],
)
def test_nonsense_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Looking.read(said)


@pytest.mark.parametrize("wrong", [{"level": 5}, {"demand": math.inf}, {"used_cores": -0.1}])
def test_a_load_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    assert Load.read(LOAD).level == 2
    with pytest.raises(ValueError, match="out of range"):
        Load.read({**LOAD, **wrong})


def test_words_are_one_short_line() -> None:
    assert read_words("openvino\n bf16") == "openvino bf16"
    assert len(read_words("x" * 10_000) or "") == 200


def test_a_whole_look_is_told_by_its_counter() -> None:
    camera, whole = CameraId("gate"), WholeLooks()

    def report(full: int, at_s: float) -> None:
        whole.note({camera: Looking(looks={"full": full})}, NOON + timedelta(seconds=at_s))

    report(9, 0)
    assert whole.at(camera) is None, "it may have been long before"
    report(10, 1)
    report(10, 2)
    assert whole.at(camera) == NOON + timedelta(seconds=1)
    whole.note({}, NOON)
    assert whole.at(camera) is None
