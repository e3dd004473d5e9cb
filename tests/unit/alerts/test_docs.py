"""`docs/alerts.md` says what the table and the policy say."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from alerts.alert import State
from alerts.policy import Policy
from alerts.transitions import TABLE, WHO

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "alerts.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of the table between the page's marks."""
    part = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end of {name} -->", PAGE, re.DOTALL)
    assert part is not None, name
    lines = part.group(1).strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_holds_the_table_of_moves() -> None:
    told = {
        (State(before), action): State(before) if to == "the same" else State(to)
        for action, _, befores, to in rows("table")
        for before in befores.split(", ")
    }
    assert told == TABLE


def test_the_page_says_who() -> None:
    for action, by, _, _ in rows("table"):
        assert by == ", ".join(sorted(WHO[action])), action


def test_the_page_holds_the_policy() -> None:
    def written(value: object) -> str:
        if isinstance(value, dict):
            named = [f"{kind}: {', '.join(words)}" for kind, words in value.items()]
            return "; ".join(named) or "none"
        if isinstance(value, tuple) and value and isinstance(value[0], tuple):
            return "; ".join(written(one) for one in value)
        return ", ".join(value) if isinstance(value, tuple) else f"{value:g}"

    told = {name.strip("`"): default for name, default, _ in rows("policy")}
    plain = Policy()
    assert told == {
        one.name: written(getattr(plain, one.name))
        for one in dataclasses.fields(Policy)
        if one.name != "plans"  # a file of its own: docs/policy.md
    }


def test_the_diagram_names_every_state_and_move() -> None:
    diagram = PAGE.split("```")[1]
    told = set(re.findall(r"[a-z_]+", diagram))
    drawn = {action for _, action in TABLE} - {"remind", "depart"}
    assert {state.value for state in State} | drawn <= told
