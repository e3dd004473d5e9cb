"""The pace of a camera, whatever happens in front of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detect.looking.look import LiveTrack
from detect.looking.motion import Motion
from detect.looking.pacing import Pacer
from detect.scene import Scene

SCENE = Scene.parse(
    {
        "version": 1,
        "zones": [{"name": "z", "polygon": [[0.2, 0.2], [0.7, 0.3], [0.5, 0.9]]}],
        "lines": [{"name": "l", "points": [[0.1, 0.9], [0.9, 0.4]]}],
        "rules": [
            {"kind": "intrusion", "zone": "z", "seconds": 0.5},
            {"kind": "loitering"},
            {"kind": "line_crossing", "line": "l", "classes": ["car"]},
        ],
    }
)


@st.composite
def tracks(draw: st.DrawFn) -> LiveTrack:
    part = st.floats(0, 1)
    x, y = draw(part), draw(part)
    return LiveTrack(
        id=draw(st.integers(1, 50)),
        label=draw(st.sampled_from(["person", "car", "dog"])),
        xyxy=(x, y, x + draw(part), y + draw(part)),
        is_confirmed=draw(st.booleans()),
        unseen_s=draw(st.floats(0, 3)),
        speed=draw(st.floats(0, 5)),
    )


moments = st.lists(
    st.tuples(
        st.floats(0.0, 5.0),
        st.lists(tracks(), max_size=4),
        st.booleans(),
        st.booleans(),
        st.floats(0, 3),
    ),
    max_size=25,
)


@given(moments, st.sampled_from(["when_needed", "always", "never"]))
def test_the_rate_stays_between_its_bounds_and_above_live_rules(
    happening: list[tuple[float, list[LiveTrack], bool, bool, float]], economy: str
) -> None:
    pacer = Pacer(SCENE, economy=economy)
    t_s = 0.0
    for gap_s, live, moves, is_open, pressure in happening:
        t_s += gap_s
        motion = Motion(((0.1, 0.1, 0.2, 0.2),), 0.01) if moves else None
        wanted = pacer.decide(t_s, live, motion, is_open=is_open, pressure=pressure)
        assert 1.0 <= wanted.fps <= 10.0
        if any(track.label == "person" for track in live):
            assert wanted.fps >= SCENE.rules[1].floor_fps  # the whole frame is its place
        if is_open:
            assert wanted.fps >= pacer.floor_fps
        if moves or is_open or any(track.label == "person" for track in live):
            assert not wanted.keys_only


@given(moments)
def test_the_same_happening_gives_the_same_pace(
    happening: list[tuple[float, list[LiveTrack], bool, bool, float]],
) -> None:
    def paces() -> list[tuple[float, bool]]:
        pacer, t_s, said = Pacer(SCENE), 0.0, []
        for gap_s, live, _, is_open, pressure in happening:
            t_s += gap_s
            said.append(tuple(pacer.decide(t_s, live, is_open=is_open, pressure=pressure)))
        return said

    assert paces() == paces()
