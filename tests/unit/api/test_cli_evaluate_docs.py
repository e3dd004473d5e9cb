"""`docs/evaluation.md` tells the truth: its options, its numbers, its cases, its example."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest

from api.cli.evaluate import evaluate
from detect import annotate
from detect.evaluation import hard, hard_clips, match
from detect.evaluation.scenes import anywhere, evaluation_scene
from detect.guard.bounds import Rate
from detect.guard.truth import LOITERING_S, NAMES, UNSURE_S, parse_truth
from detect.rules import KINDS

DOCS = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text("utf-8")
SAID = " ".join(DOCS.split())


def test_every_option_and_every_hard_case_is_explained() -> None:
    options = {"--" + name.replace("_", "-") for name in signature(evaluate).parameters}
    options = (options - {"--folder", "--as-json", "--negatives"}) | {"--no-negatives", "--json"}
    assert options <= set(re.findall(r"--[a-z-]+", DOCS))
    rows = re.findall(r"^\| (\w+) \| .* \| (change nothing|be raised) \|$", DOCS, re.MULTILINE)
    assert dict(rows) == {
        case.name: "be raised" if case.tampers else "change nothing" for case in hard.CASES.values()
    }


@pytest.mark.parametrize(
    "said",
    [
        f"({match.SLACK_S} s of grace before it, {match.LATE_S:.0f} s after it",
        f"grown by {match.MARGIN} of the frame",
        f"where it lasts {LOITERING_S:.0f} s (within {UNSURE_S:.0f} s of that",
        f"{hard.NIGHT_GAIN} of the light",
        f"{hard.DROPS} streaks a picture",
        f"H.264 at {hard.THIN_KBIT_S:.0f} kbit/s",
        f"{hard.SWAY:.1%} of the width".replace("%", " %"),
        f"{hard.PUMPING:.0%} up and down every {hard.PUMPING_S:.0f} s".replace("%", " %"),
        f"{hard.HALF:.0%} of the picture hidden".replace("%", " %"),
        f"{hard.TURN[0]:.0%} of the width".replace("%", " %"),
        f"{hard.TURN[1]:.0%} of the height".replace("%", " %"),
        f"events of {hard_clips.LASTS_S:.0f} s at most that begin after {hard_clips.STARTS} of",
        f"clips below {hard_clips.SHORTEST_S:.0f} s",
        f"found {hard_clips.SEEN_S:.0f} s before",
        f"made at {hard_clips.FPS:.0f} pictures a second and up to {hard_clips.MOST_PX} wide",
        f"ways of the last {annotate.TRAIL_S:.0f} s",
        f"({annotate.STAYS_S:.0f} s longer than it lasts",
    ],
)
def test_its_numbers_are_those_of_the_code(said: str) -> None:
    assert said in SAID


def test_its_words_and_kinds_are_known() -> None:
    words = re.search(r"Other words are understood: (.*?)\.\n", DOCS, re.DOTALL)
    assert words is not None
    assert set(re.findall(r"`(\w+)`", words[1])) <= set(NAMES)
    named = re.search(r"all but (.*?)\.\n", DOCS)
    assert named is not None
    assert set(re.split(r", | and ", named[1])) == set(KINDS) - set(anywhere())


def test_its_figures_of_what_suffices_are_right() -> None:
    assert Rate(0, 3 / 60).high() == pytest.approx(74, abs=0.5)
    assert Rate(0, 3.7).high() == pytest.approx(1.0, abs=0.01)


def test_its_truth_file_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    file = tmp_path / "gate.truth.json"
    file.write_text(example, "utf-8")
    truth = parse_truth(file)
    kinds = [event.place.kind for event in truth.events]
    assert kinds == ["intrusion", "intrusion", "loitering", "line_crossing", "crowd", "person_down"]
    rules = evaluation_scene(truth).rules
    assert {"fire", "smoke", "fight"} <= {rule.kind for rule in rules}
