"""Vehicles that stop: those that were seen to come, and nobody else."""

from __future__ import annotations

from tests.support.vehicles import Way, judged, straight

ROAD = {"zones": [{"name": "road", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}]}
RULE: dict[str, object] = {"kind": "stopped_vehicle", "zone": "road", "seconds": 10}
COMES = straight((0.1, 0.6), (0.2, 0.0), until_s=2.0)


def hidden(way: Way, from_s: float, to_s: float) -> Way:
    return lambda t_s: None if from_s <= t_s < to_s else way(t_s)


def test_one_that_came_and_stands() -> None:
    said = judged(RULE, [COMES], 20, scene=ROAD)
    first_s, finding = said[0]
    assert 11.5 < first_s < 13.5
    assert 1.5 < finding.since_s < 3
    assert {one.key for _, one in said} == {finding.key}
    assert finding.said.en == 'A car has stood in "road" for 10 s.'
    assert "«road»" in finding.said.kk
    assert "«road»" in finding.said.ru


def test_flicker_and_a_new_id_do_not_restart_its_time() -> None:
    both = [hidden(COMES, 6.0, 99.0), hidden(COMES, 0.0, 8.0)]
    said = judged(RULE, both, 20, scene=ROAD)
    assert 11.5 < said[0][0] < 13.5
    assert len({one.key for _, one in said}) == 1


def test_a_parked_one_never() -> None:
    assert not judged(RULE, [straight((0.5, 0.6), (0, 0))], 60, scene=ROAD)


def test_a_passing_track_that_leaps_to_a_parked_one() -> None:
    passing = straight((0.1, 0.6), (0.2, 0.0))
    parked = straight((0.5, 0.6), (0, 0))

    def leaps(t_s: float) -> tuple[float, float] | None:
        return passing(t_s) if t_s < 2.0 else parked(t_s)

    assert not judged(RULE, [hidden(parked, 2.0, 99.0), leaps], 30, scene=ROAD)


def test_a_queue_is_excused_unless_nobody_may_stop() -> None:
    queue = [straight((0.1 + 0.15 * n, 0.6), (0.2, 0.0), until_s=2.0) for n in range(3)]
    assert not judged(RULE, queue, 30, scene=ROAD)
    strict = judged({**RULE, "jam_seconds": 0}, queue, 30, scene=ROAD)
    assert len({one.key for _, one in strict}) == 3


def test_a_queue_that_never_moves_is_one_happening() -> None:
    queue = [straight((0.1 + 0.15 * n, 0.6), (0.2, 0.0), until_s=2.0) for n in range(3)]
    said = judged({**RULE, "jam_seconds": 30}, queue, 50, scene=ROAD)
    assert {one.key for _, one in said} == {"queue"}
    assert said[0][1].said.en.startswith("A queue of vehicles")


def test_without_a_zone_others_must_go_past_it() -> None:
    rule: dict[str, object] = {"kind": "stopped_vehicle", "seconds": 10}
    assert not judged(rule, [COMES], 40)

    def passes(from_s: float) -> Way:
        return lambda t_s: (0.1 + 0.2 * (t_s - from_s), 0.72) if t_s >= from_s else None

    assert judged(rule, [COMES, passes(8.0), passes(9.0), passes(10.0)], 24)


def test_outside_the_zone_it_may_stand() -> None:
    scene = {"zones": [{"name": "road", "polygon": [[0, 0], [0.3, 0], [0.3, 1], [0, 1]]}]}
    assert not judged(RULE, [COMES], 30, scene=scene)
