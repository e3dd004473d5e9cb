"""One run of one contestant with so many cameras, measured from outside, the same way for all."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from api.home import ROOT, manifests, weights
from detect.catalog import Catalog
from tests.bench.peers.contract import Account, Network, Task
from tests.bench.peers.field import Course, Field
from tests.bench.peers.install import PYTHON as PEERS_PYTHON
from tests.bench.peers.judge import Verdict, Window, judge

READY_LIMIT_S = 45.0
LATE_S = 1.5
"""What was sent within the window may be done this long after it."""
END_LIMIT_S = 20.0
SAMPLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who races."""

    name: str
    title: str
    module: str
    guess: int
    """Cameras that the search begins with."""
    is_ours: bool = False
    own_pace: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return Path(sys.executable) if self.is_ours else PEERS_PYTHON


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is the same for all."""

    course: Course
    network: Network
    fps: float
    cpus: tuple[int, ...]
    settle_s: float


def network(model: str) -> Network:
    """The model as the product has prepared it, in full precision."""
    catalog = Catalog(manifests(), weights())
    manifest, prepared = catalog.manifest(model), catalog.prepared(model)
    box = manifest.input
    return Network(
        name=model,
        graph=str(prepared.graph),
        decoder=manifest.decoder,
        width_px=box.width,
        height_px=box.height,
        letterbox=box.letterbox,
        pad=box.pad,
        min_score=manifest.min_score,
        nms_iou=manifest.nms_iou,
        classes=len(manifest.classes),
    )


def run(who: Contestant, cameras: int, seconds: float, conditions: Conditions) -> dict[str, Any]:
    """Race alone with so many cameras. The result's keys are those of `Verdict` and of `_Used`."""
    with tempfile.TemporaryDirectory() as folder, Field(conditions.course, cameras) as field_:
        out, source_fps = Path(folder) / "records.jsonl", conditions.course.fps
        task = Task(
            field_.urls, conditions.fps, source_fps, conditions.network, str(out), who.options
        )
        with _Program(who, task, conditions.cpus) as program:
            if not program.is_ready():
                return _failed(cameras, program.why())
            time.sleep(conditions.settle_s)
            window, used = program.measure(seconds, field_)
            time.sleep(LATE_S)
            if not program.end() or not out.exists():
                return _failed(cameras, program.why())
        account = Account.read(out)
        verdict = judge(
            account.records,
            field_.sending(),
            window,
            fps=conditions.fps,
            cameras=cameras,
            arrivals=conditions.course.arrivals,
            own_pace=who.own_pace,
            skipped=account.skipped_within(window.start_s, window.end_s),
        )
    kept = account.most_kept_bytes(window.start_s, window.end_s)
    return {**_result(verdict, used, window, account.unreadable), "kept_mb": round(kept / 1e6, 2)}


@dataclass(slots=True)
class _Used:
    """Of the machine, in the window."""

    cpu_s: float = 0.0
    sender_cpu_s: float = 0.0
    rss_mb: float = 0.0


def _result(verdict: Verdict, used: _Used, window: Window, unreadable: int) -> dict[str, Any]:
    analysed = max(1.0, verdict.analysed_fps * verdict.cameras * window.seconds)
    return {
        **asdict(verdict),
        "sustained": verdict.is_sustained,
        "seconds": round(window.seconds, 1),
        "cpu_cores": round(used.cpu_s / window.seconds, 3),
        "cpu_ms_per_analysed": round(used.cpu_s / analysed * 1000, 2),
        "cpu_ms_per_camera_second": round(
            used.cpu_s / window.seconds / max(1, verdict.cameras) * 1000, 2
        ),
        "rss_mb": round(used.rss_mb, 1),
        "sender_cores": round(used.sender_cpu_s / window.seconds, 3),
        "unreadable": unreadable,
    }


def _failed(cameras: int, why: str) -> dict[str, Any]:
    return {"cameras": cameras, "sustained": False, "failures": [why]}


class _Program:
    """The contestant's process."""

    def __init__(self, who: Contestant, task: Task, cpus: tuple[int, ...]) -> None:
        self._who, self._task, self._cpus = who, task, cpus
        self._errors = tempfile.TemporaryFile("w+")

    def __enter__(self) -> _Program:
        self._process = subprocess.Popen(
            [str(self._who.python), "-m", self._who.module],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self._cpus),
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._task.to_json() + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._process.pid).children(recursive=True):
                child.kill()
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
        self._errors.close()

    def is_ready(self) -> bool:
        """Wait until every camera was analysed once."""
        assert self._process.stdout is not None
        limit_s = READY_LIMIT_S + len(self._task.urls)
        ready, _, _ = select.select([self._process.stdout], [], [], limit_s)
        return bool(ready) and self._process.stdout.readline().strip() == "ready"

    def measure(self, seconds: float, sender: Field) -> tuple[Window, _Used]:
        """Let it run and look at what it uses."""
        start_s, before, sent = time.monotonic(), self._cpu_s(), sender.cpu_s()
        used = _Used()
        while (left_s := start_s + seconds - time.monotonic()) > 0:
            time.sleep(min(SAMPLE_S, left_s))
            used.rss_mb = max(used.rss_mb, self._rss_mb())
        used.cpu_s, used.sender_cpu_s = self._cpu_s() - before, sender.cpu_s() - sent
        return Window(start_s, time.monotonic()), used

    def end(self) -> bool:
        """Ask it to write what it saw; whether it did in time."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            return self._process.wait(END_LIMIT_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._process.stdin = None

    def why(self) -> str:
        """The last line it wrote to standard error, or that it was not ready in time."""
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors.read().splitlines() if line.strip()]
        code = self._process.poll()
        what = "not ready in time" if code is None else f"ended with status {code}"
        return f"{what}: {lines[-1][:200]}" if lines else what

    def _tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self._process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _cpu_s(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._tree())

    def _rss_mb(self) -> float:
        return sum(process.memory_info().rss for process in self._tree()) / 1e6
