"""Frames side by side on threads: order, laziness and faults; what the output files hold."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from detect.analyze import Analysis, DetectionsFile, MotFile, detected
from detect.catalog import Catalog
from detect.detections import Detections
from detect.detector import Detector
from detect.errors import InferenceFailed
from detect.incident import IncidentId, ModelRef
from detect.looking.attention import Attention, Guides, WholeGaze
from detect.looking.look import WHOLE, WHOLE_FRAME, LiveTrack, Look, Seen
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, Image
from tests.support.incidents import NOON
from tests.support.models import NAME, install
from tests.support.walks import people, track

PICTURE = SimpleNamespace(width_px=200, height_px=100)


def frame(seq: int) -> Frame:
    image = np.full((64, 64, 3), seq, np.uint8)
    at = NOON + timedelta(seconds=seq / 5)
    return Frame(CameraId("c"), seq, seq / 5, at, 0.0, image, PICTURE)  # type: ignore[arg-type]


class SlowAtFirst:
    """Gives the picture's brightness as the score; the first pictures take longest."""

    classes = ("person",)
    batch_frames = 1

    def __init__(self) -> None:
        self.later = threading.Event()

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        first = int(images[0][0, 0, 0])
        if first == 0:
            assert self.later.wait(10), "the second must be able to overtake the first"
        if first == 1:
            self.later.set()
        if first == 50:
            raise InferenceFailed("broken")
        return [people([(0.5, 0.5)], score=float(image[0, 0, 0]) / 100) for image in images]


@pytest.mark.parametrize("batch_frames", [1, 3])
def test_frames_come_back_in_order(batch_frames: int) -> None:
    detector = SlowAtFirst()
    detector.batch_frames = batch_frames
    detector.later.set()
    found = list(detected(map(frame, range(20)), detector, 3))  # type: ignore[arg-type]
    assert [one.seq for one, _ in found] == list(range(20))
    assert [round(float(seen.score[0]) * 100) for _, seen in found] == list(range(20))


def test_a_slow_frame_is_overtaken_but_still_comes_first() -> None:
    found = list(detected(map(frame, range(4)), SlowAtFirst(), 2))  # type: ignore[arg-type]
    assert [one.seq for one, _ in found] == [0, 1, 2, 3]


def test_few_frames_are_read_ahead() -> None:
    read: list[int] = []

    def frames() -> Iterator[Frame]:
        for seq in range(100):
            read.append(seq)
            yield frame(seq + 2)

    next(detected(frames(), SlowAtFirst(), 2))  # type: ignore[arg-type]
    assert len(read) <= 3


def test_a_failure_of_inference_is_not_an_empty_scene() -> None:
    with pytest.raises(InferenceFailed):
        list(detected(map(frame, range(48, 60)), SlowAtFirst(), 2))  # type: ignore[arg-type]


def test_each_incident_is_given_once_when_it_has_ended(tmp_path: Path) -> None:
    install(tmp_path)
    detector = Detector.load(Catalog(tmp_path / "models", tmp_path / "weights"), NAME, threads=1)
    seen = [people([(0.5, 0.5)]) if step < 10 or step >= 60 else people([]) for step in range(80)]
    scripted = iter(seen)
    detector.detect = lambda images: [next(scripted) for _ in images]  # type: ignore[method-assign]
    numbers = iter(range(100))
    watch = CameraWatch(
        CameraId("c"),
        Scene.parse({"version": 1, "rules": [{"kind": "intrusion", "seconds": 1}]}),
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(numbers))),
    )
    analysis = Analysis(Attention(watch, Guides(WholeGaze())))
    found = list(analysis.exact(map(frame, range(80)), detector, threads=1))
    assert [one.id for one in found] == ["0", "1"]
    assert not any(one.is_open for one in found)
    assert analysis.looks == {"full": 80}


def test_what_was_seen_decides_what_is_looked_at_next() -> None:
    """The gaze is asked before each frame and told after it, in order."""
    told: list[str] = []

    class Gaze:
        def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look:
            told.append(f"plan {frame.seq}: {len(live)} live")
            return Look("nothing", "quiet") if frame.seq == 0 else WHOLE

        def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
            told.append(f"learn {frame.seq}: {look.kind}")

    class Eye:
        def see(self, frames: Sequence[Frame], looks: Sequence[Look]) -> list[Seen]:
            assert len(frames) == len(looks) == 1
            if looks[0].kind == "nothing":
                return [Seen(people([]), (), 0.0)]
            return [Seen(people([(0.5, 0.5)]), WHOLE_FRAME, 1.0)]

    numbers = iter(range(100))
    watch = CameraWatch(
        CameraId("c"),
        Scene.parse({"version": 1, "rules": [{"kind": "intrusion", "seconds": 0}]}),
        ("person",),
        ModelRef("m", "0"),
        lambda: IncidentId(str(next(numbers))),
    )
    analysis = Analysis(Attention(watch, Guides(Gaze())))
    (incident,) = analysis.attentive(map(frame, range(3)), Eye())
    assert told == [
        *("plan 0: 0 live", "learn 0: nothing"),
        *("plan 1: 0 live", "learn 1: full"),
        *("plan 2: 1 live", "learn 2: full"),
    ]
    assert incident.kind == "intrusion"
    assert analysis.looks == {"nothing": 1, "full": 2}
    assert analysis.canvases == 2.0


def test_detections_and_tracks_are_written() -> None:
    seen, mot = io.StringIO(), io.StringIO()
    DetectionsFile(seen, ("person",)).write(frame(5), people([(0.5, 0.6)]))
    assert json.loads(seen.getvalue()) == {
        "camera": "c",
        "seq": 5,
        "t_s": 1.0,
        "boxes": [{"label": "person", "score": 0.8, "xyxy": [0.47, 0.4, 0.53, 0.6]}],
    }
    MotFile(mot).write(frame(5), [track(7, (0.5, 0.6)), track(8, (0.1, 0.6), unseen_s=0.2)])
    assert mot.getvalue() == "6,7,94.00,40.00,12.00,20.00,0.8000,-1,-1,-1\n"
