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
    asked_s: float | None = None
    """Monotonic clock when its own pace asked for a picture that had been sent before, as when an
    idle camera wakes; None when it was wanted as it came."""


class Recorder:
    """Takes what a contestant saw. Thread-safe."""

    def __init__(self, task: Task) -> None:
        self._path = Path(task.out)
        self._cameras = len(task.urls)
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._seen: set[int] = set()
        self._unreadable = 0
        self._counted: list[tuple[float, int, int]] = []
        self._is_ready = threading.Event()

    def note(
        self,
        camera: int,
        image: Any,
        boxes: Sequence[Sequence[float]],
        seq: int | None = None,
        done_s: float | None = None,
        asked_s: float | None = None,
    ) -> None:
        """One picture's detections are there now; `boxes` as in `Record`."""
        now_s = time.monotonic() if done_s is None else done_s
        number = read_stamp(image)
        rows = tuple((int(row[0]), *(round(float(v), 5) for v in row[1:])) for row in boxes)
        with self._lock:
            if number is None:
                self._unreadable += 1
                return
            self._records.append(Record(camera, number, now_s, rows, seq, asked_s))  # type: ignore[arg-type]
            self._seen.add(camera)
            if len(self._seen) == self._cameras:
                self._is_ready.set()

    def count(self, skipped: int, kept_bytes: int) -> None:
        """Pictures so far that were left out before they could be scheduled, for want of time;
        bytes of packets that are kept now.
        """
        with self._lock:
            self._counted.append((time.monotonic(), skipped, kept_bytes))

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
            head = {"unreadable": self._unreadable, "counted": self._counted}
            file.write(json.dumps(head) + "\n")
            for record in self._records:
                file.write(json.dumps(asdict(record)) + "\n")

    def _announce(self) -> None:
        self._is_ready.wait(FOREVER_S)
        print("ready", flush=True)


@dataclass(frozen=True, slots=True)
class Account:
    """All that a contestant wrote."""

    records: tuple[Record, ...]
    unreadable: int
    """Pictures whose number it could not read."""
    counted: tuple[tuple[float, int, int], ...]
    """Times and what `Recorder.count` was told."""

    def skipped_within(self, start_s: float, end_s: float) -> int:
        told = [skipped for at_s, skipped, _ in self.counted if start_s <= at_s <= end_s]
        return told[-1] - told[0] if told else 0

    def most_kept_bytes(self, start_s: float, end_s: float) -> int:
        return max((kept for at_s, _, kept in self.counted if start_s <= at_s <= end_s), default=0)

    @classmethod
    def read(cls, path: Path) -> Account:
        with path.open() as file:
            head = json.loads(file.readline())
            records = []
            for line in file:
                values = json.loads(line)
                values["boxes"] = tuple(tuple(box) for box in values["boxes"])
                records.append(Record(**values))
        counted = tuple((at_s, skipped, kept) for at_s, skipped, kept in head["counted"])
        return cls(tuple(records), head["unreadable"], counted)
