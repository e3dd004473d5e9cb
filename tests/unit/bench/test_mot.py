"""The parts of the tracking bench that need no library: reading, the made-up detector, swaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bench.mot import eye
from tests.bench.mot.score import Tracked, overlaps, swaps
from tests.bench.mot.sequence import Footage, Truth, detections, read

INFO = "[Sequence]\nname=s\nframeRate=10\nseqLength=2\nimWidth=100\nimHeight=50\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gt", "det"):
        (tmp_path / name).mkdir()
    (tmp_path / "seqinfo.ini").write_text(INFO)
    (tmp_path / "gt" / "gt.txt").write_text("1,7,10,10,20,20,1,1,1\n2,7,90,10,20,20,1,1,1\n")
    return tmp_path


def test_a_truth_is_read_in_fractions_cut_at_the_edge(folder: Path) -> None:
    footage = read(folder)
    assert (footage.fps, len(footage.truth)) == (10, 2)
    assert [frame.id.tolist() for frame in footage.truth] == [[7], [7]]
    assert footage.truth[1].xyxy.tolist() == [pytest.approx([0.9, 0.2, 1.0, 0.6])]
    assert len(footage.thinned(2).truth) == 1


def test_detections_of_both_kinds_are_read_and_those_of_low_score_left_out(folder: Path) -> None:
    (folder / "det" / "a.txt").write_text("1,-1,10,10,20,20,0.9\n1,-1,10,10,20,20,0.1\n")
    line = '{"boxes": [{"label": "person", "score": 0.5, "xyxy": [0.1, 0.2, 0.3, 0.6]}]}\n'
    (folder / "det" / "b.jsonl").write_text(line * 2)
    found = detections(folder, read(folder))
    assert [len(frame) for frame in found["a"]] == [1, 0]
    assert [len(frame) for frame in found["b"]] == [1, 1]


def test_a_folder_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"seqinfo\.ini"):
        read(tmp_path)


def test_an_id_that_goes_over_is_a_swap() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.4], [0.6, 0.1, 0.7, 0.4]])
    truth = [Truth(np.array([1, 2]), boxes)] * 3
    ids = ([5, 6], [5, 6], [6, 5])
    assert swaps(truth, [Tracked(np.array(pair), boxes) for pair in ids]) == 2
    assert overlaps(boxes, boxes).tolist() == [pytest.approx([1, 0]), pytest.approx([0, 1])]


def test_the_made_up_detector_sees_most_who_stand_free_and_the_same_again() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.4], [0.6, 0.1, 0.7, 0.4]])
    footage = Footage("s", 7, 100, 100, [Truth(np.array([1, 2]), boxes)] * 100)
    one, other = eye.seen(footage, 1), eye.seen(footage, 1)
    assert all((a.xyxy == b.xyxy).all() for a, b in zip(one, other, strict=True))
    good = [int((overlaps(boxes, f.xyxy.astype(float)) > 0.4).any(axis=1).sum()) for f in one]
    assert 150 < sum(good) <= 200


def test_who_is_behind_somebody_is_hidden() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.4], [0.1, 0.2, 0.2, 0.5]])
    assert eye.visible(boxes).tolist() == pytest.approx([0.33, 1.0], abs=0.1)
