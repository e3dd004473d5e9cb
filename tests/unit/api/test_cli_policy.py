"""`qalqan policy`: the file looked at; why an alert went, and what would happen to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import AlertId
from alerts.notification import Stage
from alerts.service import Answer
from alerts.stores.sql import Database
from api.cli.main import main
from api.policy_file import policy_of
from api.settings import PolicySettings
from tests.support.patrols import Desk

RULES = """
version: 1
timezone: Asia/Almaty
districts:
  gate: {centre: [60.17, 24.94], radius_m: 300}
rules:
  - name: intruders at the gate
    when: {kinds: [intrusion], districts: [gate]}
    then: {answer_s: 20}
  - name: fires
    when: {kinds: [fire]}
    then: {answer_s: 5}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(RULES, "utf-8")
    return tmp_path


def played(home: Path, *, answer: bool) -> AlertId:
    """An alert of which one unit let the offer lapse, and another has it on its device."""
    database = Database.open(f"sqlite:///{home / 'qalqan.db'}")
    try:
        policy = policy_of(PolicySettings(), home / "policy.yaml")
        desk = Desk(store=database.store, policy=policy)
        near, far = desk.unit("Near", 100), desk.unit("Far", 900)
        alert = desk.receive()
        desk.wait(10, near, far)
        desk.wait(10, near, far)
        offer = desk.service.alert(alert).notifications[-1]
        desk.service.receipt(offer.id, far, Stage.DELIVERED)
        if answer:
            desk.say(alert, far, Answer.ACCEPT)
    finally:
        database.store.close()
    return alert


def run(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> tuple[int, str, str]:
    extra = ["--data", str(home), "--policy", str(home / "policy.yaml")]
    code = main(["policy", "explain", *arguments, *extra])
    out, err = capsys.readouterr()
    return code, out, err.strip()


def explained(capsys: pytest.CaptureFixture[str], home: Path, *arguments: str) -> dict[str, Any]:
    code, out, err = run(capsys, home, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_why_it_went_to_whom_and_when(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = explained(capsys, home, played(home, answer=False))
    assert found["rules"] == [
        "intruders at the gate: applies, sets answer_s",
        "fires: does not apply, intrusion is not one of its kinds (fire)",
    ]
    assert found["numbers"]["answer_s"] == {"value": 20.0, "from": "intruders at the gate"}
    assert found["numbers"]["receipt_s"]["from"] == "the city's own"
    says = [one["says"] for one in found["happened"]]
    assert any(
        one.startswith("dispatch Near by system:qalqan [Near: soonest there") for one in says
    )
    assert any("no device has it after 10 s over stream, push" in one for one in says)
    assert any(one.startswith("lapse Near by system:qalqan: no answer in time") for one in says)
    told = [one for one in says if one.startswith("offer to")]
    assert told[0].startswith("offer to Near over stream (taken after 0.0 s); no device has said")
    assert told[1] == "offer to Far over stream (taken after 0.0 s); on a device after 0.0 s"
    coming = [one["says"] for one in found["to_come"]]
    assert any(one.startswith("no answer: ") for one in coming)
    assert any("no patrol has accepted yet: an alarm sounds" in one for one in coming)


def test_after_an_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, home, played(home, answer=True))
    assert code == 0
    assert "accept by patrol:" in out
    assert "answered accept after 0.0 s" in out
    assert "accepted, but not on the way: an alarm sounds until a person takes it" in out


def test_what_would_happen(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    played(home, answer=True)
    case = ("--kind", "fire", "--severity", "critical", "--place", "60.171,24.94")
    found = explained(capsys, home, *case, "--at", "2026-11-24T23:00:00")
    assert found["facts"].endswith("(in gate); Tue 23:00 there")
    assert found["numbers"]["answer_s"]["value"] == 5
    assert [one["says"] for one in found["to_come"]] == [
        "nobody can be sent: an alarm sounds at once"
    ]
    found = explained(capsys, home, "--kind", "crowd", "--severity", "low")
    assert found["to_come"][0]["says"].startswith("listed in the control room; no patrol is sent")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name an alert, or describe one"),
        (("nothing",), "there is no alert nothing"),
        (("--kind", "figth"), "there is no kind 'figth'"),
        (("--kind", "fire", "--severity", "bad"), "there is no severity 'bad'"),
        (("--kind", "fire", "--place", "here"), "is not LATITUDE,LONGITUDE"),
        (("--kind", "fire", "--place", "91,0"), "is not LATITUDE,LONGITUDE"),
    ],
)
def test_what_cannot_be_explained(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    Database.open(f"sqlite:///{home / 'qalqan.db'}").close()
    code, out, err = run(capsys, home, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "\n" not in err


def test_the_file_is_checked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(home / "policy.yaml")]) == 0
    assert capsys.readouterr().out.strip() == "2 rules, 1 districts, hours in Asia/Almaty"
    (home / "policy.yaml").write_text("version: 1\nrules: [{name: x, then: {nope: 1}}]", "utf-8")
    assert main(["policy", "check", str(home / "policy.yaml")]) == 2
    assert "'nope' cannot be set by a rule" in capsys.readouterr().err
