"""The course of the race: scenes made into stamped video, and the server that sends them."""

from __future__ import annotations

import json
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import av
import psutil

from api.demo.virtual_cameras import SYSTEM_PYTHON
from api.home import home
from ingest.frame import Image
from ingest.sources.encode import encode_clip, encode_images
from tests.bench.peers.judge import SAME_IOU, SEEN_WITHIN_S, Arrival, Box, Sending, overlap
from tests.bench.peers.stamp import stamp
from tests.support.footage import TRUTH_EVERY_S, Footage, Recipe, Walk, footage

SENDER = Path(__file__).with_name("sender.py")
FPS = 25.0
GOP_S = 1.0
WIDTH, HEIGHT = 1280, 720
START_LIMIT_S = 20.0
STEP = 7
"""Cameras begin this many groups of pictures apart, round and round the file."""
PERSON = 0
LEAST_HEIGHT = 0.1
"""Of what counts as an arrival in the clip's scenes, as a part of the picture's."""
WALKS = (
    Walk(at_s=18.0, height=0.20, speed=1.0, foot=0.62, who=11),
    Walk(at_s=83.0, height=0.14, speed=1.1, foot=0.50, to_right=False, who=4),
    Walk(at_s=147.0, height=0.28, speed=0.9, foot=0.90, who=7),
    Walk(at_s=206.0, height=0.17, speed=1.2, foot=0.55, to_right=False, who=2),
)
"""Somebody crosses the quiet street about once a minute, in view for some ten seconds each time."""
RECIPES = {
    "quiet": Recipe("quiet", 240.0, walks=WALKS, seed=3),
    "medium": Recipe("medium", 60.0, seed=3),
    "busy": Recipe("busy", 60.0, seed=3),
}
"""A quiet street, the clip's lawn, a busy junction."""


@dataclass(frozen=True, slots=True)
class Course:
    """One scene, ready to be sent."""

    name: str
    file: Path
    pictures: int
    arrivals: tuple[Arrival, ...]
    fps: float = FPS


class Field:
    """The sender process with so many cameras; a context manager."""

    def __init__(self, course: Course, cameras: int) -> None:
        group = round(course.fps * GOP_S)
        groups = max(1, course.pictures // group)
        self.course = course
        self.starts = tuple(camera * STEP % groups * group for camera in range(cameras))
        self._folder = tempfile.TemporaryDirectory()
        self._schedule = Path(self._folder.name) / "schedule.jsonl"
        self._process: subprocess.Popen[str] | None = None
        self.urls: tuple[str, ...] = ()

    def __enter__(self) -> Field:
        process = subprocess.Popen(
            [str(SYSTEM_PYTHON), str(SENDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        config = {
            "file": str(self.course.file),
            "fps": self.course.fps,
            "starts": self.starts,
            "schedule": str(self._schedule),
        }
        process.stdin.write(json.dumps(config) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], START_LIMIT_S)
        line = process.stdout.readline() if ready else ""
        if not line:
            self.__exit__(None, None, None)
            raise RuntimeError("the RTSP sender did not start (run `make setup`)")
        port = json.loads(line)["port"]
        self.urls = tuple(f"rtsp://127.0.0.1:{port}/cam-{i}" for i in range(len(self.starts)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        self._folder.cleanup()

    def cpu_s(self) -> float:
        """Processor time of the sender so far."""
        assert self._process is not None
        return sum(psutil.Process(self._process.pid).cpu_times()[:2])

    def sending(self) -> Sending:
        """When what was sent; the latest connection of a camera counts."""
        lines = self._schedule.read_text().splitlines() if self._schedule.exists() else []
        notes = [json.loads(line) for line in lines]
        return Sending(
            self.course.fps,
            self.course.pictures,
            self.starts,
            {note["camera"]: note["base_s"] for note in notes},
        )


def course(name: str) -> Course:
    """The scene as stamped video, made once and kept under `var/bench`."""
    folder = home() / "bench" / "scenes"
    made = footage(RECIPES[name], folder)
    file = stamped(made.path, FPS)
    pictures = round(RECIPES[name].seconds * FPS)
    return Course(name, file, pictures, tuple(_arrivals(made)))


def course_of(clip: Path, fps: float) -> Course:
    """Another video as stamped 720p at this rate, without truth."""
    folder = home() / "bench" / "scenes"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{clip.stem}-{fps:g}.h264"
    pictures = encode_clip(clip, file, width=WIDTH, height=HEIGHT, fps=fps, gop_s=GOP_S)
    return Course(clip.stem, stamped(file, fps), pictures, (), fps)


def stamped(path: Path, fps: float) -> Path:
    """A copy with the number on each picture, made once."""
    file = path.with_name(f"stamped-{path.name}")
    if not file.exists():
        encode_images(_stamped(path), file, width=WIDTH, height=HEIGHT, fps=fps, gop_s=GOP_S)
    return file


def _stamped(path: Path) -> Iterator[Image]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            yield stamp(frame.to_ndarray(format="bgr24"), number)


def _arrivals(made: Footage) -> Iterator[Arrival]:
    """Who comes into view and stays for two seconds; of the clip's scenes, what moves and is new.

    The truth has a moment every fifth of a second; a picture takes the nearest.
    """
    chains = [list(walk.boxes) for walk in made.arrivals] or _chains(made.boxes)
    for chain in chains:
        begins_s = chain[0][0]
        if chain[-1][0] - begins_s < SEEN_WITHIN_S or begins_s < TRUTH_EVERY_S:
            continue
        first = round(begins_s * FPS)
        boxes = {}
        for picture in range(first, first + round(SEEN_WITHIN_S * FPS) + 1):
            at = round((picture / FPS - begins_s) / TRUTH_EVERY_S)
            boxes[picture] = chain[min(at, len(chain) - 1)][1]
        yield Arrival(first, frozenset({PERSON}), boxes)


def _chains(
    moments: Sequence[tuple[float, Sequence[Box]]],
) -> list[list[tuple[float, Box]]]:
    """Boxes joined from moment to moment where they overlap, those that begin tall enough."""
    ended: list[list[tuple[float, Box]]] = []
    going: list[list[tuple[float, Box]]] = []
    for t_s, boxes in moments:
        left = list(boxes)
        still = []
        for chain in going:
            follower = max(left, key=lambda box: overlap(chain[-1][1], box), default=None)
            if follower is None or overlap(chain[-1][1], follower) < SAME_IOU:
                ended.append(chain)
                continue
            left.remove(follower)
            still.append([*chain, (t_s, follower)])
        going = still + [[(t_s, box)] for box in left]
    return [chain for chain in ended + going if chain[0][1][3] - chain[0][1][1] >= LEAST_HEIGHT]
