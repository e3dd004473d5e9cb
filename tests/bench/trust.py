"""How soon a bad rule is demoted and how often a good one wrongly: `python -m tests.bench.trust`.

Verdicts are drawn with a true precision, a few a day; after each one the rule is weighed as the
service does it, so that the figures hold for looking again and again, not for one look.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import timedelta
from random import Random
from statistics import median

from alerts.alert import AlertId, Outcome
from alerts.believing.trust import RuleTrust, Standing, TrustPolicy, Verdict, weighed
from ingest.camera import CameraId
from tests.support.incidents import NOON

CAMERA = CameraId("north-gate")
PRECISIONS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def demoted_after(
    precision: float, policy: TrustPolicy, verdicts: int, each_day: float, dice: Random
) -> int | None:
    """The number of verdicts until a rule of that true precision is in review; None: never."""
    trust, given, now = RuleTrust(CAMERA, "intrusion", "high"), list[Verdict](), NOON
    for number in range(verdicts):
        now += timedelta(days=1 / each_day)
        outcome = Outcome.REAL if dice.random() < precision else Outcome.FALSE
        one = Verdict(AlertId(str(number)), CAMERA, "intrusion", outcome, now, "operator:dice")
        given = [one, *given][: policy.window]
        trust, _ = weighed(trust, given, now, policy)
        if trust.standing is Standing.REVIEW:
            return number + 1
    return None


def main() -> None:
    """Print a table of shares demoted and of the verdicts that it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--confidence", type=float, nargs="+", default=[0.95, 0.99])
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--verdicts", type=int, default=200)
    parser.add_argument("--each-day", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.rules} rules each, {asked.verdicts} verdicts, {asked.each_day:g} a day")
    print("confidence  true precision  demoted  verdicts until then (median)")
    for confidence in asked.confidence:
        policy = replace(TrustPolicy(), confidence=confidence)
        for precision in PRECISIONS:
            dice = Random(asked.seed)
            runs = [
                demoted_after(precision, policy, asked.verdicts, asked.each_day, dice)
                for _ in range(asked.rules)
            ]
            ended = [one for one in runs if one is not None]
            took = f"{median(ended):.0f}" if ended else "-"
            print(
                f"{confidence:10.2f}  {precision:14.2f}  {len(ended) / asked.rules:7.0%}  {took:>6}"
            )


if __name__ == "__main__":
    main()
