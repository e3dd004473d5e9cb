"""Fit the weights of `detect.fallen.lying` to closer looks whose truth is known.

    python -m tests.bench.person_down gather --out LOOKS.jsonl
    python -m detect.training.person_down LOOKS.jsonl...

A logistic regression of the quantities of `detect.fallen.lying`, whose weights keep the sign that
they must have and are drawn to those in use (`RIDGE`): where the looks say little they stay as they
were. Every scene weighs the same. Fitted on the real clips and the drawn scenes of the part `fit`;
the part `judge` holds other places and other people, and a real clip is judged by weights that
were fitted without its place. Deterministic.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from detect.fallen.lying import BIAS, WEIGHTS, Evidence, likelihood, quantities
from detect.fallen.suspects import Suspect
from detect.rules.person_down import is_down
from detect.training.lying_looks import Watched, read

Doubles = npt.NDArray[np.float64]

AGAINST = frozenset({"upright", "other", "erect", "tall"})
"""Quantities that speak against somebody's lying there; all others speak for it."""
RIDGE = 1.0
TOTAL = 200.0
"""What all looks weigh together, against the ridge."""
REAL_SHARE = 0.5
"""Of the weight of all looks."""
FOLDS = 5
SECONDS = 3.0
"""So long the rule asks for."""
NOWHERE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """Of `detect.fallen.lying`."""

    bias: float
    of: Mapping[str, float]

    def likelihood(self, seen: Evidence) -> float:
        return likelihood(seen, self.of, self.bias)


IN_USE = Weights(BIAS, WEIGHTS)


@dataclass(frozen=True, slots=True)
class Table:
    """Looks that can be told, as the rule weighs them: with what is held from those before."""

    rows: Doubles
    """(N, F): quantities."""
    lies: Doubles
    """(N,): 0 or 1."""
    weight: Doubles
    """(N,)."""


def table(scenes: Sequence[Watched]) -> Table:
    rows, lies, weight = [], [], []
    for scene in scenes:
        told = [(seen, label) for seen, label in _held(scene) if label is not None]
        for seen, label in told:
            rows.append(list(quantities(seen).values()))
            lies.append(label)
            weight.append(1 / len(told))
    return Table(np.array(rows), np.array(lies), np.array(weight))


def fit(scenes: Sequence[Watched]) -> Weights:
    """Weights for the looks of the scenes."""
    drawn = table([scene for scene in scenes if scene.part != "real"])
    real = table([scene for scene in scenes if scene.part == "real"])
    given = [(one, part) for one, part in ((drawn, 1 - REAL_SHARE), (real, REAL_SHARE))
             if len(one.lies)]  # fmt: skip
    rows = np.concatenate([one.rows for one, _ in given])
    lies = np.concatenate([one.lies for one, _ in given])
    weight = np.concatenate([TOTAL * part * one.weight / one.weight.sum() for one, part in given])
    prior = np.array([BIAS, *WEIGHTS.values()])
    x = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)

    def loss(theta: Doubles) -> tuple[float, Doubles]:
        odds = x @ theta
        off = weight * (1 / (1 + np.exp(-odds)) - lies)
        value = (weight * (np.logaddexp(0, odds) - lies * odds)).sum()
        apart = theta - prior
        return float(value + RIDGE / 2 * (apart**2).sum()), x.T @ off + RIDGE * apart

    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    bounds += [(None, 0.0) if name in AGAINST else (0.0, None) for name in WEIGHTS]
    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds)
    return Weights(float(found.x[0]), dict(zip(WEIGHTS, found.x[1:].tolist(), strict=True)))


def spoke_s(scene: Watched, weights: Weights) -> float | None:
    """When the rule would have spoken first, had it looked as it did with the weights then."""
    places: dict[int, Suspect] = {}
    for look in scene.looks:
        one = places.setdefault(look.place, Suspect(NOWHERE, look.t_s, look.t_s))
        one.fell = look.seen.fell
        one.judge(look.seen, look.t_s, weights.likelihood)
        if is_down(one, look.t_s, SECONDS):
            return look.t_s
    return None


def _held(scene: Watched) -> Iterator[tuple[Evidence, float | None]]:
    places: dict[int, Suspect] = {}
    for look in scene.looks:
        one = places.setdefault(look.place, Suspect(NOWHERE, look.t_s, look.t_s))
        one.judge(look.seen, look.t_s)
        yield one.seen, look.lies


def area_under(scores: Doubles, lies: Doubles) -> float:
    """Chance that one who lies scores more than one who does not (ROC)."""
    order = np.argsort(scores, kind="stable")
    rank = np.empty(len(scores))
    rank[order] = np.arange(len(scores))
    for value in np.unique(scores):
        same = scores == value
        rank[same] = rank[same].mean()
    up, down = rank[lies > 0], rank[lies <= 0]
    return float((up.mean() - (len(up) - 1) / 2) / len(down)) if len(up) and len(down) else np.nan


def figures(scenes: Sequence[Watched], weights: Sequence[Weights]) -> dict[str, float | str]:
    """Of scenes, each judged by its own weights."""
    chances, lies, found, false, delays = [], [], 0, 0, []
    for scene, by in zip(scenes, weights, strict=True):
        for seen, label in _held(scene):
            if label is not None:
                chances.append(by.likelihood(seen))
                lies.append(label)
        at_s = spoke_s(scene, by)
        if at_s is not None:
            found += scene.lies is True
            false += scene.lies is False
            delays += [at_s - scene.due_s] if scene.lies else []
    chance, truth = np.array(chances), np.array(lies)
    loss = -np.log(np.clip(np.where(truth > 0, chance, 1 - chance), 1e-6, 1)).mean()
    lying = sum(scene.lies is True for scene in scenes)
    return {
        "looks": len(chances),
        "auc": round(area_under(chance, truth), 3),
        "log_loss": round(float(loss), 3),
        "found": f"{found}/{lying}",
        "false": f"{false}/{sum(scene.lies is False for scene in scenes)}",
        "median_s": round(float(np.median(delays)), 1) if delays else float("nan"),
    }


def across(scenes: Sequence[Watched]) -> tuple[list[Watched], list[Weights]]:
    """The real scenes, and for each weights that were fitted without its place."""
    fold = {scene.where: zlib.crc32(scene.where.encode()) % FOLDS for scene in scenes}
    judged, weights = [], []
    for number in range(FOLDS):
        out = [one for one in scenes if one.part == "real" and fold[one.where] == number]
        if not out:
            continue
        inside = [one for one in scenes if one.part == "fit"]
        inside += [one for one in scenes if one.part == "real" and fold[one.where] != number]
        judged += out
        weights += [fit(inside)] * len(out)
    return judged, weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("looks", nargs="+", type=Path)
    options = parser.parse_args()
    scenes = [scene for path in options.looks for scene in read(path)]
    judged, apart = across(scenes)
    fitted = fit([scene for scene in scenes if scene.part != "judge"])
    held_out = [scene for scene in scenes if scene.part == "judge"]
    for name, some, weights in (
        ("real, in use", judged, [IN_USE] * len(judged)),
        ("real, by place", judged, apart),
        ("drawn, in use", held_out, [IN_USE] * len(held_out)),
        ("drawn, held out", held_out, [fitted] * len(held_out)),
    ):
        if some:
            print(json.dumps({"of": name, **figures(some, weights)}))
    print(json.dumps({"bias": round(fitted.bias, 2), **_rounded(fitted)}))


def _rounded(weights: Weights) -> dict[str, float]:
    return {name: round(value, 2) for name, value in weights.of.items()}


if __name__ == "__main__":
    main()
