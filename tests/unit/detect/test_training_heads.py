"""How heads of fire and smoke are trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.heads import Heads
from detect.training.flame_scenes import Pace, make_scene
from detect.training.head_files import HeadFacts
from detect.training.mlp import auc, interval, train, write_head

SHORT = Pace(5.0, 0.6)


def test_a_scene_follows_from_its_seed() -> None:
    first, again = (make_scene(4, "fire", None, SHORT) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first.images, again.images, strict=True))
    assert first.fire.any()
    assert not first.smoke.any()


@pytest.mark.parametrize("what", ["clothes", "lamp", "screen", "leaves", "light", "weather"])
def test_a_lookalike_neither_burns_nor_smokes(what: str) -> None:
    scene = make_scene(4, what, None, SHORT)
    assert not scene.fire.any()
    assert not scene.smoke.any()


def test_a_net_learns_and_says_the_same_as_an_onnx_head(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    rows = random.normal(0, 1, (400, 3)).astype(np.float32)
    labels = (rows[:, 0] * rows[:, 1] > 0).astype(np.float32)
    net = train(rows, labels, np.ones(400, np.float32), seed=1)
    assert auc(net.scores(rows), labels) > 0.9
    facts = HeadFacts("fire", 1, ("numbers",), {"auc": 1.0}, "2026-11-25")
    write_head(tmp_path / "fire", net, facts)
    head = Heads(tmp_path).load("fire")
    assert np.allclose(head.run({"features": rows})[:, 0], net.scores(rows), atol=1e-5)


def test_area_under_the_curve() -> None:
    labels = np.array([0, 0, 1, 1], np.float32)
    assert auc(np.array([0.1, 0.2, 0.8, 0.9], np.float32), labels) == 1.0
    assert auc(np.array([0.5, 0.5, 0.5, 0.5], np.float32), labels) == 0.5
    low, high = interval(
        np.array([0.1, 0.2, 0.8, 0.9], np.float32), labels, ["a", "b", "c", "d"], 1
    )
    assert low == high == 1.0
