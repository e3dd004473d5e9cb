"""The chart of a run: what it reads, and that it draws."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import chart

FIRST, SECOND = "alert-1", "alert-2"
TIMES = {
    "captured": "2026-11-24T12:00:00.000Z",
    "stored": "2026-11-24T12:00:00.250Z",
    "notified": "2026-11-24T12:00:00.250Z",
    "accepted": "2026-11-24T11:55:05.250Z",
}


def lines(path: Path, *entries: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines(
        tmp_path / "stages.jsonl",
        {"alert": FIRST, "times": TIMES, "took": {"stored": 0.25, "notified": 0, "accepted": 5}},
        {"alert": SECOND, "times": TIMES},
    )
    lines(
        tmp_path / "history.jsonl",
        {"t": 100.0, "who": "control", "what": "begin"},
        {"t": 101.0, "who": "operator 0", "what": "event", "alert": FIRST},
        {"t": 109.0, "who": "patrol 1", "what": "event", "alert": FIRST},
        {"t": 104.0, "who": "chaos", "what": "kill", "process": "node"},
        {"t": 105.0, "who": "chaos", "what": "clock", "seconds": 300},
        {"t": 106.0, "who": "chaos", "what": "link cut", "links": 1},
        {"t": 107.0, "who": "chaos", "what": "away", "seconds": 3},
        {"t": 110.0, "who": "chaos", "what": "back", "of": "away"},
        {"t": 118.0, "who": "chaos", "what": "full", "seconds": 3},
        {"t": 120.0, "who": "control", "what": "end"},
    )
    return tmp_path


def test_what_a_run_has_left_is_read(folder: Path) -> None:
    run = chart.load(folder)
    assert (run.count, run.lasted_s) == (2, 20.0)
    assert run.took == {"stored": [0.25, 0.25], "notified": [0, 0], "accepted": [5]}
    assert run.unknown == 1, "by the second one's wall clock it was answered before it was asked"
    assert run.alerts == [(1.0, 0.25, 5)]
    assert run.marks == [(4.0, "node"), (5.0, "clock"), (6.0, "link")]
    assert run.spans == [(7.0, 10.0, "away"), (18.0, 20.0, "full")]


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (chart.percentile(values, 0.5), chart.percentile(values, 0.99)) == (50, 99)
    assert chart.percentile([7.0], 0.99) == 7


def test_lengths_as_people_say_them() -> None:
    assert [chart.said(one) for one in (0, 0.25, 3.14, 90)] == [
        "1 ms",
        "250 ms",
        "3.1 s",
        "1.5 min",
    ]


def test_it_draws_a_picture(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "latencies.png"
    monkeypatch.setattr(sys, "argv", ["chart", str(folder), "--out", str(out)])
    chart.main()
    assert out.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "2 alerts, 1 durations not known" in capsys.readouterr().out
