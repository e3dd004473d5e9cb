"""The control process put together, and taken apart again."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.assembly import assemble, unready
from api.settings import Settings
from tests.support.patrols import OPERATOR

MODEL = "nanodet-g-416"


def test_a_second_service_in_the_folder_leaves_the_first_in_peace(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first = assemble(settings, MODEL)
    try:
        with pytest.raises(OSError, match="another Qalqan serves from"):
            assemble(settings, MODEL)
        first.services.alerts.register_patrol("Unit 1", OPERATOR)
        assert unready(first.database) is None
    finally:
        first.close()
    after = assemble(settings, MODEL)
    assert [unit.name for unit in after.services.alerts.patrols()] == ["Unit 1"]
    after.close()
