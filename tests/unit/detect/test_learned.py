"""What was learnt of a place outlives the process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.fixtures import PATCH, Fixture, Fixtures
from detect.learned import Learned
from ingest.camera import CameraId

GATE = CameraId("north gate / 1")


def known() -> Fixtures:
    patch = np.arange(PATCH[0] * PATCH[1], dtype=np.float32).reshape(PATCH)
    return Fixtures(GATE, [Fixture("person", (0.1, 0.2, 0.3, 0.4), 9.0, patch, hidden_s=12.0)])


def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    Learned(tmp_path / "places").save(known())
    (one,) = Learned(tmp_path / "places").fixtures(GATE).known
    assert (one.label, one.xyxy, one.hidden_s) == ("person", (0.1, 0.2, 0.3, 0.4), 12.0)
    assert np.array_equal(one.patch, known().known[0].patch)


def test_a_camera_never_seen_has_nothing(tmp_path: Path) -> None:
    assert Learned(tmp_path).fixtures(GATE).known == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 1}',
        '{"version":1,"camera":"north gate / 1","fixtures":[{"label":"person"}]}',
    ],
)
def test_what_cannot_be_read_is_said_and_learnt_anew(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    learned = Learned(tmp_path)
    learned.save(known())
    (path,) = tmp_path.iterdir()
    path.write_text(text, "utf-8")
    assert learned.fixtures(GATE).known == []
    assert "north gate" in caplog.text


def test_a_disk_that_takes_nothing_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    Learned(blocked).save(known())
    assert "cannot be kept" in caplog.text


def test_nothing_is_written_again_that_did_not_change(tmp_path: Path) -> None:
    learned = Learned(tmp_path)
    learned.save(known())
    (path,) = tmp_path.iterdir()
    path.unlink()
    learned.save(known())
    assert list(tmp_path.iterdir()) == []
