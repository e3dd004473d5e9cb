"""`docs/calm.md` says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from alerts.calm.eemua import CHATTER_S, CHATTERS, LOADS, STALE
from alerts.calm.flood import FloodPolicy
from alerts.calm.silence import LONGEST_SHELF, LONGEST_SILENCE
from alerts.policy import FAMILIES, ZONE_FAMILIES
from api.settings import FloodSettings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "calm.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    part = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end of {name} -->", PAGE, re.DOTALL)
    assert part is not None, name
    lines = part.group(1).strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_families() -> None:
    assert [tuple(row[0].split(", ")) for row in rows("families")] == list(FAMILIES)
    ((one, other),) = ZONE_FAMILIES
    assert f"In one zone of one camera: {one} and {other}." in PAGE


def test_the_limits() -> None:
    assert f"**{LONGEST_SILENCE.days} days** at most" in PAGE
    assert LONGEST_SHELF.total_seconds() == 3600
    assert "an hour at\nmost" in PAGE
    assert STALE.total_seconds() == 24 * 3600
    assert (CHATTERS, CHATTER_S) == (3, 60)
    assert "up to 1 acceptable, 2 manageable, 10 demanding" in PAGE
    assert [limit for limit, _ in LOADS] == [1, 2, 10]


def test_the_flood() -> None:
    plain, settings = FloodPolicy(), FloodSettings()
    told = {name.strip("`"): default for name, default, _ in rows("flood")}
    assert told["begins_above"] == f"{plain.begins_above:g}" == f"{settings.begins_above:g}"
    assert told["ends_below"] == f"{plain.ends_below:g}" == f"{settings.ends_below:g}"
    assert (plain.operators, settings.operators) == (None, None)
    assert set(told) == set(FloodSettings.model_fields)
