"""`docs/guard.md` tells the truth: its numbers, its slices, its options, its example."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest

from api.cli.guard import guard
from detect.guard import slices, tracks
from detect.guard.bounds import Share
from detect.guard.incidents import NEAR_S
from detect.guard.scenes import guard_scene
from detect.guard.truth import parse_truth
from detect.guard.verdict import LEAST_RECALL, MOST_EXTRA_FALSE
from detect.looking.audit import (
    HIGHEST_HOLD,
    HOLD,
    LONGEST_HOLD,
    MOST_MISSED,
    SURELY,
    WIDENINGS,
    WINDOW,
)

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "guard.md").read_text("utf-8")
SAID = " ".join(DOCS.split())


def test_every_slice_and_every_option_is_explained() -> None:
    rows = re.findall(r"^\| ([^|]+?) \| ", DOCS, re.MULTILINE)
    assert set(slices.SLICES) <= set(rows)
    options = {"--" + name.replace("_", "-") for name in signature(guard).parameters}
    options -= {"--clips", "--as-json"}
    assert options <= set(re.findall(r"--[a-z-]+", DOCS))


@pytest.mark.parametrize(
    "said",
    [
        f"`--least-recall` | {LEAST_RECALL} ",
        f"`--most-extra-false` | {MOST_EXTRA_FALSE} ",
        f"{NEAR_S} s of grace",
        f"overlap {tracks.SAME_IOU} of their union",
        f"at most {tracks.BRIDGE_S} s apart ({tracks.BRIDGE_STILL_S} s",
        f"they last {tracks.SHORTEST_S:.0f} s and three sightings",
        f"lower than 1/{1 / slices.SMALL:.0f} of the picture",
        f"below {slices.SLOW} of its own height a second",
        f"mean below {slices.DARK:.0f} of 255) with noise of {slices.NOISY:.0f} grey levels",
        f"stays at its place for {slices.PARKED_S:.0f} s",
        f"stays alone for {slices.LEFT_S:.0f} s",
        f"when {slices.CROWD} people or more",
        f"1 | {WIDENINGS[1].sensitivity} times as sensitive to motion; "
        f"sweeps and checks {WIDENINGS[1].care} times",
        f"2 | {WIDENINGS[2].sensitivity} times both",
        f"above {100 * MOST_MISSED:.0f} % of the boxes with {50 + 50 * SURELY:.0f} % certainty",
        f"after {HOLD} judged frames ({HOLD * HIGHEST_HOLD} at level 3)",
        f"doubles that, up to {LONGEST_HOLD}",
        f"the latest {WINDOW} judged frames",
    ],
)
def test_its_numbers_are_those_of_the_code(said: str) -> None:
    assert said in SAID


def test_its_figures_of_what_suffices_are_right() -> None:
    assert Share(2, 7).low(SURELY) > MOST_MISSED > Share(2, 8).low(SURELY)
    assert Share(3, 16).low(SURELY) > MOST_MISSED > Share(3, 17).low(SURELY)
    assert Share(20, 20).low() == pytest.approx(0.83, abs=0.005)
    assert Share(183, 183).low() == pytest.approx(0.98, abs=0.005)
    assert [round(bound, 2) for bound in (Share(48, 50).low(), Share(48, 50).high())] == [0.86, 1.0]


def test_its_truth_file_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    file = tmp_path / "clip.truth.json"
    file.write_text(example, "utf-8")
    truth = parse_truth(file)
    assert len(truth.events) == 3
    assert len(guard_scene(truth).rules) == 3
