from __future__ import annotations

import pytest

from detect.errors import SceneError
from detect.scene import Scene

ZONE = {"name": "lawn", "polygon": [[0, 0.5], [1, 0.5], [1, 1]]}
LINE = {"name": "gate", "points": [[0.2, 0.5], [0.8, 0.5]]}


def scene(**parts: object) -> dict[str, object]:
    return {"version": 1, "zones": [ZONE], "lines": [LINE], "rules": [], **parts}


def test_round_trip_with_defaults() -> None:
    parsed = Scene.parse(scene(rules=[{"kind": "intrusion", "zone": "lawn"}]))
    assert parsed.rules[0].classes == ("person",)
    assert Scene.parse(parsed.to_dict()) == parsed


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (None, ""),
        ([], ""),
        ("scene", ""),
        ({}, "/version"),
        (scene(version=2), "/version"),
        (scene(colour="red"), "/colour"),
        (scene(zones=5), "/zones"),
        (scene(zones=[ZONE, ZONE]), "/zones/1/name"),
        (scene(zones=[{"name": "", "polygon": ZONE["polygon"]}]), "/zones/0/name"),
        (scene(zones=[{"name": "a\n", "polygon": ZONE["polygon"]}]), "/zones/0/name"),
        (scene(zones=[{"name": "a", "polygon": [[0, 0], [1, 1]]}]), "/zones/0/polygon"),
        (scene(zones=[{"name": "a", "polygon": [[0, 0], [1, 1], [2, 0]]}]), "/zones/0/polygon/2/0"),
        (scene(zones=[{"name": "a", "polygon": [[0, 0], [1, 1], [0.5, 0.5]]}]), "/zones/0/polygon"),
        (
            scene(zones=[{"name": "a", "polygon": [[0, 0], [1, 1], [float("nan"), 0]]}]),
            "/zones/0/polygon/2/0",
        ),
        (scene(lines=[{"name": "a", "points": [[0, 0], [0, 0]]}]), "/lines/0/points"),
        (scene(rules=[{}]), "/rules/0/kind"),
        (scene(rules=[{"kind": "party"}]), "/rules/0/kind"),
        (scene(rules=[{"kind": "fire", "zone": "moon"}]), "/rules/0/zone"),
        (scene(rules=[{"kind": "crowd", "count": 1}]), "/rules/0/count"),
        (scene(rules=[{"kind": "speeding"}]), "/rules/0"),
        (scene(rules=[{"kind": "crowd", "density_per_m2": 2.0}]), "/rules/0"),
        (scene(rules=[{"kind": "intrusion", "zone": "moon"}]), "/rules/0/zone"),
        (scene(rules=[{"kind": "intrusion", "second": 1}]), "/rules/0/second"),
        (scene(rules=[{"kind": "intrusion", "seconds": -1}]), "/rules/0/seconds"),
        (scene(rules=[{"kind": "intrusion", "seconds": "1"}]), "/rules/0/seconds"),
        (scene(rules=[{"kind": "line_crossing"}]), "/rules/0/line"),
        (scene(rules=[{"kind": "line_crossing", "line": "moon"}]), "/rules/0/line"),
        (
            scene(rules=[{"kind": "line_crossing", "line": "gate", "direction": "up"}]),
            "/rules/0/direction",
        ),
        (scene(rules=[{"kind": "loitering"}] * 65), "/rules"),
    ],
)
def test_errors_name_the_key(data: object, pointer: str) -> None:
    with pytest.raises(SceneError) as caught:
        Scene.parse(data)
    assert caught.value.pointer == pointer
    assert "\n" not in str(caught.value)
