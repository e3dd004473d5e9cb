"""Plumes: what boils without edges."""

from __future__ import annotations

import numpy as np

from detect.burning.plumes import FEATURES, Plumes, Puff
from tests.support.burning import Paint, frames, smoke, wall


def watched(paint: Paint, seconds: float = 8.0, level: float = 90.0) -> list[list[Puff]]:
    plumes = Plumes()
    return [plumes.see(t_s, image) or [] for t_s, image in frames(paint, seconds, level)]


def test_smoke_that_was_there_from_the_first_frame_is_found() -> None:
    seen = watched(smoke())
    places = [place for places in seen for place in places]
    assert places
    x1, _, x2, y2 = places[-1].box
    assert x1 < 0.55
    assert x2 > 0.45
    assert y2 <= 1.0
    features = places[-1].features
    assert features is not None
    assert features.shape == (len(FEATURES),)
    assert np.isfinite(features).all()


def test_smoke_that_begins_hides_what_was_there_before() -> None:
    which = FEATURES.index("lost")
    places = [place for places in watched(smoke(begins_s=2.0), 10.0) for place in places]
    assert places
    assert max(float(p.features[which]) for p in places if p.features is not None) > 0.2


def test_a_still_place_is_none() -> None:
    assert not any(watched(wall))


def test_frames_that_come_too_soon_are_left_out() -> None:
    plumes = Plumes()
    (_, image), *_ = frames(wall, 0.2)
    assert plumes.see(1.0, image) == []
    assert plumes.see(1.1, image) is None


def test_a_cut_forgets_what_was_seen() -> None:
    plumes = Plumes()
    for t_s, image in frames(smoke(), 8.0):
        plumes.see(t_s, image)
    assert plumes.see(8.4, np.full((120, 208, 3), 250, np.uint8)) == []
