"""Speeds over calibrated ground."""

from __future__ import annotations

import numpy as np
import pytest

from detect.errors import SceneError
from tests.support.vehicles import Way, judged

SCENE: dict[str, object] = {
    "calibration": {
        "image": [[0.1, 0.9], [0.9, 0.9], [0.9, 0.3], [0.1, 0.3]],
        "metres": [[0, 0], [32, 0], [32, 24], [0, 24]],
    }
}
"""Seen from straight above: 40 metres are one width of the picture, and one height."""
RULE: dict[str, object] = {"kind": "speeding", "limit_kmh": 60}


def drives(kmh: float, trembles: float = 0.0) -> Way:
    noise = np.random.default_rng(1).normal(0, trembles, (1000, 2))
    return lambda t_s: (
        0.15 + kmh / 3.6 / 40 * t_s + noise[round(t_s * 5), 0],
        0.6 + noise[round(t_s * 5), 1],
    )


def test_a_fast_one_is_said_with_its_speed() -> None:
    said = judged(RULE, [drives(100)], 2, scene=SCENE)
    scores = said[-1][1].scores
    assert scores is not None
    assert scores["speed_kmh"] == pytest.approx(100, rel=0.03)
    assert 60 < scores["at_least_kmh"] < 100
    assert "100 km/h" in said[-1][1].said.en
    assert "100 км/ч" in said[-1][1].said.ru


@pytest.mark.parametrize(("kmh", "trembles"), [(55, 0.0), (61, 0.0), (58, 0.006)])
def test_who_is_not_surely_faster_is_not_said(kmh: float, trembles: float) -> None:
    assert not judged(RULE, [drives(kmh, trembles)], 4, scene=SCENE)


def test_a_leap_is_no_speed() -> None:
    def leaps(t_s: float) -> tuple[float, float]:
        return (0.2 + 0.1 * t_s if t_s < 1 else 0.5 + 0.1 * t_s, 0.6)

    assert not judged(RULE, [leaps], 4, scene=SCENE)


def test_a_scene_without_a_calibration_is_refused() -> None:
    with pytest.raises(SceneError, match="calibration"):
        judged(RULE, [drives(200)], 2)
