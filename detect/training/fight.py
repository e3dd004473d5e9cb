"""Trains the head of `fight` and judges it on places that it never saw.

    python -m detect.training.fight --clips DIR [--more CLIP ...] [--weights DIR] [--write]

DIR holds `fight/pairs` (labels.json) and ordinary clips beside; each CLIP is an ordinary clip of a
busy place, of which crowds are made too. The same clips, detector and seed give the same head, bit
for bit, on the same kind of processor. Without `--write` nothing is changed.
"""

from __future__ import annotations

import argparse
import pickle
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.aids import Floats
from detect.catalog import Catalog
from detect.detector import Detector
from detect.fighting.scuffle_window import FEATURES
from detect.training.fight_clips import Clip, Window, numbered, read_clips
from detect.training.fight_report import Judged, report
from detect.training.head_files import HeadFacts
from detect.training.logistic import Logistic, fit, write_logistic
from detect.training.mlp import auc

SEED, FOLDS, SPLITS = 1, 8, 3
"""Parts that places are split into, and how often anew."""
SHARES = 0.25, 0.5, 0.75, 1.0
"""Of the places to learn from, for the learning curve."""
RIDGE = 5.0
ORDINARY = 1.0
"""Weight of the ordinary clips and crowds, against either label's clips."""
REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = "nanodet-g-416"
TRAINED_ON = (
    "fight-detection-surv-dataset (S. Akti et al., MIT): 144 clips of 2 s",
    "ordinary clips: Intel sample videos (CC BY 4.0), FURG fire dataset (CC0), opencv-doc vtest",
    "crowds laid together of opencv-doc vtest and of one_by_one_table (Intel)",
)

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """All windows of all clips as rows."""

    features: Floats
    label: Floats
    weight: Doubles
    clip: npt.NDArray[np.int64]


def table(clips: list[Clip]) -> Table:
    """Every clip counts as one of its place, whose clips share a weight; both labels alike."""
    rows = [
        (index, window.features)
        for index, clip in enumerate(clips)
        for run in clip.runs
        for window in run
    ]
    owner = np.array([index for index, _ in rows])
    label = np.array([clip.fight for clip in clips], np.float32)[owner]
    short = np.array([clip.is_short for clip in clips])[owner]
    place = np.array([clip.place for clip in clips])
    shared = np.bincount(place)[place[owner]] ** -0.5
    weight = shared / np.bincount(owner, minlength=len(clips))[owner]
    for is_fight in (0.0, 1.0):
        weight[short & (label == is_fight)] /= weight[short & (label == is_fight)].sum()
    weight[~short] *= ORDINARY / weight[~short].sum()
    # A long clip of a fight is in the labelled ones already.
    weight[~short & (label > 0)] = 0.0
    return Table(np.stack([features for _, features in rows]), label, weight, owner)


def fitted(rows: Table, kept: npt.NDArray[np.bool_]) -> Logistic:
    kept = kept & (rows.weight > 0)
    return fit(rows.features[kept], rows.label[kept], rows.weight[kept], RIDGE)


def held_out(rows: Table, clips: list[Clip], share: float = 1.0) -> Doubles:
    """Log odds of each row by heads that saw nothing of its place, and of the other places such a
    share.
    """
    place = np.array([clip.place for clip in clips])[rows.clip]
    total = np.zeros(len(place))
    for split in range(SPLITS):
        draw = np.random.default_rng(SEED + split)
        part = draw.permutation(int(place.max()) + 1) % FOLDS
        order = draw.random(len(part))
        for fold in range(FOLDS):
            others = np.sort(order[part != fold])
            known = order <= others[max(0, round(share * len(others)) - 1)]
            out = part[place] == fold
            kept = ~out & known[place]
            total[out] += fitted(rows, kept).log_odds(rows.features[out])
    return total / SPLITS


def learning(rows: Table, clips: list[Clip]) -> None:
    """Prints what fewer places would have taught."""
    for share in SHARES:
        short = [one for one in judged(clips, rows, held_out(rows, clips, share)) if one.is_short]
        odds = np.array([one.odds for one in short], np.float32)
        fights = np.array([one.clip.fight for one in short], np.float32)
        print(f"{share:.0%} of the other places: AUC {auc(odds, fights):.3f}")


def calibration(odds: Doubles, rows: Table, clips: list[Clip]) -> tuple[float, float]:
    """Slope and offset (Platt, 1999) by Newton's method, on the labelled clips, each alike."""
    short = np.array([clip.is_short for clip in clips])[rows.clip]
    x, y = np.stack([odds[short], np.ones(int(short.sum()))], axis=1), rows.label[short]
    weight = 1 / np.bincount(rows.clip)[rows.clip[short]]
    theta = np.array([0.3, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x @ theta))
        slope = x.T @ (weight * (y - chance))
        bend = (x * (weight * chance * (1 - chance))[:, None]).T @ x
        theta = theta + np.linalg.solve(bend + 1e-6 * np.eye(2), slope)
    return float(theta[0]), float(theta[1])


def judged(clips: list[Clip], rows: Table, odds: Doubles) -> list[Judged]:
    """Each clip with the held-out log odds of its windows, run by run."""
    found, start = [], 0
    for clip in clips:
        runs: list[list[tuple[Window, float]]] = []
        for run in clip.runs:
            runs.append(list(zip(run, odds[start : start + len(run)].tolist(), strict=True)))
            start += len(run)
        found.append(Judged(clip, runs))
    return found


def main() -> None:
    options = _parse()
    clips = _clips(options)
    print(f"{len(clips)} clips of {len({clip.place for clip in clips})} places")
    rows = table(clips)
    odds = held_out(rows, clips)
    slope, offset = calibration(odds, rows, clips)
    print(f"calibration: {slope:.3f} times the log odds {offset:+.3f}")
    figures = report(judged(clips, rows, slope * odds + offset), SEED)
    learning(rows, clips)
    model = fitted(rows, np.ones(len(rows.label), bool))
    model = replace(model, weight=model.weight * slope, offset=model.offset * slope + offset)
    order = np.argsort(-np.abs(model.weight))
    print("weights:", ", ".join(f"{FEATURES[i]} {model.weight[i]:+.2f}" for i in order))
    if options.write:
        date = datetime.now(UTC).date().isoformat()
        facts = HeadFacts("fight", SEED, TRAINED_ON, figures, date)
        write_logistic(options.out, model, facts)
        print(f"written: {options.out}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--more", type=Path, nargs="*", default=[Path("var/clips/vtest.avi")])
    parser.add_argument("--weights", type=Path, default=Path("var/weights"))
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--kept", type=Path, help="file that measures are kept in, to go on from")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "models/heads/fight")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _clips(options: argparse.Namespace) -> list[Clip]:
    if options.kept is not None and options.kept.exists():
        clips: list[Clip] = pickle.loads(options.kept.read_bytes())  # noqa: S301 (our own file)
    else:
        detector = Detector.load(
            Catalog(REPOSITORY / "models", options.weights),
            MODEL,
            1,
            engine=options.engine,
            precision=options.precision,
        )
        clips = list(read_clips(options.clips, options.more, detector))
        if options.kept is not None:
            options.kept.write_bytes(pickle.dumps(clips))
    return [replace(clip, place=place) for clip, place in zip(clips, numbered(clips), strict=True)]


if __name__ == "__main__":
    main()
