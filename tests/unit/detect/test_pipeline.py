"""The stages on stand-in detectors: order, fairness, and faults that must not pass unseen."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from detect.batching import Batch, Batcher
from detect.errors import InferenceFailed
from detect.incident import IncidentId, ModelRef
from detect.looking.attention import Attention, Guides, WholeGaze
from detect.looking.look import WHOLE_FRAME, Look, Seen
from detect.pipeline import Pipeline, Raised
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from tests.support.incidents import NOON
from tests.support.walks import people

SOON_S = 10.0
ANYWHERE = {"version": 1, "rules": [{"kind": "intrusion", "seconds": 0}]}


def frame(camera: str, seq: int) -> Frame:
    image = np.zeros((1, 1, 3), np.uint8)
    return Frame(CameraId(camera), seq, seq / 5, NOON, 0.0, image, None)  # type: ignore[arg-type]


class Stage:
    """A pipeline over mailboxes of its own; `detect` may be told to fail or to hang."""

    def __init__(self, cameras: str, threads: int = 1, max_batch: int = 1) -> None:
        self.boxes = {camera: Mailbox[Frame](100) for camera in cameras}
        self.batcher = Batcher(max_batch, devices=threads)
        self.raised: list[Raised] = []
        self.fault: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.calls = 0
        self.counted = threading.Semaphore(0)
        numbers = iter(range(1000))
        self.attentions = {
            CameraId(camera): Attention(
                CameraWatch(
                    CameraId(camera),
                    Scene.parse(ANYWHERE),
                    ("person",),
                    ModelRef("m", "0"),
                    lambda: IncidentId(str(next(numbers))),
                ),
                Guides(WholeGaze()),
            )
            for camera in cameras
        }
        self.watches = {name: attention.watch for name, attention in self.attentions.items()}
        self.clock_s = 0.0
        self.pipeline = Pipeline(
            self.batcher,
            self,
            self.attentions,
            self.raised.append,
            now=lambda: datetime.now(UTC),
            monotonic=lambda: self.clock_s,
            threads=threads,
        )
        for camera, box in self.boxes.items():
            self.batcher.add(CameraId(camera), box)

    def see(self, frames: Sequence[Frame], looks: Sequence[Look]) -> list[Seen]:
        self.calls += 1
        assert self.gate.wait(SOON_S)
        if self.fault is not None:
            raise self.fault
        return [Seen(people([(0.5, 0.5)]), WHOLE_FRAME, 1.0) for _ in frames]

    def until(self, condition: object, wanted: object) -> None:
        give_up_s = time.monotonic() + SOON_S
        while condition() != wanted:  # type: ignore[operator]
            assert time.monotonic() < give_up_s, f"{condition()} is not {wanted}"  # type: ignore[operator]
            time.sleep(0.002)

    def stop(self) -> None:
        self.gate.set()
        self.batcher.close()
        self.pipeline.stop()


def test_a_frame_goes_through_every_stage() -> None:
    stage = Stage("a")
    stage.pipeline.step(Batch((frame("a", 0),)))
    stage.pipeline.step(Batch((frame("a", 1),)))
    (raised,) = stage.raised
    assert raised.incident.kind == "intrusion"
    assert raised.frame.seq == 1
    assert raised.inferred_at <= raised.raised_at
    assert stage.pipeline.latest[CameraId("a")].seq == 1
    assert stage.pipeline.tally.analysed == {"a": 2}


def test_what_happened_at_a_camera_that_went_away_ends_as_last_seen() -> None:
    stage = Stage("ab")
    for seq in range(2):
        stage.pipeline.step(Batch((frame("a", seq), frame("b", seq))))
    stage.clock_s = 15.0
    stage.pipeline.end_unseen(15.0)
    assert [one.incident.is_open for one in stage.raised] == [True, True]
    stage.clock_s = 15.5
    with stage.batcher.alone(CameraId("b")):  # a frame of b is under way
        stage.pipeline.end_unseen(15.0)
    first, _, ended = (one.incident for one in stage.raised)
    assert (ended.id, ended.camera, ended.is_open) == (first.id, "a", False)
    assert ended.end_s == 0.2
    stage.pipeline.end_unseen(15.0)
    stage.pipeline.end_unseen(15.0)
    assert [one.incident.camera for one in stage.raised] == ["a", "b", "a", "b"]
    stage.pipeline.step(Batch((frame("a", 2), frame("b", 2))))
    assert stage.pipeline.tally.analysed == {"a": 3, "b": 3}


def test_a_frame_of_a_camera_that_was_removed_meanwhile_is_left() -> None:
    stage = Stage("ab")
    del stage.attentions[CameraId("a")]
    stage.pipeline.step(Batch((frame("a", 0), frame("b", 0))))
    assert stage.pipeline.tally.analysed == {"b": 1}


def test_every_camera_gets_its_turn() -> None:
    stage = Stage("abcd", threads=2)
    for seq in range(20):
        stage.boxes["a"].put(frame("a", seq))  # one camera floods
    for camera in "bcd":
        stage.boxes[camera].put(frame(camera, 0))
    taken: list[str] = []
    while (batch := stage.batcher.take(timeout=0)) is not None:
        taken += [str(one.camera) for one in batch.frames]
        stage.batcher.done(batch)
    assert taken[:4] == ["a", "b", "c", "d"]
    assert len(taken) == 23


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_frames_of_one_camera_stay_in_order_on_many_threads(threads: int) -> None:
    stage = Stage("abc", threads)
    seen: dict[str, list[int]] = {camera: [] for camera in "abc"}
    for camera, watch in stage.watches.items():
        see = watch.see

        def note(t_s: float, *rest: Any, of: str = camera, see=see):  # type: ignore[no-untyped-def]
            seen[of].append(round(t_s * 5))
            return see(t_s, *rest)

        watch.see = note  # type: ignore[method-assign]
    stage.pipeline.start()
    for seq in range(30):
        for camera, box in stage.boxes.items():
            box.put(frame(camera, seq))
    stage.until(lambda: stage.pipeline.tally.analysed.total(), 90)
    stage.stop()
    assert all(seqs == list(range(30)) for seqs in seen.values())


def test_a_failing_detector_is_told_and_ends_the_inference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage("a")
    stage.fault = InferenceFailed("the model gave scores from nan to nan, not 0 to 1")
    stage.pipeline.start()
    with caplog.at_level(logging.CRITICAL):
        stage.boxes["a"].put(frame("a", 0))
        stage.until(lambda: stage.pipeline.failure is stage.fault, True)
    assert "inference stopped" in caplog.text
    stage.boxes["a"].put(frame("a", 1))
    stage.stop()
    assert stage.calls == 1, "nothing more is taken for an empty scene"
    assert stage.pipeline.tally.analysed == {}


def test_a_hung_detector_is_noticed() -> None:
    stage = Stage("ab", threads=2)
    stage.gate.clear()
    stage.pipeline.start()
    assert stage.pipeline.stuck_s() == 0.0
    stage.boxes["a"].put(frame("a", 0))
    stage.until(lambda: stage.calls, 1)
    stage.clock_s = 7.0
    stage.boxes["b"].put(frame("b", 0))
    stage.until(lambda: stage.calls, 2)
    stage.clock_s = 25.0
    assert stage.pipeline.stuck_s() == 25.0, "the one that hangs longest"
    stage.gate.set()
    stage.until(stage.pipeline.stuck_s, 0.0)
    stage.stop()
