"""Against the heading that is given, or that was learnt."""

from __future__ import annotations

import pytest

from detect.errors import SceneError
from detect.scene import Scene
from tests.support.vehicles import Way, judged, straight

RULE: dict[str, object] = {"kind": "wrong_way", "heading": [1, 0]}


def test_against_the_given_heading() -> None:
    said = judged(RULE, [straight((0.9, 0.6), (-0.15, 0.0))], 5)
    assert 1.0 <= said[0][0] <= 2.5
    assert said[0][1].said.en.startswith("A car drives against the traffic")
    assert len({one.key for _, one in said}) == 1


@pytest.mark.parametrize(
    "way",
    [
        straight((0.1, 0.6), (0.15, 0.0)),  # the right way
        straight((0.5, 0.2), (0.0, 0.15)),  # across
        straight((0.5, 0.6), (-0.1, 0.0), until_s=1.2),  # backs into a parking place
        lambda t_s: (0.5 + 0.03 * (round(t_s * 5) % 2), 0.6),  # trembles
    ],
)
def test_what_is_not_against_it(way: Way) -> None:
    assert not judged(RULE, [way], 8)


def later(from_s: float, way: Way) -> Way:
    return lambda t_s: way(t_s - from_s) if t_s >= from_s else None


def test_against_the_learnt_flow() -> None:
    usual = [later(4.0 * n, straight((-0.04, 0.6), (0.3, 0.0))) for n in range(20)]
    wrong = later(90.0, straight((1.04, 0.6), (-0.3, 0.0)))
    said = judged({"kind": "wrong_way"}, [*usual, wrong], 95)
    assert said
    assert said[0][0] > 90
    assert not judged({"kind": "wrong_way"}, [*usual[:5], wrong], 95)


def test_where_both_ways_are_usual_nothing_is_wrong() -> None:
    usual = [later(4.0 * n, straight((-0.04, 0.6), (0.3, 0.0))) for n in range(20)]
    back = [later(4.0 * n, straight((1.04, 0.63), (-0.3, 0.0))) for n in range(24)]
    assert not judged({"kind": "wrong_way"}, [*usual, *back], 100)


def test_a_heading_that_points_nowhere() -> None:
    with pytest.raises(SceneError, match="points nowhere"):
        Scene.parse({"version": 1, "rules": [{"kind": "wrong_way", "heading": [0, 0]}]})
