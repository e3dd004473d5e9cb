"""Real crashes of real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detect.blackbox import HOLD_OFF_S, WITHIN_S, BlackBox
from ingest.camera import CameraId

CRASHING = """
import ctypes, sys, threading, time
from pathlib import Path
from detect.blackbox import BlackBox
box = BlackBox(Path(sys.argv[1]), float(sys.argv[2]))
noted = threading.Barrier(3)

def camera(name, crash):
    box.note("earlier-thread-of-" + name)
    box.note(name)
    noted.wait()
    if crash:
        ctypes.string_at(0)
    time.sleep(60)

class Decoding:
    def __init__(self, crash):
        self.crash = crash
    def due_s(self):
        return 0.0
    def work(self):
        if self.crash:
            ctypes.string_at(0)

if sys.argv[3].startswith("decoding "):
    from detect.blackbox import NotedPool
    from ingest.decoding import DecodePool
    pool = DecodePool(1)
    names = ("good", sys.argv[3].removeprefix("decoding "))
    lanes = [NotedPool(pool, name, box).lane(Decoding(name != "good")) for name in names]
    box.note("good")  # this thread reads
    for lane in lanes:
        lane.ring()
    time.sleep(60)

for name in ("good", "bad one"):
    threading.Thread(target=camera, args=(name, name == sys.argv[3]), daemon=True).start()
noted.wait()
if sys.argv[3] == "nobody":
    ctypes.string_at(0)
time.sleep(60)
"""
BAD, GOOD = CameraId("bad one"), CameraId("good")


def crash(folder: Path, at_s: float, whose: str = BAD) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CRASHING, str(folder), str(at_s), whose],
        timeout=30,
        check=False,
        stderr=subprocess.DEVNULL,
    )
    assert child.returncode == -signal.SIGSEGV


@pytest.fixture(autouse=True)
def _keep_pytests_fault_handler():
    import faulthandler

    yield
    faulthandler.enable(sys.__stderr__)


def test_the_camera_that_crashed_twice_is_held_off_and_tried_again(tmp_path: Path) -> None:
    crash(tmp_path, 1000)
    assert BlackBox(tmp_path, 1001).held_off_s(BAD, 1001) == 0, "once may be an accident"
    crash(tmp_path, 1010)
    box = BlackBox(tmp_path, 1011)
    assert box.held_off_s(BAD, 1012) == HOLD_OFF_S - 1
    assert box.held_off_s(GOOD, 1012) == 0
    assert box.held_off_s(BAD, 1011 + HOLD_OFF_S) == 0
    assert BlackBox(tmp_path, 1020).held_off_s(BAD, 1021) > 0, "the next node knows it, too"
    crash(tmp_path, 1400)
    assert BlackBox(tmp_path, 1401).held_off_s(BAD, 1401) == HOLD_OFF_S, "one more is enough"
    assert "Segmentation fault" in (tmp_path / "node-crash.last.txt").read_text()


def test_who_crashes_a_decode_thread_is_told_from_the_others_that_it_serves(tmp_path: Path) -> None:
    crash(tmp_path, 1000, f"decoding {BAD}")
    crash(tmp_path, 1010, f"decoding {BAD}")
    box = BlackBox(tmp_path, 1011)
    assert box.held_off_s(BAD, 1011) > 0
    assert box.held_off_s(GOOD, 1011) == 0


def test_who_hangs_a_thread_gets_a_strike_that_the_next_node_knows(tmp_path: Path) -> None:
    for at_s in (1000.0, 1010.0):
        box = BlackBox(tmp_path, at_s)
        box.note(GOOD)
        box.note(BAD)
        assert box.blame(threading.get_ident(), at_s) == BAD
        assert box.blame(1, at_s) is None, "a thread that touched no video"
    assert BlackBox(tmp_path, 1011).held_off_s(BAD, 1011) == HOLD_OFF_S - 1


def test_notes_take_no_more_room_however_often_they_change(tmp_path: Path) -> None:
    box = BlackBox(tmp_path, 1000)
    for _ in range(50):
        box.note(GOOD)
        box.note(BAD)
    notes = (tmp_path / "node-threads.txt").read_text()
    assert notes.split() == [f"{threading.get_ident():x}", *BAD.split()]


def test_old_crashes_are_forgotten(tmp_path: Path) -> None:
    crash(tmp_path, 0)
    assert BlackBox(tmp_path, 1).held_off_s(BAD, 1) == 0
    crash(tmp_path, WITHIN_S + 10)
    now_s = WITHIN_S + 20
    assert BlackBox(tmp_path, now_s).held_off_s(BAD, now_s) == 0


def test_a_crash_elsewhere_is_nobodys(tmp_path: Path) -> None:
    for _ in range(2):
        crash(tmp_path, 1000, "nobody")
    box = BlackBox(tmp_path, 1001)
    assert box.held_off_s(BAD, 1001) == box.held_off_s(GOOD, 1001) == 0


@pytest.mark.parametrize("strikes", ["", "[]", "7", '{"bad one": 7}', '{"bad one": ["x"]}'])
def test_damaged_notes_are_no_reason_not_to_start(tmp_path: Path, strikes: str) -> None:
    (tmp_path / "node-strikes.json").write_text(strikes)
    (tmp_path / "node-crash.txt").write_bytes(b"Current thread 0x1f \xff\n")
    (tmp_path / "node-threads.txt").write_bytes(b"\xff\xfe 7\nzz\n")
    assert BlackBox(tmp_path, 1000).held_off_s(BAD, 1000) == 0


def test_a_folder_that_cannot_be_written_is_no_reason_either(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    box = BlackBox(tmp_path / "file" / "below", 1000)
    box.note(BAD)
    assert box.held_off_s(BAD, 1000) == 0
