"""What is drawn, and that letters of all three languages are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from detect.annotate import CAME, SEVERITY, STAYS_S, ZONE, Annotator
from detect.drawing import brush
from detect.drawing.letters import HEIGHT_PX, width_px, wrapped, written
from detect.incident import Incident, TrackPath
from detect.scene import Scene
from detect.track import Track
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from tests.support.incidents import incident

SCENE = Scene.parse(
    {
        "version": 1,
        "zones": [{"name": "көгал", "polygon": [[0.1, 0.3], [0.9, 0.3], [0.9, 0.9], [0.1, 0.9]]}],
        "lines": [{"name": "gate", "points": [[0.5, 0.4], [0.5, 0.8]]}],
    }
)


class Grey:
    width_px, height_px = 320, 180

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        return np.full((size.height_px, size.width_px, 3), 90, np.uint8)

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        return b""


def frame(t_s: float) -> Frame:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    return Frame(CameraId("gate"), 0, t_s, now, 0.0, np.zeros((90, 160, 3), np.uint8), Grey())


def walker(x: float, unseen_s: float = 0.0) -> Track:
    return Track(7, "person", (x, 0.4, x + 0.1, 0.7), 0.9, 3.0, unseen_s)


def fire(t_s: float = 1.0, end_s: float | None = None) -> Incident:
    return incident(
        kind="fire",
        severity="critical",
        why="Flames.",
        why_in={"en": "Flames.", "kk": "Жалын көрінеді.", "ru": "Огонь."},
        ended_at=None if end_s is None else datetime(2026, 11, 25, tzinfo=UTC),
        end_s=end_s,
    )


def drawn(annotator: Annotator, t_s: float = 1.0, tracks: tuple[Track, ...] = ()) -> Image:
    return annotator.draw(frame(t_s), tracks)


def test_the_picture_is_large_enough_to_be_read_and_bears_the_scene() -> None:
    image = drawn(Annotator(SCENE))
    assert image.shape == (540, 960, 3)
    assert (image[540 * 9 // 10 - 1, 300:600] == ZONE).all(1).any()
    assert tuple(image[5, 500]) == (90, 90, 90)  # nothing else is there


def test_boxes_and_ways_are_drawn_where_tracks_are() -> None:
    annotator = Annotator(SCENE)
    for step in range(5):
        image = drawn(annotator, 1.0 + step, (walker(0.2 + 0.1 * step),))
    box = image[round(0.55 * 540), round(0.6 * 960) : round(0.6 * 960) + 2]
    assert (box != 90).all()
    way = image[round(0.7 * 540) - 2 : round(0.7 * 540) + 2, round(0.4 * 960)]
    assert (way != 90).any()


def test_how_somebody_came_is_pale_and_what_the_rule_saw_is_not() -> None:
    steps = tuple((float(t_s), 0.1 + 0.1 * t_s, 0.5) for t_s in range(8))
    seen = replace(fire(), start_s=4.0, paths=(TrackPath(7, steps),), boxes=())
    annotator = Annotator(Scene.parse({"version": 1}))
    annotator.take([seen], 7.0)
    row = drawn(annotator, 7.0)[270]
    came, since = row[round(0.3 * 960)], row[round(0.7 * 960)]
    assert tuple(came) == CAME
    assert tuple(since) == SEVERITY["critical"]


def test_an_incident_is_told_while_it_lasts_and_a_little_longer() -> None:
    annotator = Annotator(SCENE)
    annotator.take([fire()], 1.0)
    assert drawn(annotator, 100.0)[3, 400].max() < 60  # its ground is dark
    annotator.take([fire(end_s=100.0)], 101.0)
    assert drawn(annotator, 101.0 + STAYS_S)[3, 400].max() < 60
    assert drawn(annotator, 101.1 + STAYS_S)[3, 400].max() == 90


def test_sentences_are_drawn_in_the_language_that_is_asked_for() -> None:
    pictures = []
    for language in ("en", "kk", "ru"):
        annotator = Annotator(SCENE, language)
        annotator.take([fire()], 1.0)
        pictures.append(drawn(annotator)[:26])
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_of_many_incidents_the_gravest_are_told_and_the_rest_counted() -> None:
    annotator = Annotator(SCENE)
    minor = [replace(incident(n), severity="low", why="A note.") for n in range(2, 9)]
    annotator.take([*minor, fire()], 1.0)
    image = drawn(annotator)
    assert tuple(image[1, 1]) == (40, 40, 235)  # critical first
    assert image[140, 500].max() == 90


@pytest.mark.parametrize(
    "text",
    ["ABCXYZ 0189", "ЁЖЗИЙЛПУФЦЧШЩЪЫЬЭЮЯабвг", "ӘәҒғҚқҢңӨөҰұҮүҺһІі", "«lawn»: 4.5 с, (2)!"],
)
def test_every_letter_of_the_three_languages_has_a_form(text: str) -> None:
    unknown = written("\N{SNOWMAN}")
    assert written(text).shape[0] == HEIGHT_PX
    for letter in text:
        if not letter.isspace():
            assert written(letter).any()
            assert not np.array_equal(written(letter), unknown)


def test_letters_differ() -> None:
    forms = {written(x).tobytes() + bytes(written(x).shape) for x in "БГДЖЗИЙЛПУФЦЧШЩЪЫЬЭЮЯ"}
    assert len(forms) == 21


def test_text_is_wrapped_between_words() -> None:
    lines = wrapped("a person has been in the yard for 12 s", 60)
    assert len(lines) > 2
    assert all(width_px(line) <= 60 for line in lines)
    assert " ".join(lines) == "a person has been in the yard for 12 s"
    assert wrapped("", 60) == []


def test_what_lies_outside_is_cut_off() -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    brush.box(image, (-10, -10, 100, 100), (9, 9, 9))
    brush.polyline(image, [(-50, 10), (90, 10)], (1, 2, 3))
    brush.text(image, (-3, 15), "words", (255, 255, 255))
    brush.text(image, (100, 100), "words", (255, 255, 255))
    brush.caption(image, (25, 18), "w", (0, 0, 0), (5, 5, 5), 1)
    brush.shade(image, (-5, -5, 500, 4))
    assert tuple(image[10, 15]) == (1, 2, 3)


def test_who_has_gone_is_not_boxed_where_nothing_is_any_longer() -> None:
    red = SEVERITY["critical"]
    for end_s, is_boxed in ((None, True), (2.0, False)):
        annotator = Annotator(SCENE)
        told = fire(end_s=end_s)
        box = replace(told.boxes[0], track=7, xyxy=(0.3, 0.4, 0.5, 0.7))
        annotator.take([replace(told, boxes=(box,), paths=())], 2.0)
        other = replace(walker(0.7), id=8)
        image = drawn(annotator, 2.2, (other,))
        edge = image[round(0.55 * 540), round(0.3 * 960) - 6 : round(0.3 * 960) + 6]
        assert bool((edge == red).all(1).any()) is is_boxed
