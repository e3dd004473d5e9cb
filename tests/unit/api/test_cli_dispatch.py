"""`qalqan dispatch replay`, over a database as the service leaves it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.alert import AlertId
from alerts.errors import MapUnusable
from alerts.stores.sql import Database
from api.cli.main import main
from api.roads import roads_at, roads_if_usable
from tests.support.patrols import Desk
from tests.support.streets import drawn_city, written

BLOCKS = 20
"""The desk's gate and its units lie among them."""


def answered(home: Path, *, decline: bool = False) -> AlertId:
    """An alert that units were sent to, stored in that installation."""
    database = Database.open(f"sqlite:///{home / 'qalqan.db'}")
    try:
        desk = Desk(store=database.store, roads=roads_at(home / "map" / "streets.geojson"))
        desk.unit("near", 100)
        desk.unit("far", 900)
        alert = desk.receive()
        if decline:
            desk.wait(31)
    finally:
        database.store.close()
    return alert


def with_map(home: Path, seed: int = 1) -> None:
    written(home / "map" / "streets.geojson", drawn_city(BLOCKS, seed))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["dispatch", "replay", *arguments])
    out, err = capsys.readouterr()
    return code, out.strip(), err.strip()


def test_every_decision_of_an_alert_comes_out_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_map(tmp_path)
    alert = answered(tmp_path, decline=True)
    code, out, err = run(capsys, alert, "--data", str(tmp_path))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 2
    assert all("dispatch  the same: 2 units, the order and every reason" in line for line in lines)
    code, out, _ = run(
        capsys, alert, "--json", "--database", f"sqlite:///{tmp_path / 'qalqan.db'}",
        "--data", str(tmp_path),
    )  # fmt: skip
    rows = json.loads(out)
    assert [row["same"] for row in rows] == [True, True]
    first = rows[0]["decision"]
    assert [one["by"] for one in first["candidates"]] == ["road", "road"]
    assert first["inputs"]["map"]
    assert {unit[1] for unit in first["inputs"]["units"]} == {"near", "far"}


def test_another_map_and_none_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_map(tmp_path)
    alert = answered(tmp_path)
    with_map(tmp_path, seed=2)
    code, out, _ = run(capsys, alert, "--data", str(tmp_path))
    assert code == 1
    assert "another map: it was made with" in out
    (tmp_path / "map" / "streets.geojson").unlink()
    code, out, _ = run(capsys, alert, "--data", str(tmp_path))
    assert code == 1
    assert out.endswith("this installation has none")


def test_without_a_map_then_and_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alert = answered(tmp_path)
    assert run(capsys, alert, "--data", str(tmp_path))[0] == 0


def test_an_older_record_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alert = answered(tmp_path)
    database = Database.open(f"sqlite:///{tmp_path / 'qalqan.db'}")
    with database.store.begin() as tx:
        step = tx.steps(alert)[-1]
        older = {"chosen": None, "candidates": [], "others": {}}
        tx.add_step(replace(step, detail={"decision": older}))
    database.store.close()
    code, out, _ = run(capsys, alert, "--data", str(tmp_path))
    assert code == 1
    assert out.splitlines()[-1].endswith("an older record: what it was made of was not kept")


def test_what_cannot_be_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "x", "--data", str(tmp_path / "none"))[0] == 1
    answered(tmp_path)
    assert run(capsys, "x", "--data", str(tmp_path)) == (2, "", "qalqan: there is no alert x")
    written(tmp_path / "map" / "streets.geojson", {})
    alert = answered_without_map(tmp_path)
    code, _, err = run(capsys, alert, "--data", str(tmp_path))
    assert code == 1
    assert "is no map of streets" in err
    assert "\n" not in err


def answered_without_map(home: Path) -> AlertId:
    database = Database.open(f"sqlite:///{home / 'qalqan.db'}")
    try:
        with database.store.read() as tx:
            return tx.page_alerts(1)[0].id
    finally:
        database.store.close()


def test_a_map_that_cannot_be_used_keeps_nobody_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path / "streets.geojson", {})
    with pytest.raises(MapUnusable):
        roads_at(path)
    assert roads_if_usable(path) is None
    assert "by the straight line" in caplog.text
    assert roads_if_usable(tmp_path / "none") is None


def test_what_was_decided_on_together_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of two alerts keeps the grounds; a lesser one that loses its patrol has its own."""
    with_map(tmp_path)
    database = Database.open(f"sqlite:///{tmp_path / 'qalqan.db'}")
    try:
        roads = roads_at(tmp_path / "map" / "streets.geojson")
        desk = Desk(store=database.store, roads=roads)
        alerts = [desk.receive(1), desk.receive(2, kind="fire", camera="next-door")]
        units = [desk.unit("u", 40), desk.unit("v", -5000)]
        desk.wait(0.5, *units)
        graver = desk.receive(3, kind="weapon", severity="critical", camera="next-door")
    finally:
        database.store.close()
    said = []
    for alert in (*alerts, graver):
        code, out, err = run(capsys, alert, "--data", str(tmp_path))
        assert (code, err) == (0, ""), out
        said.append(out)
    together = [out for out in said if "; with 2 alerts that waited, who goes where" in out]
    assert len(together) == 2
    assert "preempt" not in said[2]
