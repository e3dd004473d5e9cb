from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from detect.hold import Held, Hold

HOLDER = """
import sys
from pathlib import Path
from detect.hold import Hold
hold = Hold.take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path, holder) -> None:
    with pytest.raises(Held, match=f"process {holder.pid} holds"):
        Hold.take(tmp_path / "lock", 0.1)
    assert holder.poll() is None, "nobody is killed unasked"


def test_the_lock_ends_with_its_process(tmp_path: Path, holder) -> None:
    holder.kill()
    hold = Hold.take(tmp_path / "lock", 5)
    assert int((tmp_path / "lock").read_text()) > 0
    hold.release()
    hold.release()


def test_an_evicted_holder_is_gone(tmp_path: Path, holder) -> None:
    hold = Hold.take(tmp_path / "lock", 0.1, evict=True)
    assert holder.wait(5) == -9
    hold.release()


def test_a_lock_without_a_readable_name_evicts_nobody(tmp_path: Path, holder) -> None:
    (tmp_path / "lock").write_text("1\n")
    with pytest.raises(Held, match="unknown"):
        Hold.take(tmp_path / "lock", 0.1, evict=True)
    assert holder.poll() is None
