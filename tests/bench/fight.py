"""What `fight` costs: measuring each picture, and judging by the head.

    .venv/bin/python -m tests.bench.fight [CLIP ...]

Per clip, at 5 pictures a second: ms of processor time for a picture and for a second of a camera.
Detection is not in it. Whether fights are found is told by `detect.training.fight`, on places that
the head never saw.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from api.cli.analyze import load_detector
from detect.rules.fight import HEAD, Fight, FightRule
from detect.scene import Scene
from detect.second_stage import SecondStage
from detect.tracking.tracker import Tracker
from detect.view import View
from ingest.camera import CameraId
from ingest.sources.file import open_file

FPS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", type=Path, nargs="*", default=[Path("var/clips/vtest.avi")])
    detector = load_detector("nanodet-g-416", 1)
    aids = SecondStage.beside(detector)
    print(f"head: {'here' if aids.head(HEAD) else 'not here'}")
    for clip in parser.parse_args().clips:
        judge = Fight(FightRule(kind="fight"), Scene.parse({"version": 1}), aids)
        tracker, spent_s, count, raised = Tracker(detector.classes), 0.0, 0, []
        for frame in open_file(str(clip), CameraId("clip"), FPS, detector.size):
            (found,) = detector.detect([frame.image])
            tracks = tracker.update(found, frame.t_s)
            view = View(frame.t_s, tracks, found, detector.classes, image=frame.image)
            began_s = time.thread_time()
            findings = judge.judge(view)
            spent_s += time.thread_time() - began_s
            count += 1
            raised += [frame.t_s] if findings else []
        each_ms = 1e3 * spent_s / max(count, 1)
        when = f"{raised[0]:.1f} to {raised[-1]:.1f} s" if raised else "never"
        print(
            f"{clip.name}: {count} pictures, {each_ms:.2f} ms each, "
            f"{each_ms * FPS:.1f} ms a second; raised {when}"
        )


if __name__ == "__main__":
    main()
