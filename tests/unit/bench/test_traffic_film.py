"""The ways of the cars in a made video."""

from __future__ import annotations

from tests.bench.traffic_film import EVENT_S, _cars


def lane(event: str, t_s: float) -> list[float]:
    """Depths of the cars in the lane where it happens."""
    return [depth for depth, aside in _cars(event, t_s) if aside > -0.5]


def test_a_breakdown_stays() -> None:
    (at,), (later,) = lane("breakdown", EVENT_S + 3), lane("breakdown", EVENT_S + 15)
    assert at == later
    assert lane("none", EVENT_S + 15)[0] > later


def test_a_crash_pushes_the_first_on_and_both_stay() -> None:
    before, hit = lane("crash", EVENT_S + 1.1), lane("crash", EVENT_S + 8)
    assert hit[0] > before[0]
    assert 0.1 < hit[0] - hit[1] < 0.2
    assert abs(lane("crash", EVENT_S + 20)[0] - hit[0]) < 1e-6
