"""What the race says to a contestant and what it hears back. Needs numpy alone.

A contestant is a program of its own. It reads one line of JSON (a `Task`) from standard input,
opens every stream, prints `ready` when each has been analysed once, and goes on until its standard
input closes. Then it writes what it saw, one line of JSON a picture, and ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from tests.bench.peers.stamp import read_stamp

FOREVER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Network:
    """The detector that everybody runs, and how to feed and read it."""

    name: str
    graph: str
    """ONNX in full precision; takes uint8 (N, H, W, 3) BGR and normalises by itself."""
    decoder: str
    width_px: int
    height_px: int
    letterbox: str
    pad: int
    min_score: float
    nms_iou: float
    classes: int


@dataclass(frozen=True, slots=True)
class Task:
    """What a contestant is to do."""

    urls: tuple[str, ...]
    fps: float
    """Pictures to analyse a second and camera."""
    source_fps: float
    network: Network
    out: str
    """File for the records."""
    options: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls) -> Task:
        """From standard input."""
        values = json.loads(sys.stdin.readline())
        network = Network(**values.pop("network"))
        return cls(urls=tuple(values.pop("urls")), network=network, **values)


@dataclass(frozen=True, slots=True)
class Record:
    """One analysed picture."""

    camera: int
    stamp: int
    """The number on the picture."""
    done_s: float
    """Monotonic clock when its detections were there."""
    boxes: tuple[tuple[int, float, float, float, float, float], ...]
    """Class, score, x1 y1 x2 y2 in fractions of the picture."""
    seq: int | None = None
    """Number among those that the contestant's own pace asked for, where it has one."""


class Recorder:
    """Takes what a contestant saw. Thread-safe."""

    def __init__(self, task: Task) -> None:
        self._path = Path(task.out)
        self._cameras = len(task.urls)
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._seen: set[int] = set()
        self._unreadable = 0
        self._is_ready = threading.Event()

    def note(
        self,
        camera: int,
        image: Any,
        boxes: Sequence[Sequence[float]],
        seq: int | None = None,
        done_s: float | None = None,
    ) -> None:
        """One picture's detections are there now; `boxes` as in `Record`."""
        now_s = time.monotonic() if done_s is None else done_s
        number = read_stamp(image)
        rows = tuple((int(row[0]), *(round(float(v), 5) for v in row[1:])) for row in boxes)
        with self._lock:
            if number is None:
                self._unreadable += 1
                return
            self._records.append(Record(camera, number, now_s, rows, seq))  # type: ignore[arg-type]
            self._seen.add(camera)
            if len(self._seen) == self._cameras:
                self._is_ready.set()

    def run(self) -> NoReturn:
        """Say `ready` when every camera was seen; write and end when standard input closes.

        It ends at once: libraries whose threads still read streams do not end in good order.
        """
        threading.Thread(target=self._announce, daemon=True).start()
        sys.stdin.read()
        self.write()
        os._exit(0)

    def write(self) -> None:
        with self._lock, self._path.open("w") as file:
            file.write(json.dumps({"unreadable": self._unreadable}) + "\n")
            for record in self._records:
                file.write(json.dumps(asdict(record)) + "\n")

    def _announce(self) -> None:
        self._is_ready.wait(FOREVER_S)
        print("ready", flush=True)


def read_records(path: Path) -> tuple[list[Record], int]:
    """The records of a contestant, and how many pictures' numbers it could not read."""
    with path.open() as file:
        unreadable = int(json.loads(file.readline())["unreadable"])
        records = []
        for line in file:
            values = json.loads(line)
            values["boxes"] = tuple(tuple(box) for box in values["boxes"])
            records.append(Record(**values))
    return records, unreadable
