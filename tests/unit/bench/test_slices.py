"""The slice clips: where actors are, and what their truth says; nothing is painted here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from detect.guard.scenes import guard_scene
from detect.guard.slices import SLICES, named, parked_then_moves
from detect.guard.truth import parse_truth
from tests.support.runs import path
from tests.support.slices import ZONE_X, Actor, Staging, stagings, truth_of

STAGINGS = {staging.name: staging for staging in stagings(1)}


def test_there_is_a_clip_for_each_slice() -> None:
    assert named(STAGINGS) == set(SLICES)


@pytest.mark.parametrize("name", STAGINGS)
def test_each_truth_makes_a_scene_and_holds_events(name: str, tmp_path: Path) -> None:
    file = tmp_path / "clip.truth.json"
    file.write_text(json.dumps(truth_of(STAGINGS[name])))
    truth = parse_truth(file)
    assert truth.events
    assert len(guard_scene(truth).rules) == len(truth.places)
    assert all(0 <= event.start_s <= event.end_s for event in truth.events)
    told = {tag for event in truth.events for tag in event.slices} | truth.slices
    assert len(named(told)) == len(told) == 1


def test_the_same_seed_gives_the_same_clips_and_another_other_ones() -> None:
    assert stagings(1) == stagings(1)
    assert stagings(1) != stagings(2)


def test_an_actor_is_where_its_keys_say() -> None:
    actor = Actor(((2.0, 0.0, 0.5), (6.0, 1.0, 0.7)), 0.2)
    assert actor.at(1.9) is None
    assert actor.at(6.1) is None
    assert actor.at(4.0) == pytest.approx((0.5, 0.6))


def test_stays_that_follow_each_other_are_one_happening() -> None:
    def crosses(at_s: float) -> Actor:
        return Actor(((at_s, 0.0, 0.5), (at_s + 4.0, 1.0, 0.5)), 0.2)

    events = truth_of(Staging("slow", 60.0, (crosses(5.0), crosses(8.0), crosses(30.0))))["events"]
    stays = [(e["start_s"], e["end_s"]) for e in events if e["type"] == "intrusion"]
    assert stays == [(6.0, 11.0), (31.0, 33.0)]
    crossings = [e["start_s"] for e in events if e["type"] == "line_crossing"]
    assert crossings == [7.0, 10.0, 32.0]
    assert not [e for e in events if e["type"] == "loitering"]


def test_who_stays_is_a_loiterer() -> None:
    middle = sum(ZONE_X) / 2
    stands = Actor(((5.0, middle, 0.5), (45.0, middle, 0.5)), 0.2)
    events = truth_of(Staging("slow", 60.0, (stands,)))["events"]
    (loitering,) = [e for e in events if e["type"] == "loitering"]
    assert (loitering["start_s"], loitering["end_s"]) == (5.0, 45.0)


def test_what_is_parked_stands_long_before_it_moves() -> None:
    for actor in STAGINGS["parked_then_moving"].actors:
        within = [
            (t_s, *place)
            for t_s in np.arange(0, 60, 0.2).round(2).tolist()
            if (place := actor.at(t_s)) is not None and t_s >= 8.0
        ]
        assert parked_then_moves(path(within, height=actor.height), 16 / 9)
