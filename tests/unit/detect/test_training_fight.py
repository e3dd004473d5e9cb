"""The training of the head of fights: places, regression, incidents of judged windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detect.fighting.scuffle import Seen
from detect.fighting.scuffle_window import FEATURES
from detect.heads import Heads
from detect.rules.fight import HEAD, FightRule
from detect.training.fight_clips import Window
from detect.training.fight_made import Moment, crowd, doubled
from detect.training.fight_report import alarms
from detect.training.head_files import HeadFacts
from detect.training.logistic import fit, write_logistic
from detect.training.same_place import background, places

RULE = FightRule(kind="fight")


def street(seed: int) -> np.ndarray:
    blocks = np.random.default_rng(seed).uniform(0, 200, (18, 32))
    return np.kron(blocks, np.ones((10, 10)))


def shots(seed: int, noise: int) -> list[np.ndarray]:
    draw = np.random.default_rng(noise)
    return [
        np.clip(street(seed) + draw.normal(0, 8, (180, 320)), 0, 255).astype(np.uint8)
        for _ in range(5)
    ]


def test_clips_of_one_place_are_put_together() -> None:
    names = ["a", "b", "c", "d"]
    backgrounds = [background(shots(seed, index)) for index, seed in enumerate((1, 2, 1, 3))]

    assert places(names, backgrounds, []) == [0, 1, 0, 2]
    assert places(names, backgrounds, [("b", "d", "not here")]) == [0, 1, 0, 1]


def test_the_same_rows_give_the_same_head_and_it_runs_as_it_was_fitted(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    rows = draw.normal(0, 2, (300, 3)).astype(np.float32)
    labels = (rows[:, 0] + draw.normal(0, 0.5, 300) > 0).astype(np.float32)
    models = [fit(rows, labels, np.ones(300), 10.0) for _ in range(2)]
    facts = HeadFacts("fight", 1, ["drawn"], {"auc": 0.9}, "2026-11-25")
    for name, model in zip("ab", models, strict=True):
        write_logistic(tmp_path / name / "fight", model, facts)

    graphs = [(tmp_path / name / "fight" / "head.onnx").read_bytes() for name in "ab"]
    assert graphs[0] == graphs[1]
    scores = Heads(tmp_path / "a").load("fight").run({"features": rows})[:, 0]
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-models[0].log_odds(rows))), atol=1e-5)
    assert abs(models[0].weight[0]) > 5 * np.abs(models[0].weight[1:]).max()


def walker(count: int) -> list[Moment]:
    """One who crosses an empty street from the left."""
    made = []
    for index in range(count):
        grey = np.full((40, 80), 90, np.uint8)
        grey[10:30, index * 2 : index * 2 + 5] = 200
        box = np.array([[index * 2 / 80, 0.25, (index * 2 + 5) / 80, 0.75]], np.float32)
        nobody = np.zeros((0, 4), np.float32)
        made.append((index / 10, grey, Seen(box, np.ones(1, np.float32), nobody)))
    return made


def test_a_doubled_clip_has_twice_as_many_people_where_their_boxes_are() -> None:
    moments = doubled(walker(20))

    assert len(moments) == 20
    for _, grey, seen in moments:
        assert len(seen.people) == 2
        for x1, _, x2, _ in seen.people.tolist():
            assert grey[20, int((x1 + x2) / 2 * 80)] == 200


def test_a_crowd_shows_everybody_that_its_moments_show() -> None:
    moments = crowd(walker(30), 3, 1.0)

    assert {len(seen.people) for _, _, seen in moments} == {3}
    assert all((grey[20] == 200).sum() >= 5 for _, grey, _ in moments)


def run(odds: float, seconds: float, *, from_s: float = 0.0) -> list[tuple[Window, float]]:
    nothing = np.zeros(len(FEATURES), np.float32)
    times = from_s + 1.0 + 0.2 * np.arange(int(seconds * 5))
    return [(Window(float(t), nothing, 2.0, float(t) - 1.0, 3.0), odds) for t in times]


def test_an_incident_is_counted_once_and_anew_after_quiet() -> None:
    assert len(alarms(run(3.0, 5), RULE)) == 1
    assert alarms(run(-3.0, 5), RULE) == []
    assert len(alarms([*run(3.0, 5), *run(-3.0, 9, from_s=5), *run(3.0, 5, from_s=14)], RULE)) == 2


def test_the_head_of_this_repository_takes_what_is_measured() -> None:
    heads = Heads(Path(__file__).resolve().parents[3] / "models" / "heads")

    score = heads.load(HEAD).run({"features": np.zeros((2, len(FEATURES)), np.float32)})

    assert score.shape == (2, 1)
