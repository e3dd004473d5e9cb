"""Times engines the way they are used: several threads with a frame each, side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.engines.base import Engine
from detect.engines.choice import Candidate
from ingest.frame import Image

ROUNDS = 3
"""Each engine has its turns spread over the race, so that a busy moment does not decide it."""
ROUND_S = 0.1
LEAST_RUNS = 2
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Clocks:
    """What time is told by."""

    wall: Clock = time.perf_counter
    processor: Clock = time.process_time
    """Of this process: other processes that are busy meanwhile do not count."""


CLOCKS = Clocks()


def race(
    engines: Mapping[Candidate, Engine],
    picture: Image,
    lanes: int,
    *,
    is_one_core_each: bool = True,
    clocks: Clocks = CLOCKS,
) -> dict[Candidate, float]:
    """Seconds that a frame takes one of `lanes` threads at work; the best of the rounds.

    Where a frame is run by one core, its processor time is what counts. A frame of a batch counts
    as its share of the batch. Raises `InferenceFailed`.
    """
    best = dict.fromkeys(engines, float("inf"))
    with ThreadPoolExecutor(lanes) as pool:
        for number in range(ROUNDS):
            for way, engine in engines.items():
                batch = np.repeat(picture[None], engine.batch_frames, axis=0)
                if number == 0:  # compiles, and finds its memory
                    _together(pool, engine, batch, lanes, lambda: 0.0)
                began = clocks.processor()
                seconds, frames = _together(pool, engine, batch, lanes, clocks.wall)
                if is_one_core_each and engine.batch_frames == 1:
                    seconds = clocks.processor() - began
                best[way] = min(best[way], seconds / frames)
    return best


def _together(
    pool: ThreadPoolExecutor, engine: Engine, batch: npt.NDArray[np.uint8], lanes: int, now: Clock
) -> tuple[float, int]:
    """Seconds of all lanes added up, and their frames."""
    start = threading.Barrier(lanes)

    def lane() -> tuple[float, int]:
        start.wait()
        began, runs = now(), 0
        while runs < LEAST_RUNS or 0 < now() - began < ROUND_S:
            engine.run(batch)
            runs += 1
        return now() - began, runs * len(batch)

    taken = [one.result() for one in [pool.submit(lane) for _ in range(lanes)]]
    return sum(seconds for seconds, _ in taken), sum(frames for _, frames in taken)
