"""What a node is told to watch."""

from __future__ import annotations

import pytest

from detect.orders import read_watched


def test_the_places_to_watch_again_by_camera() -> None:
    box = [0.1, 0.2, 0.3, 0.4]
    assert read_watched([{"id": "gate", "watch_again": [box]}, {"id": "lawn"}]) == {
        "gate": (tuple(box),),
        "lawn": (),
    }


@pytest.mark.parametrize("places", [7, [[1, 2]], [["a", 0, 0, 0]], [None]])
def test_what_cannot_be_read_spoils_no_other_camera(places: object) -> None:
    read = read_watched([{"id": "gate", "watch_again": places}, {"id": "lawn"}])
    assert read == {"lawn": ()}
