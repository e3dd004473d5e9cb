"""Incidents over the link: in groups, each acknowledged after its commit, none lost for another."""

from __future__ import annotations

import json
import threading

import pytest

from tests.support.incidents import incident
from tests.support.waiting import until
from tests.unit.api.test_node_link import Setting, setting, watched

__all__ = ["setting"]


async def test_an_incident_that_breaks_the_service_keeps_no_other_waiting(
    setting: Setting,
) -> None:
    setting.intake.breaks_on = "incident-1"
    async with setting.node() as node:
        node.incident(1, incident(1))
        node.say(type="incident", seq=2, incident={"version": 9}, trace={})
        node.incident(3, incident(3))
        for seq in (1, 2, 3):
            assert (await node.hear("ack"))["seq"] == seq
    assert [one for one, _ in setting.intake.taken] == ["incident-3"]
    laid_aside = (setting.home / "rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in laid_aside] == [1, 2]


@pytest.mark.parametrize(("at_once", "groups"), [(100, [1, 9]), (4, [1, 4, 4, 1])])
async def test_what_comes_during_a_commit_goes_into_the_next_together(
    at_once: int, groups: list[int], setting: Setting
) -> None:
    setting.intake.hold, setting.intake.at_once = threading.Event(), at_once
    async with setting.node() as node:
        node.incident(1, incident(1))
        await until(lambda: setting.intake.tries == 1)
        for number in range(2, 11):
            node.incident(number, incident(number))
        node.health()
        await until(lambda: watched(setting) == ("live", None))  # all that was before it is read
        assert [told["type"] for told in node.told] == ["cameras"], "nothing is acknowledged yet"
        setting.intake.hold.set()
        assert [(await node.hear("ack"))["seq"] for _ in range(10)] == [*range(1, 11)]
    assert setting.intake.groups == groups
    assert [one for one, _ in setting.intake.taken] == [f"incident-{n}" for n in range(1, 11)]


async def test_in_a_group_only_the_one_that_breaks_the_service_is_laid_aside(
    setting: Setting,
) -> None:
    setting.intake.breaks_on = "incident-5"
    async with setting.node() as node:
        for number in range(1, 11):
            node.incident(number, incident(number))
        assert [(await node.hear("ack"))["seq"] for _ in range(10)] == [*range(1, 11)]
    kept = [f"incident-{n}" for n in range(1, 11) if n != 5]
    assert [one for one, _ in setting.intake.taken] == kept


async def test_a_passing_fault_is_tried_again(setting: Setting) -> None:
    setting.intake.faults = [RuntimeError("once"), RuntimeError("twice")]
    async with setting.node() as node:
        node.incident(1, incident(1))
        await node.hear("ack")
    assert [one for one, _ in setting.intake.taken] == ["incident-1"]


async def test_what_cannot_be_kept_anywhere_is_not_acknowledged(setting: Setting) -> None:
    (setting.home / "rejected.jsonl").mkdir()
    async with setting.node() as node:
        node.say(type="incident", seq=1, incident={}, trace={})
        node.health()
        await until(lambda: watched(setting) == ("live", None))
        assert [told["type"] for told in node.told] == ["cameras"]
        (setting.home / "rejected.jsonl").rmdir()
        await node.hear("ack")
