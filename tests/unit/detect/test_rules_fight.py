"""Fight: judgements over time become one incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from detect.aids import NO_AIDS, Aids, Head, NoAids
from detect.errors import InferenceFailed
from detect.incident import ModelRef
from detect.rules.base import Finding
from detect.rules.fight import KIND, Fight, FightRule, crowding
from detect.scene import Scene
from detect.view import View
from tests.support.walks import people, track

CLASSES = ("person", "car")


@dataclass
class FixedHead:
    """Gives what it is told."""

    chance: float = 0.95
    fails: bool = False
    asked: int = 0
    ref: ModelRef = field(default=ModelRef("fight", "0" * 64))

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.float32]:
        self.asked += 1
        if self.fails:
            raise InferenceFailed("no")
        return np.full((len(inputs["features"]), 1), self.chance, np.float32)


class WithHead(NoAids):
    def __init__(self, head: FixedHead) -> None:
        self._head = head

    def head(self, name: str) -> Head | None:
        return self._head if name == "fight" else None


def judge(aids: Aids, **rule: object) -> Fight:
    scene = Scene.parse(
        {
            "version": 1,
            "zones": [{"name": "yard", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            "rules": [{"kind": "fight", **rule}],
        }
    )
    (parsed,) = scene.rules
    assert isinstance(parsed, FightRule)
    return Fight(parsed, scene, aids)


def view(t_s: float, feet: Sequence[tuple[float, float]], *, blank: bool = False) -> View:
    """Noise jumps about in the middle of the picture."""
    image = np.full((234, 416, 3), 90, np.uint8)
    if not blank:
        draw = np.random.default_rng(int(t_s * 1000))
        image[90:150, 180:230] = draw.integers(0, 255, (60, 50, 1))
    tracks = [track(index + 1, foot) for index, foot in enumerate(feet)]
    return View(t_s, tracks, people(feet), CLASSES, image=image)


TWO = [(0.48, 0.63), (0.52, 0.63)]


def findings(
    fight: Fight, until_s: float, feet: Sequence[tuple[float, float]] = TWO, from_s: float = 0.0
) -> list[list[Finding]]:
    steps = range(round(from_s * 5), round(until_s * 5))
    return [fight.judge(view(index / 5, feet)) for index in steps]


def test_a_fight_is_found_after_some_seconds_and_stays_one() -> None:
    head = FixedHead()
    found = findings(judge(WithHead(head), zone="yard"), 8)

    first = next(index for index, now in enumerate(found) if now)
    assert 1.2 <= first / 5 <= 4
    assert all(found[first:])
    assert {finding.key for now in found[first:] for finding in now} == {"fight"}
    (last,) = found[-1]
    assert last.model == head.ref
    assert [one.id for one in last.tracks] == [1, 2]
    assert last.score is not None
    assert last.score > 0.8
    assert last.scores is not None
    assert {"chance", "energy", "speed", "shear", "near"} == set(last.scores)
    assert last.said.en.startswith('A fight in "yard" for ')
    assert last.said.en.endswith("% certain), 2 people in it.")
    assert last.said.kk.startswith("«yard» аймағында төбелес: ")
    assert last.said.ru.startswith("Драка в зоне «yard»: ")
    assert last.said.ru.endswith("2 человека.")


def test_what_the_head_calls_none_is_none() -> None:
    assert not any(findings(judge(WithHead(FixedHead(0.2))), 8))


def test_more_certainty_can_be_asked_for() -> None:
    assert not any(findings(judge(WithHead(FixedHead(0.7)), certainty=0.8), 8))
    assert any(findings(judge(WithHead(FixedHead(0.7)), certainty=0.5), 8))


def test_longer_can_be_asked_for() -> None:
    found = findings(judge(WithHead(FixedHead()), seconds=6.0), 10)

    assert next(index for index, now in enumerate(found) if now) / 5 >= 6


def test_a_short_doubt_does_not_end_it() -> None:
    head = FixedHead()
    fight = judge(WithHead(head))
    assert findings(fight, 6)[-1]

    head.chance = 0.2
    doubted = findings(fight, 6.6, from_s=6)
    assert all(doubted)
    assert not findings(fight, 14, from_s=6.6)[-1]


def test_where_nobody_is_seen_motion_alone_is_worth_less() -> None:
    found = findings(judge(WithHead(FixedHead(0.97))), 10, feet=[])

    (last,) = found[-1]
    assert last.score is not None
    assert last.score < 0.6
    assert last.box is not None
    assert last.tracks == ()
    assert "nobody could be made out" in last.said.en
    assert not any(findings(judge(WithHead(FixedHead(0.7))), 10, feet=[]))


def test_without_the_head_or_pictures_nothing_is_said() -> None:
    assert not any(findings(judge(NO_AIDS), 4))
    head = FixedHead()
    fight = judge(WithHead(head))
    assert not any(fight.judge(View(t / 5, [], people(TWO), CLASSES)) for t in range(20))
    assert head.asked == 0


def test_a_head_that_fails_finds_nothing() -> None:
    assert not any(findings(judge(WithHead(FixedHead(fails=True))), 6))


def test_people_near_each_other_are_looked_at_more_often() -> None:
    fight = judge(WithHead(FixedHead(0.01)))
    assert fight.asks_fps == 0
    findings(fight, 2)
    assert fight.asks_fps == 5.0
    assert FightRule(kind="fight").floor_fps == 3.0


def test_after_a_gap_nothing_is_carried_on() -> None:
    fight = judge(WithHead(FixedHead()))
    assert findings(fight, 6)[-1]

    assert not fight.judge(view(30.0, TWO))
    assert not any(findings(fight, 31.4, from_s=30.2))


@pytest.mark.parametrize("certainty", [0.0, 1.0, "high"])
def test_a_certainty_is_between_0_and_1(certainty: object) -> None:
    with pytest.raises(Exception, match="certainty"):
        judge(NO_AIDS, certainty=certainty)


def test_it_is_the_most_urgent_kind() -> None:
    assert KIND.severity == "critical"


def test_a_crowd_asks_for_more_up_to_a_bound() -> None:
    assert [crowding(seen) for seen in (0, 4, 9, 100)] == [0, 0, 1, 2]
