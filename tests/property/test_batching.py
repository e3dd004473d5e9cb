from __future__ import annotations

import threading
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.batching import Batcher
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox


def frame(camera: int, seq: int) -> Frame:
    image = np.zeros((1, 1, 3), np.uint8)
    now = datetime.now(UTC)
    return Frame(CameraId(str(camera)), seq, float(seq), now, 0.0, image, None)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 4), st.integers(1, 3))
def test_never_empty_in_order_and_nothing_lost(
    arrivals: list[int], max_batch: int, takers: int
) -> None:
    batcher = Batcher(max_batch, 0.001)
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


def test_waits_for_neighbours_only_until_the_deadline() -> None:
    clock = [0.0]
    batcher = Batcher(4, 0.02, now=lambda: clock[0])
    box: Mailbox[Frame] = Mailbox(2)
    batcher.add(CameraId("1"), box)
    box.put(frame(1, 0))
    assert batcher.take(timeout=0) is None
    clock[0] = 0.03
    batch = batcher.take(timeout=0)
    assert batch is not None
    box.put(frame(1, 1))
    clock[0] = 1.0
    assert batcher.take(timeout=0) is None, "its earlier frame is still under way"
    batcher.done(batch)
    clock[0] = 2.0
    assert batcher.take(timeout=0) is not None
