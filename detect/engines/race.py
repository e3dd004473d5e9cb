"""Times engines the way they are used: several threads with a frame each, side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from detect.engines.base import Engine
from detect.engines.choice import Candidate
from ingest.frame import Image

ROUNDS = 3
"""Each engine has its turns spread over the race, so that a busy moment does not decide it."""
ROUND_S = 0.12
LEAST_RUNS = 2
Clock = Callable[[], float]


def race(
    engines: Mapping[Candidate, Engine],
    picture: Image,
    lanes: int,
    now: Clock = time.perf_counter,
) -> dict[Candidate, float]:
    """Seconds that a thread spends on a frame, `lanes` threads at a time; the best of the rounds.

    A frame of a batch counts as its share of the batch. Raises `InferenceFailed`.
    """
    best = dict.fromkeys(engines, float("inf"))
    with ThreadPoolExecutor(lanes) as pool:
        for number in range(ROUNDS):
            for way, engine in engines.items():
                batch = np.repeat(picture[None], engine.batch_frames, axis=0)
                if number == 0:  # compiles, and finds its memory
                    _together(pool, engine, batch, lanes, lambda: 0.0)
                best[way] = min(best[way], _together(pool, engine, batch, lanes, now))
    return best


def _together(
    pool: ThreadPoolExecutor, engine: Engine, batch: npt.NDArray[np.uint8], lanes: int, now: Clock
) -> float:
    start = threading.Barrier(lanes)

    def lane() -> tuple[float, int]:
        start.wait()
        began, runs = now(), 0
        while runs < LEAST_RUNS or (0 < now() - began < ROUND_S):
            engine.run(batch)
            runs += 1
        return now() - began, runs * len(batch)

    results = [one.result() for one in [pool.submit(lane) for _ in range(lanes)]]
    return sum(seconds for seconds, _ in results) / sum(frames for _, frames in results)
