"""What works beside the detector: loaded once, when asked for; what is missing is told once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from detect.aids import NO_AIDS
from detect.catalog import Catalog
from detect.detections import Detections
from detect.detector import Detector
from detect.heads import Heads
from detect.second_stage import SecondStage
from ingest.frame import Image


class Seeing:
    """A detector that counts its pictures."""

    def __init__(self, catalog: Catalog | None) -> None:
        self.catalog = catalog
        self.sizes: list[tuple[int, ...]] = []

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        self.sizes += [image.shape[:2] for image in images]
        return [Detections.none() for _ in images]


def stage(folder: Path) -> SecondStage:
    catalog = Catalog(folder / "models", folder / "weights")
    return SecondStage.of(cast(Detector, Seeing(catalog)), catalog)


def test_a_detector_from_no_catalog_has_nothing_beside_it() -> None:
    assert SecondStage.beside(cast(Detector, Seeing(None))) is NO_AIDS


def test_crops_go_to_the_detector_itself(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "models", tmp_path / "weights")
    seeing = Seeing(catalog)
    aids = SecondStage.beside(cast(Detector, seeing))

    found = aids.detect([np.zeros((96, 64, 3), np.uint8)])

    assert found is not None
    assert [len(one) for one in found] == [0]
    assert seeing.sizes == [(96, 64)]


def test_what_is_missing_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    aids = stage(tmp_path)

    with caplog.at_level(logging.WARNING):
        assert [aids.head("fight") for _ in range(3)] == [None] * 3
        assert [aids.poses([]) for _ in range(3)] == [None] * 3

    assert len(caplog.records) == 2
    assert "head fight is not used: there is no head 'fight'" in caplog.text


def test_a_head_is_loaded_once_for_all_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    made = SimpleNamespace()

    def load(self: Heads, name: str) -> Any:
        loads.append(name)
        return made

    monkeypatch.setattr(Heads, "load", load)
    aids, found = stage(tmp_path), []
    threads = [threading.Thread(target=lambda: found.append(aids.head("fight"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert loads == ["fight"]
    assert all(head is made for head in found)
