"""What a head of `fight` is worth on places that it never saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from detect.aids import Floats
from detect.fighting.belief import Belief
from detect.fighting.scuffle_window import FEATURES, TINY
from detect.guard.bounds import Rate, Share
from detect.rules.fight import KIND, FightRule, asked, crowding
from detect.training.fight_clips import Clip, Window
from detect.training.mlp import auc, interval

LEVELS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
LASTING_S, LONG_S = 2.5, 4.8
"""Events of more than one clip, and of more than two."""
FALSE_PLACES, PARTS = 0.1, 8
"""Share of hard places that may alarm, and parts, where the certainty is chosen on other places."""
WORSE, IN_BETWEEN = 1, 2
"""Runs of a labelled clip."""
SEEN = FEATURES.index("seen")
Run = Sequence[tuple[Window, float]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A clip and, by run, its windows with calibrated held-out log odds."""

    clip: Clip
    runs: list[list[tuple[Window, float]]]

    @property
    def odds(self) -> float:
        """The mean of the undamaged runs; very low where nothing was measured."""
        odds = [value for run in (self.runs[0], self.runs[IN_BETWEEN]) for _, value in run]
        return float(np.mean(odds)) if odds else -9.0

    @property
    def change(self) -> float:
        """The mean difference of its pictures."""
        changes = [window.grey_change for window, _ in self.runs[0]]
        return float(np.mean(changes)) if changes else 0.0

    @property
    def is_short(self) -> bool:
        return self.clip.is_short

    @property
    def is_crowd(self) -> bool:
        return "-fold" in self.clip.name


def alarms(run: Run, rule: FightRule) -> list[float]:
    """When the rule would raise an incident: `detect.rules.fight` on windows judged before."""
    belief, found = Belief(), []
    since_s = ended_s = None
    is_found = False
    for window, odds in run:
        if belief.judged_s is not None and window.t_s - belief.judged_s > belief.forget_s:
            belief.fade(window.t_s)
            since_s, is_found = None, False
        seen = float(np.exp(window.features[SEEN])) - TINY
        belief.weigh(window.t_s, 1 / (1 + np.exp(-odds)), crowding(seen))
        if belief.surplus < asked(rule.certainty, window.near, is_found=is_found):
            since_s, is_found = None, False
            continue
        since_s = window.since_s if since_s is None else since_s
        if window.t_s - since_s >= rule.seconds:
            if not is_found and (ended_s is None or window.t_s - ended_s >= KIND.quiet_s):
                found.append(window.t_s)
            is_found, ended_s = True, window.t_s
    return found


def report(clips: Sequence[Judged], seed: int) -> dict[str, float]:
    """Prints it; gives the figures that `head.toml` names."""
    short = [one for one in clips if one.clip.is_short]
    labels = np.array([one.clip.fight for one in short], np.float32)
    places = [str(one.clip.place) for one in short]
    count = len({one.clip.place for one in short if one.clip.fight})
    print(
        f"\n{len(short)} labelled clips of 2 s ({int(labels.sum())} with a fight, of {count} "
        f"places), {len(set(places))} places in all"
    )
    figures: dict[str, float] = {}
    scores = np.array([one.odds for one in short])
    change = np.array([one.change for one in short])
    for name, values in (("head", scores), ("frame difference", change)):
        low, high = interval(values, labels, places, seed)
        area = auc(values, labels)
        recalls = {f"recall_at_{p}": _recall(values, labels, p / 100) for p in (1, 5, 10)}
        print(
            f"{name:17} AUC {area:.3f} (95 % {low:.3f} to {high:.3f}), recall at 1, 5, 10 % "
            f"of false ones: {', '.join(f'{value:.2f}' for value in recalls.values())}"
        )
        if name == "head":
            figures = {"auc": area, "auc_low": low, "auc_high": high, **recalls}
        else:
            figures["auc_frame_difference"] = area
    worse = np.array([np.mean([v for _, v in one.runs[WORSE]] or [-9.0]) for one in short])
    print(f"dark, noisy, 4 of 10 people undetected: AUC {auc(worse, labels):.3f}")
    figures["auc_made_worse"] = auc(worse, labels)
    _reliability(scores, labels)
    _levels(clips)
    print("\nnon-fights that look most like one:", _named(short, scores, labels < 0.5, -1))
    print("fights that look least like one:", _named(short, scores, labels > 0.5, 1))
    return figures


def _recall(scores: Floats | Any, labels: Floats, false_share: float) -> float:
    """Share of fights above the score that so many of the others exceed."""
    others = np.sort(scores[labels < 0.5])[::-1]
    return float((scores[labels > 0.5] > others[int(false_share * len(others))]).mean())


def _reliability(scores: Any, labels: Floats) -> None:
    chance = 1 / (1 + np.exp(-scores))
    print("\ncertainty      clips  mean  fights (95 %)")
    for low, high in pairwise(BINS):
        here = (chance >= low) & (chance < high)
        if here.any():
            share = Share(int(labels[here].sum()), int(here.sum()))
            print(
                f"{low:.1f} to {high:.1f} {share.n:10} {chance[here].mean():6.2f}"
                f"  {share.rate:.2f} ({share.low():.2f} to {share.high():.2f})"
            )


def _levels(clips: Sequence[Judged]) -> None:
    """Incidents, at several certainties of the rule."""
    fights = _chained(one for one in clips if one.clip.is_short and one.clip.fight)
    others = _chained(one for one in clips if one.clip.is_short and not one.clip.fight)
    long = [one for one in clips if not one.clip.is_short]
    ordinary = [one for one in long if not one.clip.fight and not one.is_crowd]
    crowds = [one for one in long if one.is_crowd]
    print("\ncertainty; fights found, a place's clips in a row; of these of more than 1, 2 clips;")
    print("of single clips; false at other places; ordinary footage; crowds")
    for level in LEVELS:
        rule = FightRule(kind="fight", certainty=level)
        found = Share(sum(bool(alarms(run, rule)) for run in fights), len(fights))
        lasting = [run for run in fights if run and run[-1][0].t_s > LASTING_S]
        longer = Share(sum(bool(alarms(run, rule)) for run in lasting), len(lasting))
        single = [one for one in clips if one.clip.is_short and one.clip.fight]
        alone = Share(sum(bool(alarms(one.runs[0], rule)) for one in single), len(single))
        false = Share(sum(bool(alarms(run, rule)) for run in others), len(others))
        longest = [run for run in fights if run and run[-1][0].t_s > LONG_S]
        most = Share(sum(bool(alarms(run, rule)) for run in longest), len(longest))
        cells = [
            f"{share.hits}/{share.n} ({share.low():.2f} to {share.high():.2f})"
            for share in (found, longer, most, alone, false)
        ]
        print(f"{level:9} ", *cells, _rate(ordinary, rule), _rate(crowds, rule), sep="  ")
    _nested(fights, others, ordinary)
    rule = FightRule(kind="fight")
    for one in long:
        times = [round(t_s, 1) for t_s in alarms(one.runs[0], rule)]
        print(f"{one.clip.name}: {one.clip.lasts_s:.0f} s, alarms at {times or 'none'}")


def _nested(fights: Sequence[Run], others: Sequence[Run], ordinary: Sequence[Judged]) -> None:
    """Each part of the places at the certainty that the other parts would choose: the lowest that
    is silent on ordinary footage and false at no more than `FALSE_PLACES` of their places.
    """

    def is_fine(level: float, places: Sequence[Run]) -> bool:
        rule = FightRule(kind="fight", certainty=level)
        false = sum(bool(alarms(run, rule)) for run in places)
        silent = not any(alarms(one.runs[0], rule) for one in ordinary)
        return silent and false <= FALSE_PLACES * len(places)

    found = false = 0
    for part in range(PARTS):
        rest = [run for index, run in enumerate(others) if index % PARTS != part]
        level = next((level for level in LEVELS if is_fine(level, rest)), LEVELS[-1])
        rule = FightRule(kind="fight", certainty=level)
        found += sum(bool(alarms(run, rule)) for run in fights[part::PARTS])
        false += sum(bool(alarms(run, rule)) for run in others[part::PARTS])
    print(
        f"certainty chosen on other places: {found}/{len(fights)} fights, "
        f"false at {false}/{len(others)} places"
    )


def _rate(clips: Sequence[Judged], rule: FightRule) -> str:
    hours = sum(one.clip.lasts_s for one in clips) / 3600
    rate = Rate(sum(len(alarms(one.runs[0], rule)) for one in clips), hours)
    return f"{rate.count} in {60 * hours:.1f} min (<= {rate.high():.0f}/h)"


def _chained(clips: Iterable[Judged]) -> list[list[tuple[Window, float]]]:
    """The clips of each place one after the other, as one event."""
    runs: dict[int, list[tuple[Window, float]]] = defaultdict(list)
    ends: dict[int, float] = defaultdict(float)
    for one in clips:
        start = ends[one.clip.place]
        for window, odds in one.runs[0]:
            moved = Window(
                window.t_s + start,
                window.features,
                window.near,
                window.since_s + start,
                window.grey_change,
            )
            runs[one.clip.place].append((moved, odds))
        ends[one.clip.place] = start + one.clip.lasts_s + 0.2
        runs[one.clip.place] += []
    return list(runs.values())


def _named(clips: Sequence[Judged], scores: Any, chosen: Any, sign: int) -> str:
    order = [index for index in np.argsort(sign * scores) if chosen[index]][:8]
    return ", ".join(f"{clips[index].clip.name} {scores[index]:+.1f}" for index in order)
