"""The keeper over a real spool; the disk's faults are played by a spool that refuses."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from detect.errors import SpoolError
from detect.evidence import EvidenceFolder
from detect.incident import Evidence, Incident
from detect.keeper import Keeper
from detect.pipeline import Raised
from detect.spool import Spool
from ingest.camera import CameraId
from ingest.frame import Frame
from tests.support.incidents import NOON, incident
from tests.support.rtsp import wait_until


class Still:
    """A picture that counts how often it is encoded."""

    width_px, height_px = 4, 4

    def __init__(self, data: bytes | Exception = b"\xff\xd8") -> None:
        self.data = data
        self.encoded = 0

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        self.encoded += 1
        if isinstance(self.data, Exception):
            raise self.data
        return self.data


class FaultyDisk(Spool):
    """A spool whose disk is full while `full` is set."""

    full = False

    def commit(self, incident: Incident, trace) -> int:
        if self.full:
            raise SpoolError("the spool cannot keep it: disk full")
        return super().commit(incident, trace)


class Bench:
    def __init__(self, folder: Path, max_unsaved: int = 100) -> None:
        self.spool = FaultyDisk(folder / "spool.db")
        self.folder = folder / "evidence"
        self.rung = threading.Semaphore(0)
        self.keeper = Keeper(
            self.spool,
            EvidenceFolder(self.folder),
            self.rung.release,
            lambda: NOON + timedelta(seconds=9),
            max_unsaved,
        )

    def saved(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.rung.acquire(timeout=5), "nothing was committed"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("detect.keeper.RETRY_S", 0.02)
    bench = Bench(tmp_path)
    yield bench
    bench.keeper.close()
    bench.spool.close()


def raised(one: Incident, picture: Still | None = None) -> Raised:
    image = np.zeros((2, 2, 3), np.uint8)
    frame = Frame(CameraId("north-gate"), 0, 1.0, NOON, 0.0, image, picture or Still())
    return Raised(one, frame, NOON + timedelta(seconds=1), NOON + timedelta(seconds=2))


def test_picture_then_spool_then_bell(bench: Bench) -> None:
    bench.keeper.start()
    bench.keeper(raised(incident(1)))
    bench.saved()
    (item,) = bench.spool.pending()
    assert item.incident["evidence"] == {"snapshot": "incident-1.jpg", "clip": None}
    assert (bench.folder / "incident-1.jpg").read_bytes() == b"\xff\xd8"
    assert [
        item.trace[stage][17:19] for stage in ("captured", "inferred", "raised", "spooled")
    ] == [
        "00",
        "01",
        "02",
        "09",
    ]


def test_one_picture_an_incident_from_its_opening_to_its_end(bench: Bench) -> None:
    bench.keeper.start()
    first, later = Still(), Still()
    bench.keeper(raised(incident(1), first))
    bench.saved()
    bench.keeper(raised(incident(1, score=0.9), later))
    bench.saved()
    bench.keeper.finish([incident(1, ended_at=NOON + timedelta(seconds=3), end_s=4.0)])
    bench.saved()
    assert (first.encoded, later.encoded) == (1, 0)
    last = bench.spool.pending()[-1].incident
    assert last["end_s"] == 4.0
    assert last["evidence"]["snapshot"] == "incident-1.jpg", "the end does not lose the picture"


@pytest.mark.parametrize("fault", [OSError("disk full"), ValueError("bad"), RuntimeError("odd")])
def test_an_incident_without_its_picture_is_worth_more_than_none(bench: Bench, fault) -> None:
    bench.keeper.start()
    bench.keeper(raised(incident(1), Still(fault)))
    bench.saved()
    assert bench.spool.pending()[0].incident["evidence"] is None
    assert not list(bench.folder.glob("*")), "no half file is left"


def test_a_full_disk_keeps_the_latest_of_each_in_order_and_loses_nothing(bench: Bench) -> None:
    bench.spool.full = True
    bench.keeper.start()
    for change in (incident(1), incident(2), incident(1, score=0.95), incident(3)):
        bench.keeper(raised(change))
    while bench.keeper.unsaved != 3:
        time.sleep(0.002)
    bench.spool.full = False
    bench.saved(3)
    assert [(i.incident["id"], i.incident["score"]) for i in bench.spool.pending()] == [
        ("incident-1", 0.95),
        ("incident-2", 0.8),
        ("incident-3", 0.8),
    ]
    assert bench.keeper.unsaved == 0
    assert bench.keeper.lost == 0


def test_what_a_dead_node_left_open_waits_for_the_disk_and_keeps_its_picture(bench: Bench) -> None:
    evidence = Evidence(snapshot="incident-1.jpg")
    left = incident(1, ended_at=NOON + timedelta(seconds=3), end_s=4.0, evidence=evidence)
    bench.spool.full = True
    bench.keeper.finish([left])
    bench.keeper.start()
    wait_until(lambda: bench.keeper.unsaved == 1)
    bench.spool.full = False
    bench.saved()
    (kept,) = bench.spool.pending()
    assert (kept.incident["end_s"], kept.incident["evidence"]["snapshot"]) == (
        4.0,
        "incident-1.jpg",
    )


def test_memory_is_bounded_and_what_it_costs_is_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_unsaved=2)
    for number in (1, 2, 3):
        bench.keeper(raised(incident(number)))
    assert bench.keeper.lost == 1
    bench.keeper.start()
    bench.keeper.close()
    assert [item.incident["id"] for item in bench.spool.pending()] == ["incident-2", "incident-3"]
    bench.spool.close()


def test_closing_saves_what_waits(bench: Bench) -> None:
    bench.keeper(raised(replace(incident(1))))
    bench.keeper.start()
    bench.keeper.close()
    assert len(bench.spool) == 1


def test_a_fault_that_is_not_the_disks_is_said_and_not_passed_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(incident: Incident, trace: object) -> int:
        raise RuntimeError("odd")

    monkeypatch.setattr(bench.spool, "commit", odd)
    bench.keeper.start()
    bench.keeper(raised(incident(1)))
    bench.keeper.close()
    assert isinstance(bench.keeper.failure, RuntimeError)
