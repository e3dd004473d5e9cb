"""What is part of the place is hidden from the rules, and seen again when it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from detect.fixtures import APPEARED_S, SETTLED_S, TREMBLING_S, Fixtures
from detect.track import Box, Track
from ingest.camera import CameraId
from ingest.frame import Image
from tests.support.incidents import NOON

SIGN: Box = (0.2, 0.3, 0.25, 0.5)
Paint = Callable[[float], Image]


def street(seed: int = 1) -> Image:
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(30, 220, (26, 46, 3)), np.ones((9, 9, 1))).astype(np.uint8)


STREET = street()


NOISY = [
    np.clip(STREET + np.random.default_rng(n).normal(0, 2, STREET.shape), 0, 255).astype(np.uint8)
    for n in range(5)
]


def still(t_s: float) -> Image:
    return NOISY[int(t_s) % len(NOISY)]


def track(t_s: float, since_s: float = 0.0, xyxy: Box = SIGN, number: int = 1) -> Track:
    return Track(number, "person", xyxy, 0.6, t_s - since_s, 0.0)


def play(
    fixtures: Fixtures,
    until_s: float,
    of: Callable[[float], Track] = track,
    paint: Paint = still,
    from_s: float = 0.0,
) -> float | None:
    """When the track was first hidden."""
    for step in range(int(from_s), int(until_s)):
        _, hidden = fixtures.part([of(step)], paint(step), step)
        if hidden:
            return float(step)
    return None


def test_a_sign_that_was_there_before_is_hidden_after_a_while() -> None:
    fixtures = Fixtures(CameraId("gate"))
    assert play(fixtures, 200) == pytest.approx(SETTLED_S, abs=2)
    assert [one.label for one in fixtures.known] == ["person"]


def test_what_appears_later_must_rest_for_longer() -> None:
    fixtures = Fixtures(CameraId("gate"))
    fixtures.part([], still(0), 0)
    appears: Callable[[float], Track] = lambda t: track(t, since_s=60)
    assert play(fixtures, 900, appears, from_s=60) == pytest.approx(60 + APPEARED_S, abs=2)


def test_who_walked_there_is_never_hidden() -> None:
    fixtures = Fixtures(CameraId("gate"))

    def walks_then_stands(t_s: float) -> Track:
        x = min(t_s, 10) * 0.02
        return track(t_s, xyxy=(0.2 + x, 0.3, 0.25 + x, 0.5))

    assert play(fixtures, 2400, walks_then_stands) is None


def test_who_stands_and_moves_where_he_stands_is_hidden_only_after_half_an_hour() -> None:
    fixtures = Fixtures(CameraId("gate"))

    def gestures(t_s: float) -> Image:
        image = still(t_s).copy()
        if int(t_s) % 20 > 9:
            image[75:95, 85:102] = 255 - image[75:95, 85:102]
        return image

    assert play(fixtures, 2400, paint=gestures) == pytest.approx(TREMBLING_S, abs=2)


def test_a_fixture_that_moves_off_is_seen_at_once() -> None:
    fixtures = Fixtures(CameraId("gate"))
    play(fixtures, 200)
    away = track(201, xyxy=(0.25, 0.3, 0.3, 0.5))
    seen, hidden = fixtures.part([away], still(201), 201)
    assert (seen, hidden) == ([away], [])
    assert [(one.why, one.label) for one in fixtures.released] == [("moved", "person")]


def test_who_stands_where_the_sign_was_is_seen() -> None:
    fixtures = Fixtures(CameraId("gate"))
    play(fixtures, 200)
    other = STREET.copy()
    other[60:125, 75:110] = street(9)[60:125, 75:110]
    somebody = track(210, since_s=205, number=2)
    seen, _ = fixtures.part([somebody], other, 210)
    assert seen == [somebody]


def test_the_sign_found_again_under_another_id_stays_hidden() -> None:
    fixtures = Fixtures(CameraId("gate"))
    play(fixtures, 200)
    fixtures.part([], still(203), 203)
    _, hidden = fixtures.part([track(210, since_s=209, number=5)], still(210), 210)
    assert [one.id for one in hidden] == [5]


def test_somebody_beside_the_sign_is_seen() -> None:
    fixtures = Fixtures(CameraId("gate"))
    play(fixtures, 200)
    near = track(210, since_s=208, xyxy=(0.22, 0.32, 0.29, 0.56), number=3)
    seen, hidden = fixtures.part([track(210), near], still(210), 210)
    assert (seen, [one.id for one in hidden]) == ([near], [1])


def test_what_was_learnt_is_taken_up_by_the_next_process() -> None:
    fixtures = Fixtures(CameraId("gate"))
    play(fixtures, 200)
    again = Fixtures(CameraId("gate"))
    again.restore([one.to_dict() for one in fixtures.known])
    assert play(again, 3) == 0


@pytest.mark.parametrize(
    "wrong", [{}, {"label": "person", "xyxy": [1], "patch": [], "hidden_s": 0}]
)
def test_a_record_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Fixtures(CameraId("gate")).restore([wrong])


def test_without_pictures_nothing_that_is_sure_is_hidden() -> None:
    fixtures = Fixtures(CameraId("gate"))
    for step in range(3000):
        assert fixtures.part([track(step)], None, step)[1] == []


def test_what_never_moved_and_is_hardly_detected_is_doubtful() -> None:
    fixtures = Fixtures(CameraId("gate"))
    for step in range(60):
        seen, hidden = fixtures.part([replace(track(step), score=0.5)], still(step), step)
        assert (len(seen), len(hidden)) == (0, 1)
    seen, _ = fixtures.part([replace(track(60), score=0.7)], still(60), 60)
    assert len(seen) == 1
    seen, _ = fixtures.part([replace(track(61), score=0.4)], still(61), 61)
    assert len(seen) == 1, "what was sure once stays so"


def test_who_walks_is_seen_however_faint() -> None:
    fixtures = Fixtures(CameraId("gate"))
    for step in range(5):
        x = step * 0.02
        walker = replace(track(step, xyxy=(0.2 + x, 0.3, 0.25 + x, 0.5)), score=0.3)
        seen, _ = fixtures.part([walker], still(step), step)
    assert len(seen) == 1


def test_what_a_person_says_is_none_is_watched_again_and_never_learnt_there() -> None:
    fixtures = Fixtures(CameraId("gate"), now=lambda: NOON)
    play(fixtures, 200)
    (sign,) = fixtures.known
    assert (sign.since, sign.times) == (NOON, 1)
    fixtures.watch_again([sign.xyxy])
    assert play(fixtures, 200 + 2 * APPEARED_S, from_s=200) is None
    assert not fixtures.known
    assert [one.why for one in fixtures.released] == ["told"]
    again = Fixtures(CameraId("gate"))
    again.restore([sign.to_dict()])
    again.watch_again([sign.xyxy])
    assert play(again, 300) is None, "nor by a later process"
    fixtures.watch_again([])
    assert play(fixtures, 2000 + 2 * APPEARED_S, from_s=2000) is not None, "and may be undone"


def test_nobody_doubts_what_stands_where_a_person_said_to_watch() -> None:
    fixtures = Fixtures(CameraId("gate"))
    doubtful = replace(track(3), score=0.4)
    assert fixtures.part([doubtful], still(0), 0) == ([], [doubtful])
    fixtures.watch_again([SIGN])
    assert fixtures.part([doubtful], still(1), 1) == ([doubtful], [])


def test_a_fixture_keeps_its_name_and_counts_how_often_it_was_hidden() -> None:
    fixtures = Fixtures(CameraId("gate"), now=lambda: NOON)
    play(fixtures, 200)
    play(fixtures, 210, lambda t_s: track(t_s, number=2), from_s=200)
    told = fixtures.known[0].told()
    assert (told["times"], told["since"]) == (2, "2026-11-24T12:00:00.000Z")
    later = Fixtures(CameraId("gate"))
    later.restore([fixtures.known[0].to_dict()])
    assert {**later.known[0].told(), "hidden_s": 0} == {**told, "hidden_s": 0}
    old = {
        k: v for k, v in fixtures.known[0].to_dict().items() if k not in ("times", "since", "id")
    }
    later.restore([old])
    assert later.known[1].since is None
