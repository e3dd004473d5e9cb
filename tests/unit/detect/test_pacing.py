from __future__ import annotations

import pytest

from detect.looking.look import LiveTrack
from detect.looking.motion import Motion
from detect.looking.pacing import FALL_S, FOLLOWED_S, MOTION_S, Pacer
from detect.rules.intrusion import IntrusionRule
from detect.rules.line_crossing import LineCrossingRule
from detect.rules.loitering import LoiteringRule
from detect.scene import Scene

LAWN = [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]
MOVES = Motion(((0.7, 0.1, 0.8, 0.2),), 0.01)


def _scene(*rules: dict[str, object]) -> Scene:
    return Scene.parse(
        {
            "version": 1,
            "zones": [{"name": "lawn", "polygon": LAWN}],
            "lines": [{"name": "gate", "points": [[0.6, 0.2], [0.6, 0.9]]}],
            "rules": list(rules),
        }
    )


LOITERING = {"kind": "loitering", "zone": "lawn"}
INTRUSION = {"kind": "intrusion", "zone": "lawn", "seconds": 1.0}
CROSSING = {"kind": "line_crossing", "line": "gate"}


def _track(
    x: float = 0.25,
    foot: float = 0.7,
    *,
    speed: float = 0.0,
    height: float = 0.2,
    width: float = 0.08,
    label: str = "person",
    is_confirmed: bool = True,
    unseen_s: float = 0.0,
) -> LiveTrack:
    box = (x - width / 2, foot - height, x + width / 2, foot)
    return LiveTrack(1, label, box, is_confirmed, unseen_s, speed)


def _settled(pacer: Pacer, *live: LiveTrack, motion: Motion | None = None, **more: bool) -> float:
    """The rate once the same has been asked for long enough."""
    for n in range(8):
        fps = pacer.decide(n * FALL_S / 2, live, motion, **more).fps
    return fps


def test_nothing_to_see_is_looked_at_once_a_second() -> None:
    assert _settled(Pacer(None)) == 1.0


def test_what_moves_and_is_not_followed_yet_asks_for_the_nominal_rate() -> None:
    assert _settled(Pacer(None, nominal_fps=5.0), motion=MOVES) == 5.0


def test_motion_under_a_track_that_stands_is_its_own() -> None:
    track = _track(0.75, 0.25)
    assert _settled(Pacer(None), track, motion=MOVES) == 1.0


def test_who_walks_is_followed_at_the_nominal_rate() -> None:
    assert _settled(Pacer(None, nominal_fps=5.0), _track(speed=0.1)) == 5.0


@pytest.mark.parametrize("speed", [0.25, 0.35])
def test_who_runs_overlaps_himself_between_frames(speed: float) -> None:
    fps = _settled(Pacer(None, nominal_fps=5.0), _track(speed=speed))
    assert speed / fps <= 0.08 / 2 + 1e-9
    assert 5.0 < fps < 10.0


def test_the_rate_has_a_top() -> None:
    assert _settled(Pacer(None, most_fps=10.0), _track(speed=5.0)) == 10.0


@pytest.mark.parametrize("doubt", [{"is_confirmed": False}, {"unseen_s": 0.4}])
def test_doubt_asks_for_more(doubt: dict[str, float]) -> None:
    assert _settled(Pacer(None, nominal_fps=5.0), _track(**doubt)) > 5.0


@pytest.mark.parametrize("rule", [LOITERING, INTRUSION])
def test_who_stands_in_a_zone_keeps_its_floor(rule: dict[str, object]) -> None:
    scene = _scene(rule)
    assert _settled(Pacer(scene), _track()) == scene.rules[0].floor_fps


@pytest.mark.parametrize(
    "track", [_track(label="dog"), _track(0.97, 0.3)], ids=["another class", "far away"]
)
def test_whom_a_rule_does_not_mind_leaves_it_asleep(track: LiveTrack) -> None:
    assert _settled(Pacer(_scene(LOITERING)), track) == 1.0


def test_an_open_incident_keeps_the_floor_with_nobody_in_sight() -> None:
    pacer = Pacer(_scene(LOITERING))
    assert _settled(pacer, is_open=True) == pacer.floor_fps


def test_nearer_to_a_line_is_more() -> None:
    def rate(x: float) -> float:
        return _settled(Pacer(_scene(CROSSING)), _track(x, speed=0.12))

    far, near, nearest = rate(0.1), rate(0.54), rate(0.58)
    assert far == 5.0
    assert far < near < nearest <= 10.0


def test_a_rule_without_a_zone_is_live_for_all_its_classes() -> None:
    pacer = Pacer(_scene({"kind": "loitering"}))
    assert _settled(pacer, _track(0.97, 0.3)) == pacer.floor_fps


@pytest.mark.parametrize(
    ("rule", "least", "most"),
    [
        (LineCrossingRule(kind="line_crossing", line="a"), 3.5, 5.0),
        (LoiteringRule(kind="loitering"), 3.5, 5.0),
        (IntrusionRule(kind="intrusion", seconds=1.0), 2.0, 2.0),
        (IntrusionRule(kind="intrusion", seconds=60.0), 2.0, 2.0),
        (IntrusionRule(kind="intrusion", seconds=0.25), 8.0, 8.0),
        (IntrusionRule(kind="intrusion", seconds=0.0), 3.5, 3.5),
    ],
)
def test_floors(rule: LineCrossingRule, least: float, most: float) -> None:
    assert least <= rule.floor_fps <= most


def test_it_rises_at_once_and_falls_only_after_a_while() -> None:
    pacer = Pacer(None)
    assert _settled(pacer) == 1.0
    t_s = 100.0
    assert pacer.decide(t_s, [_track(speed=0.1)]).fps == 5.0
    assert pacer.decide(t_s + 0.2, []).fps == 5.0
    assert pacer.decide(t_s + 0.2 + FALL_S * 0.9, []).fps == 5.0
    assert pacer.decide(t_s + 0.2 + FALL_S, []).fps == 1.0


def test_a_flickering_track_does_not_make_the_rate_flap() -> None:
    pacer = Pacer(None)
    rates = {pacer.decide(n * 0.2, [_track(speed=0.1)] * (n % 3 == 0)).fps for n in range(60)}
    assert rates == {5.0}


def _keys(pacer: Pacer, *, until_s: float, pressure: float = 1.0) -> bool:
    keys = False
    for n in range(int(until_s) + 1):
        keys = pacer.decide(float(n), [], pressure=pressure).keys_only
    return keys


@pytest.mark.parametrize(
    ("economy", "pressure", "expected"),
    [
        ("when_needed", 0.5, False),
        ("when_needed", 0.95, True),
        ("always", 0.0, True),
        ("never", 1.0, False),
    ],
)
def test_key_frames_suffice_only_when_the_machine_needs_it(
    economy: str, pressure: float, expected: bool
) -> None:
    pacer = Pacer(None, economy=economy)
    assert _keys(pacer, until_s=FOLLOWED_S, pressure=pressure) is expected


def test_pressure_has_hysteresis() -> None:
    pacer = Pacer(None)
    assert _keys(pacer, until_s=10)
    said = [pacer.decide(11 + n, [], pressure=p).keys_only for n, p in enumerate((0.8, 0.65, 0.8))]
    assert said == [True, False, False]


def test_what_wakes_a_camera_keeps_it_awake_for_a_while() -> None:
    pacer = Pacer(None, economy="always")
    assert _keys(pacer, until_s=10)
    assert not pacer.decide(11.0, [], MOVES).keys_only
    assert not pacer.decide(11.0 + MOTION_S * 0.9, []).keys_only
    assert pacer.decide(11.0 + MOTION_S, []).keys_only
    assert not pacer.decide(20.0, [_track(speed=0.1)]).keys_only
    assert not pacer.decide(20.0 + FOLLOWED_S * 0.9, []).keys_only
    assert pacer.decide(20.0 + FOLLOWED_S, []).keys_only


@pytest.mark.parametrize("busy", ["is_open", "is_due"])
def test_an_open_incident_or_a_due_check_keeps_it_decoding(busy: str) -> None:
    pacer = Pacer(None, economy="always")
    assert _keys(pacer, until_s=10)
    assert not pacer.decide(11.0, [], **{busy: True}).keys_only


def test_parked_things_may_be_watched_on_key_frames_unless_a_rule_minds_them() -> None:
    def keys(scene: Scene | None, track: LiveTrack) -> bool:
        pacer = Pacer(scene, economy="always")
        return [pacer.decide(float(n), [track]).keys_only for n in range(10)][-1]

    assert keys(None, _track(label="car"))
    assert not keys(_scene({"kind": "intrusion", "classes": ["car"]}), _track(label="car"))
    assert not keys(None, _track(label="car", unseen_s=1.0))
    assert not keys(None, _track(label="car", is_confirmed=False))
