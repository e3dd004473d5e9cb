"""The slot for weapons: silent without a model that knows them, sure over time with one."""

from __future__ import annotations

import logging

import pytest

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.places import Zone
from detect.rules.base import Finding
from detect.rules.weapon import Weapon, WeaponRule
from detect.scene import Scene
from detect.track import Box, Track
from detect.view import View

OURS = ("person", "pistol", "rifle")
COCO = ("person", "knife", "fork", "spoon")
PISTOL: Box = (0.30, 0.40, 0.33, 0.43)


def pistol(score: float = 0.7, identity: int = 7, box: Box = PISTOL, unseen_s: float = 0) -> Track:
    return Track(identity, "pistol", box, score, 1.0, unseen_s)


def judge(
    frames: list[list[Track]],
    rule: WeaponRule | None = None,
    classes: tuple[str, ...] = OURS,
    step_s: float = 0.2,
) -> list[list[Finding]]:
    left = Zone(name="left", polygon=((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)))
    scene = Scene.model_validate({"version": 1, "zones": [left.model_dump()], "rules": []})
    weapon = Weapon(rule or WeaponRule(kind="weapon"), scene, NO_AIDS)
    return [
        weapon.judge(View(number * step_s, tracks, Detections.none(), classes))
        for number, tracks in enumerate(frames)
    ]


def when(found: list[list[Finding]]) -> list[int]:
    return [number for number, findings in enumerate(found) if findings]


def test_it_is_sure_after_the_time_and_says_what_it_saw() -> None:
    found = judge([[pistol()]] * 5)

    assert when(found) == [3, 4]
    (said,) = found[3]
    assert said.said.en == "A pistol is seen in view of the camera for 0.6 s, 70 % sure on average."
    assert said.since_s == 0.0
    assert said.score == pytest.approx(0.7)
    assert said.scores is not None
    assert said.scores["looks"] == 4


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([[pistol(0.5)]] * 9, "never certain enough"),
        ([[pistol()], [pistol()]] + [[]] * 7, "two glimpses"),
        ([[pistol(unseen_s=0.2)]] * 9, "not in sight"),
        ([[pistol()], *[[]] * 9] * 3, "forgotten in between"),
    ],
)
def test_what_is_no_evidence(frames: list[list[Track]], why: str) -> None:
    assert when(judge(frames)) == [], why


def test_evidence_goes_on_under_another_id() -> None:
    fresh = Track(8, "pistol", PISTOL, 0.7, 0.0, 0.0)
    assert when(judge([[pistol()], [pistol()], [], [fresh], [fresh]])) == [3, 4]


def test_the_zone_is_asked_for_the_feet_of_who_holds_it() -> None:
    rule = WeaponRule(kind="weapon", zone="left")
    holder = Track(1, "person", (0.25, 0.3, 0.4, 0.8), 0.9, 1.0, 0.0)

    assert when(judge([[pistol(), holder]] * 5, rule)) == [3, 4]
    assert when(judge([[pistol()]] * 5, rule)) == []


def test_a_model_without_such_classes_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert when(judge([[pistol()]] * 5, classes=("person", "car"))) == []

    assert [record.getMessage() for record in caplog.records] == [
        "rule weapon: the model has no such class (weapon, gun, pistol, rifle, knife); "
        "it judges none"
    ]


def test_a_table_knife_is_no_weapon_unless_it_is_asked_for() -> None:
    assert WeaponRule(kind="weapon").known(COCO) == frozenset()
    assert WeaponRule(kind="weapon").known(("knife", "pistol")) == {"knife", "pistol"}
    assert WeaponRule(kind="weapon", classes=("knife",)).known(COCO) == {"knife"}


def test_it_asks_for_more_frames_while_it_suspects() -> None:
    weapon = Weapon(WeaponRule(kind="weapon"), Scene.model_validate({"version": 1, "rules": []}),
                    NO_AIDS)  # fmt: skip
    weapon.judge(View(0.0, [pistol()], Detections.none(), OURS))
    assert weapon.asks_fps > 0
    weapon.judge(View(9.0, [], Detections.none(), OURS))
    assert weapon.asks_fps == 0
