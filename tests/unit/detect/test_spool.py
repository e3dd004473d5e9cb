from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from detect.errors import SpoolError
from detect.incident import IncidentBox
from detect.spool import Spool
from tests.support.incidents import incident


def box(t_s: float) -> IncidentBox:
    return IncidentBox(t_s, "person", (0.1, 0.2, 0.3, 0.4), 7)


def test_what_is_not_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "node" / "spool.db")
    first, second = spool.commit(incident(1), {"captured": "x"}), spool.commit(incident(2), {})
    spool.acknowledge(first)
    spool.close()
    again = Spool(tmp_path / "node" / "spool.db")
    (left,) = again.pending()
    assert left.seq == second
    assert len(again) == 1
    again.acknowledge(first, first)
    assert len(again) == 1, "an acknowledgement that comes twice counts once"
    assert left.incident["id"] == "incident-2"
    assert again.commit(incident(3), {}) > second, "numbers are never used twice"
    assert [item.seq for item in again.pending(after=second)] == [second + 1]
    again.close()


def test_changes_that_wait_become_one_and_keep_the_first_trace(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    one = incident(1)
    first = spool.commit(one, {"captured": "first"})
    spool.commit(incident(2), {})
    later = incident(1, boxes=(*one.boxes, box(9.0)))
    assert spool.commit(later, {"captured": "later"}) == first
    assert len(spool) == 2
    item = spool.pending()[0]
    assert item.incident == later.to_dict()
    assert item.trace == {"captured": "first"}
    spool.close()


def test_a_change_that_was_handed_out_is_not_replaced(tmp_path: Path) -> None:
    """Its acknowledgement would remove what the other side has never seen."""
    spool = Spool(tmp_path / "spool.db")
    first = spool.commit(incident(1), {})
    assert [item.seq for item in spool.pending()] == [first]
    second = spool.commit(incident(1, score=0.9), {})
    assert second > first
    spool.acknowledge(first)
    assert [item.incident["score"] for item in spool.pending()] == [0.9]
    spool.close()


def test_what_a_dead_process_left_open_is_ended_when_it_was_last_seen(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    opened = incident(1)
    for change in (opened, incident(1, boxes=(*opened.boxes, box(6.5)))):
        spool.commit(change, {})
    done = incident(2)
    spool.commit(done, {})
    spool.commit(incident(2, ended_at=done.detected_at, end_s=2.0), {})
    for item in spool.pending():
        spool.acknowledge(item.seq)
    spool.close()
    successor = Spool(tmp_path / "spool.db")
    (left,) = successor.interrupted()
    assert successor.interrupted() == [left], "it is noted until it is committed"
    successor.commit(left, {"raised": "now"})
    (end,) = successor.pending()
    assert end.incident["id"] == "incident-1"
    assert end.incident["end_s"] == 6.5
    ended_at = opened.detected_at + timedelta(seconds=4.5)
    assert end.incident["ended_at"] == ended_at.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
    assert successor.interrupted() == [], "once is enough"
    successor.close()


def test_a_spool_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="cannot open the spool"):
        Spool(tmp_path / "file" / "spool.db")


@pytest.mark.parametrize(
    "ruin",
    [
        pytest.param(lambda data: b"not a database at all, but long enough" * 50, id="not-sqlite"),
        pytest.param(lambda data: data[:4096] + b"\xff" * (len(data) - 4096), id="pages-torn"),
    ],
)
def test_a_ruined_spool_is_set_aside_and_watching_goes_on(tmp_path: Path, ruin) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path)
    spool.commit(incident(1), {})
    spool.close()
    path.write_bytes(ruin(path.read_bytes()))
    fresh = Spool(path)
    assert len(fresh) == 0
    fresh.commit(incident(2), {})
    fresh.close()
    assert list(tmp_path.glob("spool.db.ruined-*")), "it is kept for a person to look at"


def fill(spool: Spool) -> None:
    for number in range(200):
        spool.commit(incident(number), {})


def test_a_full_disk_refuses_and_is_not_taken_for_ruin(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool._db.execute("PRAGMA max_page_count = 1")  # as small as it is: nothing can be added
    with pytest.raises(SpoolError, match="full"):
        fill(spool)
    kept = len(spool)
    spool._db.execute("PRAGMA max_page_count = 1000")
    spool.commit(incident(999), {})
    assert len(spool) == len(spool.pending(limit=1000)) == kept + 1, (
        "a refused change leaves nothing behind"
    )
    spool.close()


def test_a_closed_or_busy_spool_raises_its_own_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("detect.spool.BUSY_S", 0.05)
    spool = Spool(tmp_path / "spool.db")
    other = sqlite3.connect(tmp_path / "spool.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SpoolError, match="locked"):
        spool.commit(incident(1), {})
    assert spool.pending() == [], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert spool.commit(incident(1), {}) == 1
    spool.close()
    for ask in (spool.pending, lambda: spool.acknowledge(1)):
        with pytest.raises(SpoolError):
            ask()


HOLDER = """
import sys, time
from pathlib import Path
from detect.spool import Spool
spool = Spool(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_an_orphan_that_does_not_let_go_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        spool = Spool(path, held_s=0.2)
        assert holder.wait(5) == -9
    spool.close()
