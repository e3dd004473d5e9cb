"""The demo's small parts: its folder, its footage's cuts, its crews, what the terminal says."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from api.demo.city import STATE, DemoFolderTaken, clean_state
from api.demo.fleet import PATROLS, YOURS, crews, spread
from api.demo.footage import Footage, FootageMissing, pieces
from api.demo.quiet import logs_to
from api.demo.streets import Edge, Node, Streets, metres
from api.demo.ticker import Ticker
from api.demo.views import CLIP_S, VIEWS
from detect.scene import Scene
from ingest.errors import StreamUnreadable
from tests.support.assets import clip


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "streets.geojson"
    path.write_text("{}")
    return path


def test_every_start_finds_a_clean_state(tmp_path: Path, map_file: Path) -> None:
    data = tmp_path / "demo"
    with clean_state(data, map_file) as state:
        (state / "qalqan.db").touch()
    with clean_state(data, map_file) as state:
        assert sorted(path.name for path in state.rglob("*")) == ["map", "streets.geojson"]
        assert state == data / STATE


def test_a_folder_in_use_or_with_other_things_in_it_is_left_alone(
    tmp_path: Path, map_file: Path
) -> None:
    with (
        clean_state(tmp_path / "demo", map_file),
        pytest.raises(DemoFolderTaken, match="running in"),
        clean_state(tmp_path / "demo", map_file),
    ):
        pass
    precious = tmp_path / "precious"
    (precious / STATE).mkdir(parents=True)
    with (
        pytest.raises(DemoFolderTaken, match="not a demo's"),
        clean_state(precious, map_file),
    ):
        pass
    assert (precious / STATE).is_dir()


def test_the_views_are_four_with_good_scenes_apart_from_each_other() -> None:
    assert len({view.id for view in VIEWS}) == 4
    assert any(view.user for view in VIEWS)
    users = [view.user for view in VIEWS if view.user]
    assert len(users) == len(set(users)), "the server keeps one password a user"
    for view in VIEWS:
        Scene.parse(view.scene)
        assert all(0 <= start < end <= CLIP_S for start, end in view.loop)
    places = [(view.longitude, view.latitude) for view in VIEWS]
    apart = [metres(a, b) for a in places for b in places if a != b]
    assert min(apart) > 150, "nearer ones would be grouped into one alert"


def test_a_loop_is_cut_so_that_nothing_is_encoded_twice() -> None:
    late = [(20.0, 36.0), (36.0, 50.0)]
    assert pieces([(20.0, 50.0), (0.0, 50.0)], 16) == [*late, (0.0, 16.0), (16.0, 20.0), *late]
    assert pieces([(0.0, 32.0)], 16) == [(0.0, 16.0), (16.0, 32.0)]


def test_footage_is_made_once_and_kept(tmp_path: Path) -> None:
    views = [replace(view, width=64, height=48, loop=((0.0, 0.5), (0.2, 0.5))) for view in VIEWS]
    said: list[str] = []
    footage = Footage(clip(), tmp_path / "demo", said.append)
    files = footage.of(views)
    assert sorted(files) == sorted((tmp_path / "demo").iterdir()), "no piece is left"
    assert all(file.stat().st_size for file in files)
    assert [line.split(": ")[0] for line in said[1:]] == [
        f"  {number}/4 {view.name}" for number, view in enumerate(views, 1)
    ]
    begun = [file.stat().st_mtime_ns for file in files]
    assert footage.of(views) == files
    assert [file.stat().st_mtime_ns for file in files] == begun
    assert len(said) == 5


def test_footage_of_another_recipe_is_replaced(tmp_path: Path) -> None:
    view = replace(VIEWS[0], width=64, height=48, loop=((0.0, 0.5),))
    stale = tmp_path / f"{view.id}-0123456789ab.h264"
    stale.touch()
    Footage(clip(), tmp_path, lambda _line: None).of([view])
    assert not stale.exists()


def test_a_clip_that_is_missing_or_broken_is_explained(tmp_path: Path) -> None:
    footage = Footage(tmp_path / "none.avi", tmp_path / "demo", lambda _line: None)
    with pytest.raises(FootageMissing, match="make demo"):
        footage.of(VIEWS)
    footage.clip.write_text("no video")
    with pytest.raises(StreamUnreadable, match=r"none\.avi"):
        footage.of(VIEWS)


def line_of(count: int) -> Streets:
    nodes: list[Node] = [(24.94 + i * 0.001, 60.17) for i in range(count)]
    edges: dict[Node, list[Edge]] = {node: [] for node in nodes}
    for a, b in pairwise(nodes):
        edges[a].append(Edge(b, metres(a, b), 8.0))
        edges[b].append(Edge(a, metres(a, b), 8.0))
    return Streets(edges)


def test_crews_are_spread_and_one_is_yours() -> None:
    streets = line_of(60)
    cameras = [streets.nodes[i] for i in (5, 20, 35, 50)]
    members = crews(streets, cameras)
    assert [one.name for one in members][-1] == YOURS
    simulated = [one for one in members if one.temper is not None]
    assert len(simulated) == PATROLS
    assert len({one.beat.home for one in simulated}) == PATROLS
    assert sum(one.temper.tunnel is not None for one in simulated if one.temper) == 1
    assert sum(one.temper.declines >= 0.5 for one in simulated if one.temper) == 2
    ends = spread(streets, 2, streets.nodes[0])
    assert ends == [streets.nodes[0], streets.nodes[-1]]


def test_the_terminal_says_each_thing_once() -> None:
    ticker = Ticker({"p1": "Unit 101", "p2": "Unit 102"})
    alert = {
        "id": "a",
        "kind": "line_crossing",
        "state": "dispatched",
        "camera": "gate",
        "place": {"name": "Gate"},
        "patrol": "p1",
        "refused_by": [],
        "outcome": None,
    }
    assert ticker.line(alert) == "Line crossing: Gate: offered to Unit 101"
    assert ticker.line(alert) is None
    passed = alert | {"patrol": "p2", "refused_by": ["p1"]}
    assert ticker.line(passed) == (
        "Line crossing: Gate: Unit 101 does not come, offered to Unit 102"
    )
    closed = passed | {"state": "closed", "patrol": None, "outcome": "real", "place": None}
    assert ticker.line(closed) == "Line crossing: gate: closed (real)"


def test_logs_leave_the_terminal_to_people(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with logs_to(tmp_path / "log") as people:
        os.write(2, b"a child's complaint\n")
        print("ours", file=sys.__stderr__, flush=True)
        print("for people", file=people)
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "for people\nafterwards\n"
    assert (tmp_path / "log").read_text() == "a child's complaint\nours\n"
