"""When a rule is believed, and when not any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from alerts.alert import AlertId, Outcome
from alerts.believing.trust import (
    RuleTrust,
    Standing,
    TrustPolicy,
    Verdict,
    estimate,
    recovered,
    restored,
    weighed,
)
from alerts.policy import Policy
from api.settings import TrustSettings
from ingest.camera import CameraId
from tests.support.incidents import NOON

CAMERA = CameraId("north-gate")
POLICY = TrustPolicy(confidence=0.95, min_verdicts=10, hold_verdicts=8)
RULE = RuleTrust(CAMERA, "intrusion", "high")
OUTCOMES = {"r": Outcome.REAL, "f": Outcome.FALSE, "u": Outcome.UNCLEAR, "d": Outcome.DUPLICATE}


def said(letters: str, since: datetime = NOON, every_s: float = 60) -> list[Verdict]:
    """Verdicts in the order they were given (r, f, u, d), the newest first as stores give them."""
    given = [
        Verdict(
            AlertId(f"alert-{number:04d}"),
            CAMERA,
            "intrusion",
            OUTCOMES[letter],
            since + timedelta(seconds=every_s * (number + 1)),
            "operator:aigul",
        )
        for number, letter in enumerate(letters)
    ]
    return given[::-1]


def at_end(verdicts: list[Verdict]) -> datetime:
    return verdicts[0].at if verdicts else NOON


def standing(letters: str, trust: RuleTrust = RULE, policy: TrustPolicy = POLICY) -> Standing:
    verdicts = said(letters)
    return weighed(trust, verdicts, at_end(verdicts), policy)[0].standing


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", "trusted"),
        ("f" * 9, "trusted"),  # too few
        ("f" * 10, "trusted"),  # 0 of 10: up to 0.308 with 95 %
        ("f" * 11, "review"),  # 0 of 11: up to 0.285
        ("r" + "f" * 14, "trusted"),  # 1 of 15: up to 0.320
        ("r" + "f" * 19, "review"),  # 1 of 20: up to 0.249
        ("rf" * 40, "trusted"),
        ("r" * 40, "trusted"),
        ("u" * 90, "trusted"),  # nobody could say
        ("d" * 90, "trusted"),
        ("f" * 8 + "u" * 20, "trusted"),  # what nobody could say makes nothing surer
        ("f" * 11 + "du" * 10, "review"),
    ],
)
def test_a_rule_that_is_surely_under_its_budget_goes_to_review(letters: str, expected: str) -> None:
    assert standing(letters) == expected


def test_the_window_forgets() -> None:
    policy = replace(POLICY, window=20)
    assert standing("r" * 50 + "f" * 20, policy=policy) is Standing.REVIEW
    assert standing("f" * 50 + "rrf" * 7, policy=policy) is Standing.TRUSTED


def test_old_verdicts_weigh_less_and_make_it_less_sure() -> None:
    verdicts = said("f" * 12)
    fresh = estimate(verdicts, at_end(verdicts), POLICY)
    later = estimate(verdicts, at_end(verdicts) + timedelta(days=365), POLICY)
    assert (fresh.precision, later.precision) == (0, 0)
    assert later.high == pytest.approx(fresh.high, abs=1e-3), "all are equally old"
    mixed = [*said("r", NOON + timedelta(days=90)), *said("f" * 12)]
    decayed = estimate(mixed, mixed[0].at, POLICY)
    assert decayed.precision is not None
    assert decayed.precision == pytest.approx(1 / (1 + 12 / 8), rel=0.01), "three half-lives"
    assert decayed.high > estimate(mixed, mixed[0].at, replace(POLICY, half_life_days=3650)).high


def test_critical_rules_are_flagged_and_no_more() -> None:
    grave = replace(RULE, kind="fire", severity="critical")
    assert standing("f" * 40, grave) is Standing.FLAGGED
    assert standing("f" * 40, grave, replace(POLICY, demote_critical=True)) is Standing.REVIEW
    assert standing("f" * 40, RULE, replace(POLICY, demote=False)) is Standing.FLAGGED


def test_a_flag_goes_when_it_is_true_no_more() -> None:
    grave = replace(RULE, severity="critical", standing=Standing.FLAGGED, version=2)
    verdicts = said("f" * 10 + "r" * 20)
    after, _ = weighed(grave, verdicts, at_end(verdicts), POLICY)
    assert (after.standing, after.reason, after.version) == (Standing.TRUSTED, "recovered", 3)
    assert standing("f" * 20, grave) is Standing.FLAGGED


def test_budgets_are_by_severity_and_by_kind() -> None:
    lenient = replace(POLICY, kinds={"intrusion": 0.05})
    assert standing("f" * 11, policy=lenient) is Standing.TRUSTED
    assert standing("f" * 80, policy=lenient) is Standing.REVIEW
    strict = replace(POLICY, budget={**POLICY.budget, "high": 0.9})
    assert standing("rf" * 8, policy=strict) is Standing.REVIEW


def test_a_restored_rule_starts_afresh_and_is_left_alone_for_a_while() -> None:
    verdicts = said("f" * 30)
    now = at_end(verdicts)
    down, _ = weighed(RULE, verdicts, now, POLICY)
    up = restored(down, now, "operator:aigul", "the lamp was moved")
    assert (up.standing, up.version, up.counts_from) == (Standing.TRUSTED, down.version + 1, now)
    policy = replace(POLICY, confidence=0.8)
    for count, expected in ((7, Standing.TRUSTED), (8, Standing.REVIEW)):
        more = [*said("f" * count, now), *verdicts]
        assert weighed(up, more, at_end(more), policy)[0].standing is expected
    kept = [*said("r" * 10, now), *verdicts]
    found = estimate(kept, at_end(kept), POLICY, up.counts_from)
    assert (found.real, found.false, found.precision) == (10, 0, 1.0)


def test_what_is_in_review_is_proposed_to_be_restored_and_never_restores_itself() -> None:
    verdicts = said("f" * 30)
    now = at_end(verdicts)
    down, _ = weighed(RULE, verdicts, now, POLICY)
    for letters, expected in (("r" * 9, False), ("r" * 10, True), ("rff" * 8, False)):
        later = [*said(letters, now), *verdicts]
        assert recovered(down, later, at_end(later), POLICY) is expected
        assert weighed(down, later, at_end(later), POLICY)[0] == down
    assert not recovered(RULE, said("r" * 50), now, POLICY)


def test_every_number_of_the_trust_policy_is_a_setting() -> None:
    assert TrustPolicy(**TrustSettings().model_dump()) == TrustPolicy()
    assert set(TrustSettings.model_fields) == set(TrustPolicy.__dataclass_fields__)


def test_the_page_holds_every_setting_and_its_default() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "trust.md").read_text("utf-8")
    told = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    assert set(told["trust"]) == set(TrustSettings.model_fields)
    defaults = {**told["trust"], "kinds": {}}
    assert TrustPolicy(**TrustSettings(**defaults).model_dump()) == TrustPolicy()
    assert told["policy"]["review_s"] == Policy().review_s


def test_a_budget_that_names_one_severity_keeps_the_others() -> None:
    settings = TrustSettings.model_validate({"budget": {"low": 0.5}, "kinds": {"fire": 0.1}})
    policy = TrustPolicy(**settings.model_dump())
    assert policy.budget == {**TrustPolicy().budget, "low": 0.5}
    assert policy.budget_of("fire", "critical") == 0.1
    for wrong in (
        {"kinds": {"fires": 0.1}},
        {"budget": {"grave": 0.1}},
        {"budget": {"low": 2}},
        {"window": 10, "hold_verdicts": 20},
    ):
        with pytest.raises(ValueError, match=r"kinds|budget|window"):
            TrustSettings.model_validate(wrong)
