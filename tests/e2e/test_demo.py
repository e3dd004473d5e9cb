"""`qalqan demo` as a person starts it: an alert goes its whole way, then nothing is left behind."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.rtsp, pytest.mark.model]

QALQAN = [sys.executable, "-c", "from api.cli.main import run; run()", "demo", "--port", "0"]
START_S = 120
"""The first start of a checkout prepares the cameras' video."""
ALERT_S = 120
STOP_S = 15
LINK = re.compile(r"Control room\s+(http://\S+)/#code=(\S+)")
PATROL_LINK = re.compile(r"Your unit\s+http://\S+/patrol#code=(\S+)")


@dataclass
class Demo:
    process: subprocess.Popen[str]
    url: str
    code: str
    patrol_code: str

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    process = subprocess.Popen(
        [*QALQAN, "--data", str(folder), "--speed", "6"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = _said(process)
        link, patrol = LINK.search(said), PATROL_LINK.search(said)
        assert link is not None, said
        assert patrol is not None, said
        yield Demo(process, link[1], link[2], patrol[1])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _said(process: subprocess.Popen[str]) -> str:
    """Its first screen, up to the last line of the card."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
            if "Ctrl-C" in line:
                break
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    said, ends = "", time.monotonic() + START_S
    while (line := lines.get(timeout=max(0.1, ends - time.monotonic()))) is not None:
        said += line
    return said


def wait_for(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def gone(processes: list[psutil.Process]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def test_an_alert_goes_its_whole_way_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as city, httpx.Client(base_url=city.url, timeout=30) as operator:
        who = operator.post("/v1/session", json={"code": city.code}).json()
        assert who["role"] == "operator"
        assert operator.post("/v1/session", json={"code": city.code}).status_code == 401
        with httpx.Client(base_url=city.url, timeout=30) as patrol:
            mine = patrol.post("/v1/session", json={"code": city.patrol_code}).json()
            assert mine["role"] == "patrol"

        units = operator.get("/v1/patrols").json()["items"]
        assert len(units) == 13
        yours = next(unit for unit in units if unit["id"] == mine["patrol"])
        assert not yours["on_duty"]
        cameras = operator.get("/v1/cameras").json()["items"]
        assert len(cameras) == 4
        assert any("***@" in camera["url"] for camera in cameras)
        city_map = operator.get("/v1/map").json()
        assert "OpenStreetMap" in city_map["attribution"]

        def closed() -> dict[str, Any] | None:
            page = operator.get("/v1/alerts", params={"state": "closed"}).json()
            return page["items"][0] if page["items"] else None

        alert = wait_for("an alert closed by a patrol", closed, ALERT_S)
        detail = operator.get(f"/v1/alerts/{alert['id']}").json()
        steps = [step["action"] for step in detail["steps"]]
        for action in ("raise", "dispatch", "accept", "depart", "arrive", "close"):
            assert action in steps
        closer = next(step for step in detail["steps"] if step["action"] == "close")
        assert closer["actor"].startswith("patrol:")
        moved = operator.get("/v1/patrols").json()["items"]
        before = {unit["id"]: (unit["longitude"], unit["latitude"]) for unit in units}
        assert any((u["longitude"], u["latitude"]) != before[u["id"]] for u in moved)

        children = city.children()
        assert len(children) >= 2, "the RTSP server and the node"
        city.process.send_signal(signal.SIGINT)
        assert city.process.wait(STOP_S) == 0
        wait_for("no process left", lambda: gone(children), 5)


def test_a_killed_demo_leaves_no_orphans(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as city:
        children = city.children()
        assert len(children) >= 2
        city.process.kill()
        city.process.wait()
        wait_for("no orphan left", lambda: gone(children), STOP_S)


def test_a_second_demo_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    done = subprocess.run(
        [*QALQAN, "--data", str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("qalqan: ")
    assert "not a demo's" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "precious"
