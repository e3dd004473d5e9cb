"""The batcher's contract, as a machine of its own clock and as threads in a real one."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from math import inf

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from detect.batching import SLACK_S, Batch, Batcher
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox


def frame(camera: int, seq: int, deadline_s: float = inf) -> Frame:
    image = np.zeros((1, 1, 3), np.uint8)
    now = datetime.now(UTC)
    return Frame(CameraId(str(camera)), seq, float(seq), now, 0.0, image, None, deadline_s)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 4), st.integers(1, 3))
def test_never_empty_in_order_and_nothing_lost(
    arrivals: list[int], max_batch: int, takers: int
) -> None:
    batcher = Batcher(max_batch, takers)
    boxes = {camera: Mailbox[Frame](100) for camera in range(5)}
    for camera, box in boxes.items():
        batcher.add(CameraId(str(camera)), box)
    seen: dict[str, list[int]] = {str(camera): [] for camera in range(5)}
    left = threading.Semaphore(0)

    def take() -> None:
        while (batch := batcher.take(timeout=5)) is not None:
            assert 1 <= len(batch.frames) <= max_batch
            cameras = [one.camera for one in batch.frames]
            assert len(set(cameras)) == len(cameras)
            for one in batch.frames:
                seen[one.camera].append(one.seq)
            batcher.done(batch)
            for _ in batch.frames:
                left.release()

    threads = [threading.Thread(target=take) for _ in range(takers)]
    for thread in threads:
        thread.start()
    for seq, camera in enumerate(arrivals):
        boxes[camera].put(frame(camera, seq))
    assert all(left.acquire(timeout=5) for _ in arrivals)
    batcher.close()
    for thread in threads:
        thread.join(5)
    for camera, seqs in seen.items():
        assert seqs == [n for n, one in enumerate(arrivals) if str(one) == camera]


CAMERAS = [str(number) for number in range(5)]
MAX_BATCH, DEVICES, CAPACITY, RUN_S, WANTED_S = 3, 1, 2, 0.01, 0.3


class BatchingMachine(RuleBasedStateMachine):
    """Puts, takes and finishes frames in any order; what is due is told beforehand."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.batcher = Batcher(
            MAX_BATCH, DEVICES, run_s=lambda frames: frames * RUN_S, now=lambda: self.now_s
        )
        self.boxes = {
            camera: Mailbox[Frame](CAPACITY, deadline_s=lambda one: one.deadline_s)
            for camera in CAMERAS
        }
        for camera, box in self.boxes.items():
            self.batcher.add(CameraId(camera), box)
        self.waiting: dict[str, list[Frame]] = {camera: [] for camera in CAMERAS}
        self.under_way: list[Batch] = []
        self.put_count = dict.fromkeys(CAMERAS, 0)
        self.taken: dict[str, list[int]] = {camera: [] for camera in CAMERAS}
        self.last_taken = dict.fromkeys(CAMERAS, 0)
        self.takes = 0

    @rule(camera=st.sampled_from(CAMERAS))
    def put(self, camera: str) -> None:
        one = frame(int(camera), self.put_count[camera], self.now_s + WANTED_S)
        self.boxes[camera].put(one)
        self.put_count[camera] += 1
        self.waiting[camera] = [*self.waiting[camera], one][-CAPACITY:]

    @rule(passing_s=st.sampled_from([0.001, 0.01, 0.02, 0.5]))
    def wait(self, passing_s: float) -> None:
        self.now_s += passing_s

    @rule()
    def take(self) -> None:
        leased = {str(one.camera) for batch in self.under_way for one in batch.frames}
        heads = {c: frames[0] for c, frames in self.waiting.items() if frames and c not in leased}
        order = sorted(heads, key=lambda c: (heads[c].deadline_s, self.last_taken[c]))
        run_s = min(len(order), MAX_BATCH) * RUN_S
        due = order and (
            len(order) >= MAX_BATCH
            or len(self.under_way) < DEVICES
            or self.now_s >= heads[order[0]].deadline_s - SLACK_S - run_s
        )
        batch = self.batcher.take(timeout=0)
        assert (batch is not None) == bool(due)
        if batch is None:
            return
        cameras = [str(one.camera) for one in batch.frames]
        assert cameras, "never empty"
        assert len(cameras) <= MAX_BATCH
        assert {heads[c].deadline_s for c in cameras} == {
            heads[c].deadline_s for c in order[: len(cameras)]
        }, "the most urgent first"
        for one in batch.frames:
            self._taken(str(one.camera), one)
        self.under_way.append(batch)

    def _taken(self, camera: str, one: Frame) -> None:
        """The oldest that is still wanted, or else the newest."""
        while len(self.waiting[camera]) > 1 and self.waiting[camera][0].deadline_s < self.now_s:
            self.waiting[camera].pop(0)
        assert one is self.waiting[camera].pop(0)
        self.takes += 1
        self.taken[camera].append(one.seq)
        self.last_taken[camera] = self.takes

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        if self.under_way:
            index = data.draw(st.integers(0, len(self.under_way) - 1))
            self.batcher.done(self.under_way.pop(index))

    @invariant()
    def each_frame_is_taken_dropped_or_waiting(self) -> None:
        for camera, box in self.boxes.items():
            dropped = sum(box.drops.values())
            waiting = self.waiting[camera]
            assert len(self.taken[camera]) + dropped + len(waiting) == self.put_count[camera]
            assert self.taken[camera] == sorted(set(self.taken[camera]))


TestBatchingMachine = BatchingMachine.TestCase
TestBatchingMachine.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def test_a_camera_that_is_removed_is_not_waited_for() -> None:
    batcher = Batcher(2)
    boxes = {camera: Mailbox[Frame](2) for camera in "01"}
    for camera, box in boxes.items():
        batcher.add(CameraId(camera), box)
        box.put(frame(int(camera), 0))
    batcher.remove(CameraId("0"))
    batch = batcher.take(timeout=0)
    assert batch is not None
    assert [one.camera for one in batch.frames] == ["1"]
    boxes["0"].put(frame(0, 1))
    assert batcher.take(timeout=0) is None


def test_closing_wakes_a_taker() -> None:
    batcher = Batcher(2)
    got: list[Batch | None] = []
    taker = threading.Thread(target=lambda: got.append(batcher.take()))
    taker.start()
    batcher.close()
    taker.join(5)
    assert got == [None]
