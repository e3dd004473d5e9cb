"""Ordinary footage under every kind that needs no place of its own: nothing is raised.

The clip is 80 s of people who walk, meet and stand about, at the usual five frames a second.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli.main import main
from detect.rules import KINDS
from tests.support.assets import clip

pytestmark = pytest.mark.model

NEEDS_A_PLACE = frozenset({"intrusion", "loitering", "line_crossing", "crowd", "speeding"})
"""Somebody walks there, of course; a speed needs the ground's measure."""


@pytest.mark.parametrize("options", [("--exact",), ()], ids=["exact", "usual"])
def test_people_who_walk_about_are_no_incident(tmp_path: Path, options: tuple[str, ...]) -> None:
    rules = [{"kind": kind} for kind in KINDS if kind not in NEEDS_A_PLACE]
    scene, out = tmp_path / "scene.json", tmp_path / "incidents.jsonl"
    scene.write_text(json.dumps({"version": 1, "rules": rules}), "utf-8")
    assert main(["analyze", str(clip()), "--scene", str(scene), "--out", str(out), *options]) == 0
    raised = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(one["kind"], one["start_s"], one["why"]) for one in raised] == []
