"""Trains a head on measured places and judges it on places that it never saw."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from detect.aids import Floats
from detect.training.flame_scenes import Masks, Pace, Scene
from detect.training.gather import (
    FPS,
    REAL_FIRE,
    Rows,
    Watch,
    add,
    backdrops_of,
    drawn,
    real_clips,
    recoloured,
)
from detect.training.head_files import HeadFacts
from detect.training.mlp import Net, auc, interval, train, write_head
from detect.training.real_fire import burning_clips
from ingest.frame import Image

FOLDS = 5
SEED = 1
REAL_WEIGHT = 3.0
"""Of a real fire, in drawn ones."""
TOP = 5
"""A scene is as certain as its so many most certain moments together: about a second."""
RATES = (0.5, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Study:
    """What is learnt."""

    name: str
    watch: Callable[[], Watch]
    baseline: Callable[[Image], float]
    kinds: Sequence[str]
    pace: Pace
    enough: float
    """Part of a place that must burn (or smoke) for it to be one."""

    def masks(self, scene: Scene) -> Masks:
        return scene.fire if self.name == "fire" else scene.smoke


Clips = list[tuple[str, str, list[float], list[Image]]]


def main(study: Study) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=Path, required=True, nargs="+")
    parser.add_argument("--scenes", type=int, default=240)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    clips = [clip for folder in options.clips for clip in real_clips(folder)]
    rows = gathered(study, clips, options.scenes, options.jobs)
    for folder in options.clips:
        _join(rows, _watched(study, burning_clips(folder, FPS)))
    figures = judged(study, rows)
    net = learnt(rows, np.ones(len(rows.labels), bool))
    if options.out is not None:
        trained = (
            f"{options.scenes} scenes drawn by this repository, seeds 0 to {options.scenes - 1}",
            "development clips without fire (CC BY 4.0, MIT, BSD-2), in their and other colours",
            "one real fire (FURG fire dataset, CC0), in eight lights and sizes",
        )
        date = datetime.now(UTC).date().isoformat()
        write_head(options.out, net, HeadFacts(study.name, SEED, trained, figures, date))


def gathered(study: Study, clips: Clips, scenes: int, jobs: int) -> Rows:
    """All places of the drawn scenes and of the real clips."""
    step = -(-scenes // (jobs * 4))
    parts = [range(start, min(scenes, start + step)) for start in range(0, scenes, step)]
    rows = Rows()
    # Forked processes inherit the clips: sent, they would be copied for every part.
    context = get_context("fork")
    with ProcessPoolExecutor(jobs, context, initializer=_take, initargs=(clips,)) as pool:
        for part in pool.map(partial(_drawn, study), parts):
            _join(rows, part)
        for part in pool.map(partial(_real, study), range(len(clips))):
            _join(rows, part)
    return rows


_TAKEN: Clips = []
"""The clips, in each process of the pool."""


def _take(clips: Clips) -> None:
    _TAKEN[:] = clips


def _drawn(study: Study, seeds: range) -> Rows:
    return _watched(study, drawn(seeds, study.kinds, backdrops_of(_TAKEN), study.pace))


def _real(study: Study, number: int) -> Rows:
    return _watched(study, recoloured(*_TAKEN[number]))


def _watched(study: Study, scenes: Iterator[Scene]) -> Rows:
    rows = Rows()
    for scene in scenes:
        add(rows, scene, study.masks(scene), study.watch(), study.baseline, study.enough)
    return rows


def _join(rows: Rows, more: Rows) -> None:
    rows.features += more.features
    rows.labels += more.labels
    rows.scenes += more.scenes
    rows.places |= more.places
    rows.truths |= more.truths
    rows.baseline |= more.baseline


def learnt(rows: Rows, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Net:
    """A net from the chosen rows; every scene weighs the same, both sides half."""
    features = np.stack(rows.features)[chosen]
    labels = np.array(rows.labels, np.float32)[chosen]
    names = [name for name, is_in in zip(rows.scenes, chosen, strict=True) if is_in]
    counts = Counter(names)
    weights = np.array(
        [(REAL_WEIGHT if name.startswith(REAL_FIRE) else 1.0) / counts[name] for name in names],
        np.float32,
    )
    for side in (0.0, 1.0):
        weights[labels == side] /= weights[labels == side].sum()
    return train(features, labels, weights, SEED)


def fold_of(place: str, scene: str) -> int:
    """Drawn streets have no place in common: they are parted by scene."""
    text = scene if place == "drawn" else place
    return int(sha256(text.encode()).hexdigest(), 16) % FOLDS


def judged(study: Study, rows: Rows) -> dict[str, float]:
    """Print and give the figures of scenes, each judged by a net that never saw its place."""
    folds = np.array([fold_of(rows.places[name], name) for name in rows.scenes])
    scores = np.zeros(len(folds), np.float32)
    features = np.stack(rows.features)
    for fold in range(FOLDS):
        net = learnt(rows, folds != fold)
        scores[folds == fold] = net.scores(features[folds == fold])
    names = sorted(rows.truths)
    by_scene = _by_scene(rows, scores)
    found = np.array([by_scene.get(name, 0.0) for name in names], np.float32)
    truth = np.array([rows.truths[name] for name in names], np.float32)
    base = np.array([rows.baseline[name] for name in names], np.float32)
    groups = [rows.places[name] if rows.places[name] != "drawn" else name for name in names]
    print(f"{len(scores)} rows, {sum(rows.labels):.0f} of {study.name}; {len(names)} scenes")
    figures: dict[str, float] = {}
    for what, values in (("head", found), ("baseline", base)):
        low, high = interval(values, truth, groups, SEED)
        area = auc(values, truth)
        print(f"{what}: AUC of scenes {area:.3f} (95 % {low:.3f} to {high:.3f})")
        figures |= {f"auc_{what}": area, f"auc_{what}_low": low, f"auc_{what}_high": high}
    for rate in RATES:
        share = float((found[truth > 0] > rate).mean())
        wrong = float((found[truth == 0] > rate).mean())
        print(f"over {rate}: {share:.3f} of scenes with it, {wrong:.4f} of those without")
        figures |= {f"recall_{rate}".replace(".", "_"): share}
        figures |= {f"false_{rate}".replace(".", "_"): wrong}
    _by_kind(names, found, truth)
    return figures


def _by_scene(rows: Rows, scores: Floats) -> dict[str, float]:
    kept: dict[str, list[float]] = {}
    for name, score in zip(rows.scenes, scores.tolist(), strict=True):
        kept.setdefault(name, []).append(score)
    return {
        name: float(np.mean(sorted(values)[-TOP:])) * min(1.0, len(values) / TOP)
        for name, values in kept.items()
    }


def _by_kind(names: Sequence[str], found: Floats, truth: Floats) -> None:
    """Which look-alikes are taken for it, and which scenes of it are missed."""
    kinds = np.array(
        [
            name.rsplit("-", 1)[0] if truth[n] or name.split("-")[0] in DRAWN else "real"
            for n, name in enumerate(names)
        ]
    )
    for kind in sorted(set(kinds)):
        part = found[kinds == kind]
        print(f"  {kind}: {len(part)} scenes, over 0.7: {(part > 0.7).mean():.3f}")


DRAWN = "nothing clothes lamp screen leaves light weather walker fire smoke both burns".split()
