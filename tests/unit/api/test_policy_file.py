"""The policy file: what it says is what holds; what is wrong is one line that names it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.alert import Place
from alerts.plans import Facts, for_alert
from api.errors import SettingsError
from api.policy_file import policy_of, read_plans
from api.settings import PolicySettings

WHOLE = """
version: 1
timezone: Asia/Almaty
districts:
  old town: {polygon: [[43.2, 76.9], [43.2, 77.0], [43.3, 77.0], [43.3, 76.9]]}
  station: {centre: [43.34, 76.95], radius_m: 600}
rules:
  - name: fights at night
    when: {kinds: [fight], severities: [critical, high], districts: [old town, station],
           hours: "22:00-06:00", days: [fri, sat]}
    then: {answer_s: 20, channels: [[stream, push, apprise]]}
  - name: the rest of the night waits for a person
    when: {hours: "22:00-24:00"}
    then: {dispatch: false, attention_s: 30}
"""
FRIDAY_NIGHT = datetime(2026, 3, 6, 18, tzinfo=UTC)  # 23:00 in Almaty
OLD_TOWN = Place("old town", 43.25, 76.95)


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_whole_file_is_in_force(tmp_path: Path) -> None:
    policy = policy_of(PolicySettings(answer_s=40), written(tmp_path, WHOLE))
    fight = for_alert(policy, Facts("fight", "high", OLD_TOWN), FRIDAY_NIGHT)
    assert (fight.answer_s, fight.channels) == (20, (("stream", "push", "apprise"),))
    assert (fight.auto_dispatch_severities, fight.attention_s) == ((), 30)
    elsewhere = for_alert(policy, Facts("fight", "high", Place("x", 50, 50)), FRIDAY_NIGHT)
    assert elsewhere.answer_s == 40
    by_day = for_alert(policy, Facts("fire", "high", None), datetime(2026, 3, 6, 8, tzinfo=UTC))
    assert by_day.auto_dispatch_severities == ("critical", "high")


RULE = "version: 1\nrules:\n  - name: one\n    "


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a mapping with `version: 1` and `rules`"),
        ("version: 2", "version: Input should be 1"),
        ("version: 1\nrule: []", "rule: there is no such key"),
        ("version: 1\n  x: [", "not YAML"),
        ("version: 1\ntimezone: Mars/Base", "timezone: 'Mars/Base' is not a time zone"),
        (RULE + "then: {}", "rules.0.then: sets nothing"),
        (RULE + "then: {answer: 3}", "rules.0.then: 'answer' cannot be set by a rule"),
        (RULE + "then: {group_within_s: 3}", "'group_within_s' cannot be set by a rule"),
        (RULE + "then: {answer_s: -3}", "greater than 0"),
        (RULE + "then: {dispatch: maybe}", "`dispatch` is true or false"),
        (RULE + "then: {channels: [[pigeon]]}", "channels.0.0"),
        (RULE + "when: {kinds: [figth]}\n    then: {answer_s: 3}", "'figth' is not a kind"),
        (RULE + "when: {hours: 22-6}\n    then: {answer_s: 3}", "rules.0.when.hours"),
        (RULE + "when: {hours: '10:00-10:00'}\n    then: {answer_s: 3}", "no time at all"),
        (RULE + "when: {hours: '10:00-24:30'}\n    then: {answer_s: 3}", "not a time of day"),
        (RULE + "when: {districts: [x]}\n    then: {answer_s: 3}", "there is no district 'x'"),
        (
            RULE + "then: {answer_s: 3}\n  - name: one\n    then: {answer_s: 4}",
            "two rules are named 'one'",
        ),
        ("version: 1\ndistricts: {a: {centre: [1, 2]}}", "give either `polygon` or"),
        ("version: 1\ndistricts: {a: {polygon: [[1, 2], [2, 3]]}}", "districts.a.polygon"),
        ("version: 1\ndistricts: {a: {centre: [91, 2], radius_m: 5}}", "districts.a.centre.0"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_plans(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert says in said
    assert "\n" not in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_plans(tmp_path / "none.yaml")
