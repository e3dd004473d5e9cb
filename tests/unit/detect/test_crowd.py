"""Counts, densities, surges and dispersals."""

from __future__ import annotations

from collections.abc import Callable

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.headcount import Headcount
from detect.rules import KINDS, Finding
from detect.scene import Scene
from detect.view import View
from tests.support.walks import people, track

SQUARE = [(0.05 + 0.15 * (n % 6), 0.4 + 0.15 * (n // 6)) for n in range(24)]


def judged(
    rule: dict[str, object],
    count: Callable[[float], int],
    seconds: float,
    *,
    scene: dict[str, object] | None = None,
    unsure: int = 0,
    dx_per_s: float = 0.0,
) -> list[tuple[float, Finding]]:
    parsed = Scene.parse({"version": 1, "rules": [{"kind": "crowd", **rule}], **(scene or {})})
    judge = KINDS["crowd"].judge(parsed.rules[0], parsed, NO_AIDS)
    said = []
    for step in range(round(seconds * 5)):
        t_s, n = step / 5, count(step / 5)
        places = [(x + dx_per_s * max(0.0, t_s - 8), y) for x, y in SQUARE]
        tracks = [track(number + 1, foot) for number, foot in enumerate(places[:n])]
        beside = people(places[n : n + unsure], score=0.35) if unsure else Detections.none()
        view = View(t_s, tracks, beside, ("person",))
        said += [(t_s, finding) for finding in judge.judge(view)]
    return said


def test_enough_people_for_long_enough() -> None:
    said = judged({"count": 12}, lambda t_s: 12 if t_s > 5 else 4, 12)
    assert 6.5 < said[0][0] < 9
    assert said[0][1].said.en.startswith("About 12 people")
    assert "12 адам" in said[0][1].said.kk
    assert "около 12 человек" in said[0][1].said.ru
    assert not judged({"count": 12}, lambda _: 11, 12)


def test_a_crowd_that_thins_out_says_what_made_it_one_and_how_many_are_left() -> None:
    said = judged({"count": 12}, lambda t_s: 12 if t_s < 6 else 11, 12)
    assert "(limit 12)" in said[0][1].said.en
    assert said[-1][0] > 11
    assert "About 12 people" in said[-1][1].said.en
    assert "(limit 12, now 11)" in said[-1][1].said.en
    assert "предел 12, сейчас 11" in said[-1][1].said.ru
    assert "шегі 12, қазір 11" in said[-1][1].said.kk


def test_who_vanished_at_the_edge_of_the_frame_has_left_who_vanished_elsewhere_counts_on() -> None:
    heads = Headcount(None, ["person"])
    inner, left, below = (0.5, 0.6), (0.02, 0.6), (0.7, 1.0)
    gone = [track(n, foot, unseen_s=1.0) for n, foot in enumerate((inner, left, below))]
    stays = track(9, (0.3, 0.4))
    assert heads.update(View(0.0, [*gone, stays], Detections.none(), ("person",))).sure == 2
    here = [track(n, foot) for n, foot in enumerate((inner, left, below))]
    assert heads.update(View(0.2, here, Detections.none(), ("person",))).sure == 3


def test_who_is_out_of_sight_counts_only_beside_as_many_who_are_seen() -> None:
    """After a cut all are of the picture before it."""
    heads = Headcount(None, ["person"])
    gone = [track(n, (0.1 * n, 0.6), unseen_s=1.0) for n in range(1, 8)]
    seen = [track(20 + n, (0.3 * n, 0.4)) for n in range(1, 3)]
    assert heads.update(View(0.0, gone, Detections.none(), ("person",))).sure == 0
    assert heads.update(View(0.2, [*gone, *seen], Detections.none(), ("person",))).sure == 4


def test_a_flicker_neither_raises_nor_ends_it() -> None:
    assert not judged({"count": 12}, lambda t_s: 12 if round(t_s * 5) % 4 == 0 else 9, 12)
    said = judged({"count": 12}, lambda t_s: 10 if round(t_s * 5) % 4 == 0 else 12, 12)
    assert len(said) > 30


def test_unsure_ones_count_up_to_a_part_of_the_sure() -> None:
    assert judged({"count": 15}, lambda _: 13, 8, unsure=3)
    assert not judged({"count": 15}, lambda _: 10, 8, unsure=10)


def test_density_needs_the_ground() -> None:
    rule: dict[str, object] = {"density_per_m2": 0.5}
    corners = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]
    small = {"image": corners, "metres": [[0, 0], [6, 0], [6, 5], [0, 5]]}
    said = judged(rule, lambda _: 24, 8, scene={"calibration": small})
    assert said
    assert "0.8 per m²" in said[0][1].said.en
    wide = {"image": corners, "metres": [[0, 0], [60, 0], [60, 50], [0, 50]]}
    assert not judged(rule, lambda _: 24, 8, scene={"calibration": wide})


def test_a_surge() -> None:
    rule: dict[str, object] = {"count": 100, "surge": 8, "surge_seconds": 5}
    said = judged(rule, lambda t_s: min(20, 4 + int(max(0, t_s - 8) * 3)), 20)
    assert {one.key for _, one in said} == {"surge"}
    assert said[0][0] > 10
    assert not judged(rule, lambda t_s: 4 + int(t_s / 2), 20)


def test_a_dispersal_is_fast() -> None:
    rule: dict[str, object] = {"count": 20, "dispersal": 0.5, "dispersal_seconds": 4}

    def scatter(t_s: float) -> int:
        return 18 if t_s < 9 else max(4, 18 - int((t_s - 9) * 7))

    said = judged(rule, scatter, 14, dx_per_s=0.25)
    assert {one.key for _, one in said} == {"dispersal"}
    assert not judged(rule, scatter, 14, dx_per_s=0.05)
