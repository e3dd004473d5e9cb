"""The alert rules and the dashboard ask for numbers that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from alerts.trace import STAGES
from alerts.transitions import WHO
from api.health.way import FROM_CAPTURED
from tests.support.service import Service, make_service

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "qalqan-way.json"
NAME = re.compile(r"\bqalqan_[a-z_]+")


def expressions() -> list[str]:
    rules = yaml.safe_load(RULES.read_text("utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    board = json.loads(DASHBOARD.read_text("utf-8"))
    return asked + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


def test_every_number_that_is_asked_for_is_told(service: Service) -> None:
    text = service.app.state.qalqan.measures.text().decode()
    told = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    told |= {f"{name}_bucket" for name in re.findall(r"^# TYPE (\S+) histogram", text, re.M)}
    asked = {name for one in expressions() for name in NAME.findall(one)}
    assert len(asked) > 10
    assert asked <= told, asked - told


def test_stages_and_actions_that_are_asked_for_exist() -> None:
    text = "\n".join(expressions())
    stages = set(re.findall(r'stage="(\w+)"', text))
    assert stages <= set(FROM_CAPTURED) <= set(STAGES)
    actions = {one for found in re.findall(r'action=~"([\w|]+)"', text) for one in found.split("|")}
    assert actions <= set(WHO)


def test_every_rule_says_what_is_wrong_and_how_bad() -> None:
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
            assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]


def test_the_panels_do_not_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
