"""Sequences with a truth, as MOTChallenge folders hold them (Dendorfer et al., 2020,
arXiv:2003.09003).

    NAME/seqinfo.ini      frameRate, seqLength, imWidth, imHeight
    NAME/gt/gt.txt        frame, id, left, top, width, height, counts, class, visibility
    NAME/det/KIND.txt     frame, -1, left, top, width, height, score
    NAME/det/KIND.jsonl   what `qalqan analyze VIDEO --fps 60 --detections` writes, a line a frame
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.detections import Detections

Boxes = npt.NDArray[np.float64]
PEDESTRIAN, PERSON = "1", "person"
LEAST_SCORE = 0.25
"""Detections below are left out: the product's models give none."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The people of one frame."""

    id: npt.NDArray[np.int64]
    """Shape (N,)."""
    xyxy: Boxes
    """Shape (N, 4), fractions of the frame, cut at its edge."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A sequence: the truth of every frame."""

    name: str
    fps: float
    width_px: int
    height_px: int
    truth: Sequence[Truth]

    def thinned(self, step: int) -> Footage:
        """Every `step`-th frame."""
        size = self.width_px, self.height_px
        return Footage(self.name, self.fps / step, *size, self.truth[::step])


def read(folder: Path) -> Footage:
    """The truth of one sequence. Raises ValueError when the folder is not one."""
    info = ConfigParser()
    if not info.read(folder / "seqinfo.ini") or not (folder / "gt" / "gt.txt").is_file():
        raise ValueError(f"{folder} has no seqinfo.ini or no gt/gt.txt")
    about = info["Sequence"]
    width, height, length = (about.getint(key, 0) for key in ("imWidth", "imHeight", "seqLength"))
    rows: list[list[tuple[int, list[float]]]] = [[] for _ in range(length)]
    for row in _rows(folder / "gt" / "gt.txt"):
        counts = len(row) < 8 or (float(row[6]) > 0 and row[7].strip() in (PEDESTRIAN, "-1"))
        frame = int(float(row[0])) - 1
        if counts and 0 <= frame < length:
            rows[frame].append((int(float(row[1])), _xyxy(row, width, height)))
    frames = []
    for found in rows:
        inside = [one for one in found if one[1][0] < one[1][2] and one[1][1] < one[1][3]]
        boxes = np.array([box for _, box in inside], np.float64).reshape(-1, 4)
        frames.append(Truth(np.array([one for one, _ in inside], np.int64), boxes))
    return Footage(folder.name, about.getfloat("frameRate", 0.0), width, height, frames)


def detections(folder: Path, footage: Footage) -> dict[str, list[Detections]]:
    """What detectors saw in every frame, by the name of the file that says so."""
    size, length = (footage.width_px, footage.height_px), len(footage.truth)
    found = {}
    for path in sorted((folder / "det").glob("*.txt")):
        found[path.stem] = _from_rows(_rows(path), *size, length)
    for path in sorted((folder / "det").glob("*.jsonl")):
        lines = path.read_text("utf-8").splitlines()
        if len(lines) != length:
            raise ValueError(f"{path} has {len(lines)} frames, the sequence {length}")
        found[path.stem] = [_from_line(json.loads(line)) for line in lines]
    return found


def people(boxes: Sequence[Sequence[float]], scores: Sequence[float]) -> Detections:
    """Persons (label 0), best score first; those below the least score or outside left out."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4).clip(0, 1)
    score = np.array(scores, np.float32).clip(0, 1)
    is_seen = (score >= LEAST_SCORE) & (xyxy[:, :2] < xyxy[:, 2:]).all(axis=1)
    order = [i for i in np.argsort(-score, kind="stable").tolist() if is_seen[i]]
    return Detections(xyxy[order], score[order], np.zeros(len(order), np.int32))


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def _xyxy(row: Sequence[str], width: int, height: int) -> list[float]:
    left, top, wide, high = map(float, row[2:6])
    sides = (left / width, top / height, (left + wide) / width, (top + high) / height)
    return [min(max(side, 0.0), 1.0) for side in sides]


def _from_rows(
    rows: Sequence[Sequence[str]], width: int, height: int, length: int
) -> list[Detections]:
    boxes: list[list[list[float]]] = [[] for _ in range(length)]
    scores: list[list[float]] = [[] for _ in range(length)]
    for row in rows:
        frame = int(float(row[0])) - 1
        if 0 <= frame < length:
            boxes[frame].append(_xyxy(row, width, height))
            scores[frame].append(float(row[6]))
    return [people(*frame) for frame in zip(boxes, scores, strict=True)]


def _from_line(line: dict[str, list[dict[str, object]]]) -> Detections:
    seen = [box for box in line["boxes"] if box["label"] == PERSON]
    return people([box["xyxy"] for box in seen], [box["score"] for box in seen])  # type: ignore[misc]
