from __future__ import annotations

from pathlib import Path

import pytest

from detect.errors import SpoolError
from detect.spool import Spool
from tests.support.incidents import incident


def test_what_is_not_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "node" / "spool.db")
    first, second = spool.commit(incident(1), {"captured": "x"}), spool.commit(incident(2), {})
    spool.acknowledge(first)
    spool.close()
    again = Spool(tmp_path / "node" / "spool.db")
    (left,) = again.pending()
    assert left.seq == second
    assert left.incident["id"] == "incident-2"
    assert again.commit(incident(3), {}) > second, "numbers are never used twice"
    assert [item.seq for item in again.pending(after=second)] == [second + 1]
    again.close()


def test_a_spool_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="cannot open the spool"):
        Spool(tmp_path / "file" / "spool.db")
    (tmp_path / "spool.db").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(SpoolError):
        Spool(tmp_path / "spool.db")
