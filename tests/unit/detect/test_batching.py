"""When a batch is due, and who is in it, on a clock of the test's own."""

from __future__ import annotations

import threading
from math import inf

import pytest

from detect.batching import LONGEST_RUN_S, SLACK_S, Batcher
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import EXPIRED, Mailbox
from tests.support.frames import frame
from tests.support.rtsp import wait_until


class Line:
    """Cameras before a batcher whose clock stands until it is told to move."""

    def __init__(self, cameras: str, max_batch: int, run_s: float = 0.01) -> None:
        self.now_s = 0.0
        self.batcher = Batcher(
            max_batch, devices=1, run_s=lambda n: n * run_s, now=lambda: self.now_s
        )
        self.boxes = {
            camera: Mailbox[Frame](4, deadline_s=lambda one: one.deadline_s) for camera in cameras
        }
        for camera, box in self.boxes.items():
            self.batcher.add(CameraId(camera), box)

    def put(self, camera: str, deadline_s: float, seq: int = 0) -> None:
        self.boxes[camera].put(frame(camera, seq, deadline_s))

    def take(self) -> list[str]:
        batch = self.batcher.take(timeout=0)
        return [] if batch is None else [str(one.camera) for one in batch.frames]


def test_an_idle_device_gets_what_there_is() -> None:
    line = Line("ab", max_batch=4)
    line.put("a", deadline_s=9.0)
    assert line.take() == ["a"]


def test_a_busy_device_waits_for_neighbours_until_the_earliest_deadline_would_be_missed() -> None:
    line = Line("abc", max_batch=4)
    line.put("a", deadline_s=9.0)
    line.take()
    line.put("b", deadline_s=1.0)
    line.put("c", deadline_s=2.0)
    line.now_s = 0.97 - SLACK_S
    assert line.take() == []
    line.now_s = 0.98 - SLACK_S  # two frames take 0.02 s
    assert line.take() == ["b", "c"]


def test_a_full_batch_does_not_wait() -> None:
    line = Line("abc", max_batch=2)
    line.put("a", deadline_s=9.0)
    line.take()
    line.put("b", deadline_s=9.0)
    assert line.take() == []
    line.put("c", deadline_s=8.0)
    assert line.take() == ["c", "b"]


def test_no_more_frames_than_the_most_urgent_leaves_time_for() -> None:
    line = Line("abcd", max_batch=8, run_s=0.02)
    line.put("a", deadline_s=0.05)
    for camera in "bcd":
        line.put(camera, deadline_s=9.0)
    assert line.take() == ["a", "b"]


def test_a_batch_is_never_made_longer_than_a_bound_even_when_all_is_late() -> None:
    line = Line("abcdefgh", max_batch=8, run_s=LONGEST_RUN_S / 3)
    for camera in "abcdefgh":
        line.put(camera, deadline_s=1.0)
    line.now_s = 5.0
    assert len(line.take()) == 3


def test_what_is_past_its_deadline_gives_way_to_the_newer_frame_of_its_camera() -> None:
    line = Line("a", max_batch=1)
    line.put("a", deadline_s=1.0, seq=0)
    line.put("a", deadline_s=2.0, seq=1)
    line.put("a", deadline_s=3.0, seq=2)
    line.now_s = 9.0
    batch = line.batcher.take(timeout=0)
    assert batch is not None
    assert [one.seq for one in batch.frames] == [2], "the newest is looked at, however late"
    assert line.boxes["a"].drops == {EXPIRED: 2}


def test_priority_comes_before_a_slightly_earlier_deadline() -> None:
    line = Line("ab", max_batch=1)
    line.batcher.prioritise(CameraId("b"), 1)
    line.put("a", deadline_s=1.0)
    line.put("b", deadline_s=1.05)
    assert line.take() == ["b"]


def test_says_by_when_a_batch_must_start_and_takes_nothing() -> None:
    line = Line("ab", max_batch=4)
    assert line.batcher.start_by(timeout=0) is None
    line.put("a", deadline_s=1.0)
    line.put("b", deadline_s=2.0)
    assert line.batcher.start_by(timeout=0) == pytest.approx(0.98 - SLACK_S)
    assert line.take() == ["a", "b"]


def test_equals_are_served_in_turn() -> None:
    line = Line("ab", max_batch=1)
    for seq in range(2):
        for camera in "ab":
            line.put(camera, inf, seq)
    served = []
    while (batch := line.batcher.take(timeout=0)) is not None:
        served += [str(one.camera) for one in batch.frames]
        line.batcher.done(batch)
    assert served == ["a", "b", "a", "b"]


def test_who_waits_for_a_camera_to_settle_takes_no_ring_from_who_waits_for_frames() -> None:
    batcher = Batcher(4, devices=2)
    boxes = {camera: Mailbox[Frame](4) for camera in "ab"}
    for camera, box in boxes.items():
        batcher.add(CameraId(camera), box)
    boxes["a"].put(frame("a", 0))
    first = batcher.take(timeout=0)
    assert first is not None
    conditions = (batcher._condition, batcher._is_free)
    taken: list[str] = []

    def waiting() -> int:
        return sum(len(one._waiters) for one in conditions)  # type: ignore[attr-defined]

    def take() -> None:
        batch = batcher.take(timeout=30)
        taken.extend([] if batch is None else [str(one.camera) for one in batch.frames])

    settling = threading.Thread(target=lambda: batcher.settle(CameraId("a"), 30))
    taking = threading.Thread(target=take)
    for number, thread in enumerate((settling, taking), 1):
        thread.start()
        wait_until(lambda number=number: waiting() == number)  # type: ignore[misc]
    boxes["b"].put(frame("b", 0))
    taking.join(5)
    assert taken == ["b"]
    batcher.done(first)
    settling.join(5)
    assert not settling.is_alive()
