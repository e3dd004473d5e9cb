"""`qalqan alarms report`, over a database as the service leaves it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.alert import Outcome
from alerts.stores.sql import Database
from api.cli.main import main
from tests.support.incidents import NOON
from tests.support.patrols import OPERATOR, Desk

SPAN = ("--from", "2026-11-24T11:00:00Z", "--to", "2026-11-24T13:00:00+00:00")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    database = Database.open(f"sqlite:///{tmp_path / 'qalqan.db'}")
    try:
        desk = Desk(store=database.store)
        for number in range(1, 13):
            desk.now = NOON + timedelta(minutes=number / 2)
            alert = desk.receive(number, kind="speeding", camera=f"c-{number % 3}", severity="low")
            desk.now += timedelta(seconds=number)
            desk.service.acknowledge(alert, OPERATOR)
            desk.service.close(alert, OPERATOR, Outcome.REAL)
    finally:
        database.store.close()
    return tmp_path


def test_the_numbers_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "report", "--json", "--data", str(home), *SPAN]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["alerts"], found["operators"], found["mix"]["low"]) == (12, 1, 1.0)
    assert found["periods"] == {
        "number": 12,
        "mean": 1.0,
        "peak": 12.0,
        "peak_at": "2026-11-24T12:00:00.000Z",
        "in_flood": 0.0833,
        "load": "acceptable",
    }
    assert (found["answering"]["p50_s"], found["answering"]["p95_s"]) == (6.0, 12.0)
    assert [one["count"] for one in found["worst_cameras"]] == [4, 4, 4]


def test_in_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "report", "--operators", "4", "--data", str(home), *SPAN]) == 0
    out = capsys.readouterr().out
    assert "0.25 for each operator: acceptable" in out
    assert "half in 6 s, 95 % in 12 s, 0 by nobody" in out
    assert "speeding 12 (100%)" in out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--from", "yesterday"), "is no moment"),
        (("--from", "2026-11-24T11:00:00"), "say which time zone"),
        (("--from", SPAN[3], "--to", SPAN[1]), "--from must be before --to"),
    ],
)
def test_what_is_no_span(
    home: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...], said: str
) -> None:
    assert main(["alarms", "report", "--data", str(home), *wrong]) == 2
    assert said in capsys.readouterr().err
