"""What each saving is worth: the usual mode without one of them at a time, and on other engines.

    .venv/bin/python -m tests.bench.ablation [--scene quiet,medium,busy] [--sustained]

For every way: processor time of a camera-second (file-paced, many cameras together), canvases and
pictures decoded a camera-second, and what it finds of the tracks of exact mode in fp32, as the
guard matches them. `--sustained` also searches how many cameras it carries over real RTSP, which
takes minutes each. Results are kept by scene and way; `--resume` goes on with what is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.cli.analyze import load_detector
from api.home import home
from detect.guard.compare import compare
from detect.guard.play import StudiedClips
from detect.guard.runs import ClipRun
from detect.mode import EXACT, USUAL, Mode
from detect.scene import Scene
from tests.bench.paced import Paced, groups_of
from tests.bench.peers.__main__ import CONTESTANTS, processor, say, search
from tests.bench.peers.field import RECIPES, Course, course
from tests.bench.peers.ours import SCENE
from tests.bench.peers.runner import Conditions, network

WARM_UP_S = 2.0
FP32 = ("onnxruntime", "fp32")
AUTO = ("auto", "auto")


@dataclass(frozen=True, slots=True)
class Way:
    """One row of the table."""

    name: str
    without: tuple[str, ...] | None
    """None: exact mode."""
    engine: tuple[str, str] = AUTO

    @property
    def mode(self) -> Mode:
        # Shedding is never on: it would look like a saving.
        return EXACT if self.without is None else USUAL.without(["shed", *self.without])


WAYS = (
    Way("exact, onnxruntime fp32", None, FP32),
    Way("exact", None),
    Way("usual", ()),
    *(Way(f"usual without {one}", (one,)) for one in ("regions", "packing", "rate", "idle")),
    Way("usual without audit", ("audit",)),
    Way("usual, onnxruntime fp32", (), FP32),
    Way("usual, onnxruntime int8", (), ("onnxruntime", "int8")),
    Way("usual, openvino bf16", (), ("openvino", "bf16")),
)


def main() -> int:
    options = parse()
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for scene in options.scene.split(","):
        bench = _Bench(course(scene), options)
        for way in WAYS:
            if options.only and not re.search(options.only, way.name):
                continue
            slug = re.sub(r"[^a-z0-9]+", "-", way.name)
            file = options.folder / f"{scene}.{slug}.json"
            if not (options.resume and file.exists()):
                file.write_text(json.dumps(bench.row(way), indent=1), "utf-8")
            rows.append(json.loads(file.read_text("utf-8")))
            say(f"{scene}: {told(rows[-1])}")
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scene", default=",".join(RECIPES), help="some of %(default)s")
    parser.add_argument("--only", help="pattern of the ways' names")
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0, help="media time of the cost")
    parser.add_argument("--clip-seconds", type=float, default=60.0, help="of the recall")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--economy", default="always", help="key frames alone: when")
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--sustained", action="store_true")
    parser.add_argument("--probe", type=float, default=10.0)
    parser.add_argument("--confirm", type=float, default=20.0)
    parser.add_argument("--settle", type=float, default=4.0)
    parser.add_argument("--folder", type=Path, default=home() / "bench" / "ablation")
    parser.add_argument("--resume", action="store_true", help="keep results that are there")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


class _Bench:
    """One scene; the reference is run once."""

    def __init__(self, what: Course, options: argparse.Namespace) -> None:
        self._course = what
        self._options = options
        self._reference: ClipRun | None = None

    def row(self, way: Way) -> dict[str, Any]:
        """What one way costs and finds."""
        options = self._options
        detector = load_detector(options.model, 1, *way.engine)
        found: dict[str, Any] = {
            "scene": self._course.name,
            "way": way.name,
            "engine": detector.engine_name,
            "machine": processor(),
        }
        scene = Scene.parse(SCENE)
        paced = Paced(
            self._course.file,
            options.cameras,
            detector,
            way.mode,
            scene,
            fps=options.fps,
            economy=options.economy,
        )
        try:
            paced.run(WARM_UP_S)
            cost = paced.run(options.seconds)
        finally:
            paced.close()
        camera_seconds = cost.cameras * cost.seconds
        found |= {
            "ms_per_camera_second": round(cost.per_camera_second_ms, 2),
            "frames_per_camera_second": round(cost.frames / camera_seconds, 2),
            "canvases_per_camera_second": round(cost.canvases / camera_seconds, 3),
            "decoded_per_camera_second": round(cost.decoded / camera_seconds, 2),
        }
        found |= self._recall(way, StudiedClips(detector, options.economy, options.fps))
        if options.sustained:
            found["sustained_cameras"] = self._sustained(way)
        return found

    def _recall(self, way: Way, clips: StudiedClips) -> dict[str, Any]:
        """Tracks and sightings of exact mode in fp32 that the way finds again."""
        options, scene = self._options, Scene.parse(SCENE)
        groups = groups_of(self._course.file.read_bytes())
        length = round(options.clip_seconds)
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.h264"
            clip.write_bytes(b"".join(groups[:length]))
            if self._reference is None:
                exact = load_detector(options.model, 1, *FP32)
                self._reference = StudiedClips(exact, "never", options.fps)(clip, scene, EXACT)
            result = compare(self._reference, clips(clip, scene, way.mode), None)
        row = result.all
        return {
            "tracks": [row.tracks.hits, row.tracks.n],
            "sightings": [row.sightings.hits, row.sightings.n],
            "incidents": [row.incidents.hits, row.incidents.n],
            "extra_tracks": result.extra_tracks.count,
        }

    def _sustained(self, way: Way) -> int:
        options = self._options
        who = next(one for one in CONTESTANTS if one.name == "regions")
        settings: dict[str, Any] = {
            "exact": way.without is None,
            "without": ["shed", *(way.without or ())],
            "engine": way.engine[0],
            "precision": way.engine[1],
        }
        who = replace(who, options=settings, own_pace=way.without is not None)
        conditions = Conditions(
            self._course,
            network(options.model),
            options.fps,
            tuple(sorted(os.sched_getaffinity(0))),
            options.settle,
        )
        asked = argparse.Namespace(cameras=None, probe=options.probe, seconds=options.confirm)
        return int(search(who, conditions, asked)["sustained_cameras"])


def told(row: dict[str, Any]) -> str:
    return f"{row['way']}: {row['ms_per_camera_second']} ms a camera-second, {row['engine']}"


def table(rows: list[dict[str, Any]]) -> str:
    """By scene, with each way's cost against the usual one's."""
    head = ["scene", "way", "ms/cam s", "/ usual", "frames/s", "canvases/s", "decoded/s"]
    lines = [[*head, "tracks", "sightings", "incidents", "extra", "cameras"]]
    usual = {row["scene"]: row["ms_per_camera_second"] for row in rows if row["way"] == "usual"}
    for row in rows:
        base = usual.get(row["scene"])
        lines.append(
            [
                row["scene"],
                row["way"],
                f"{row['ms_per_camera_second']:.1f}",
                f"{row['ms_per_camera_second'] / base:.2f}" if base else "-",
                f"{row['frames_per_camera_second']:.2f}",
                f"{row['canvases_per_camera_second']:.2f}",
                f"{row['decoded_per_camera_second']:.1f}",
                *(share(row[key]) for key in ("tracks", "sightings", "incidents")),
                str(row["extra_tracks"]),
                str(row.get("sustained_cameras", "-")),
            ]
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def share(hits_trials: list[int]) -> str:
    hits, trials = hits_trials
    return f"{hits}/{trials}" + (f" {hits / trials:.3f}" if trials else "")


if __name__ == "__main__":
    sys.exit(main())
