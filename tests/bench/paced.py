"""The whole core over files on a simulated clock: no RTSP, no waiting, one thread.

Cameras play a made scene, each from another key frame on, through the production parts: demuxing,
decoding as the pace wants it, mailbox, batcher, gaze, canvases, detector, tracker, rules. Frames
that are due in the same slot of media time arrive together.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from detect.batching import Batcher
from detect.core import Core, CoreOptions
from detect.detector import Detector
from detect.mode import Economy, Mode
from detect.scene import Scene
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.reader import DecodeCounts
from ingest.sources.file import open_file

NOWHERE = StreamUrl.parse("rtsp://paced.invalid/")
SEQUENCE_PARAMETERS = b"\x00\x00\x00\x01\x67"
"""What every group of pictures of our videos begins with (H.264, Annex B)."""
SLOT_S = 0.2
SPREAD = 7
"""Cameras begin so many groups of pictures apart."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did and used."""

    cameras: int
    seconds: float
    """Of media time."""
    cpu_s: float
    frames: int
    canvases: float
    decoded: int

    @property
    def per_camera_second_ms(self) -> float:
        return self.cpu_s / self.seconds / self.cameras * 1000

    @property
    def per_frame_ms(self) -> float:
        return self.cpu_s / max(1, self.frames) * 1000


class Paced:
    """N cameras over one video; `run` plays the next seconds of media time."""

    def __init__(
        self,
        video: Path,
        cameras: int,
        detector: Detector,
        mode: Mode,
        scene: Scene,
        *,
        fps: float = 5.0,
        economy: Economy = "when_needed",
    ) -> None:
        self._detector = detector
        self._folder = tempfile.TemporaryDirectory()
        # One thread: batches are as those of one core of a busy machine.
        self.core = Core(
            detector, CoreOptions(mode, 1, economy), lambda raised: None, _nobody_plays
        )
        self._batcher: Batcher = self.core._batcher
        self.counts = DecodeCounts()
        self._cameras = [
            self._camera(CameraId(f"cam-{i}"), file, fps, scene)
            for i, file in zip(range(cameras), self._files(video, cameras), strict=True)
        ]
        self._now_s = 0.0

    def close(self) -> None:
        self._folder.cleanup()

    def run(self, seconds: float) -> Outcome:
        """Play on. Processor time is that of the whole process."""
        tally, end_s = self.core.pipeline.tally, self._now_s + seconds
        before = tally.analysed.total(), tally.canvases, self.counts.pictures
        cpu_s = time.process_time()
        while self._now_s < end_s - 1e-6:
            self._now_s += SLOT_S
            for camera in self._cameras:
                camera.arrive(self._now_s)
            self._look()
        if self.core.pipeline.failure is not None:
            raise self.core.pipeline.failure
        return Outcome(
            len(self._cameras),
            seconds,
            time.process_time() - cpu_s,
            tally.analysed.total() - before[0],
            tally.canvases - before[1],
            self.counts.pictures - before[2],
        )

    def _look(self) -> None:
        while (batch := self._batcher.take(timeout=0)) is not None:
            self.core.pipeline._guarded(batch)

    def _camera(self, name: CameraId, file: Path, fps: float, scene: Scene) -> _Camera:
        camera, pace, mailbox = Camera(name, NOWHERE, fps), Pace(fps), Mailbox[Frame](MANY)
        self.core.cameras.attentions[name] = self.core._attend(camera, scene, pace)
        self._batcher.add(name, mailbox)
        size, counts = self._detector.size, self.counts
        frames = open_file(str(file), name, fps, size, pace=pace, counts=counts)
        return _Camera(frames, mailbox)

    def _files(self, video: Path, cameras: int) -> Iterator[Path]:
        """The video from other key frames on; as many files as there are beginnings."""
        groups = groups_of(video.read_bytes())
        made: dict[int, Path] = {}
        for camera in range(cameras):
            start = camera * SPREAD % len(groups)
            if start not in made:
                made[start] = Path(self._folder.name) / f"from-{start}.h264"
                made[start].write_bytes(b"".join(groups[start:] + groups[:start]))
            yield made[start]


MANY = 64
"""Frames that a mailbox holds: on a simulated clock nothing is dropped."""


class _Camera:
    """Gives its frames to its mailbox as media time goes on."""

    def __init__(self, frames: Iterator[Frame], mailbox: Mailbox[Frame]) -> None:
        self._frames = frames
        self._mailbox = mailbox
        self._next: Frame | None = None

    def arrive(self, until_s: float) -> None:
        """Put what is due before `until_s`."""
        while True:
            if self._next is None:
                self._next = next(self._frames, None)
            if self._next is None or self._next.t_s >= until_s:
                return
            self._mailbox.put(self._next)
            self._next = None


def groups_of(stream: bytes) -> list[bytes]:
    """The groups of pictures of an Annex-B stream, each with its parameter sets."""
    starts = []
    at = stream.find(SEQUENCE_PARAMETERS)
    while at >= 0:
        starts.append(at)
        at = stream.find(SEQUENCE_PARAMETERS, at + len(SEQUENCE_PARAMETERS))
    ends = [*starts[1:], len(stream)]
    return [stream[start:end] for start, end in zip(starts, ends, strict=True)]


def _nobody_plays(camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> object:
    raise AssertionError("cameras of a paced run have no worker")
