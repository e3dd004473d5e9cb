"""The control process put together, and taken apart again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from api.assembly import assemble, unready
from api.settings import Settings
from tests.support.patrols import OPERATOR

ANOTHER = """
import sys, pathlib
from api.assembly import assemble
from api.settings import Settings
assemble(Settings(home=pathlib.Path(sys.argv[1])), "nanodet-g-416")
"""
MODEL = "nanodet-g-416"


def test_a_second_service_in_the_folder_leaves_the_first_in_peace(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = assemble(settings, MODEL)
    try:
        second = subprocess.run(
            [sys.executable, "-c", ANOTHER, str(tmp_path)], capture_output=True, text=True
        )
        assert second.returncode == 1
        assert "another Qalqan serves from" in second.stderr
        first.services.alerts.register_patrol("Unit 1", OPERATOR)
        assert unready(first.database) is None
    finally:
        first.close()
    after = assemble(settings, MODEL)
    assert [unit.name for unit in after.services.alerts.patrols()] == ["Unit 1"]
    after.close()
