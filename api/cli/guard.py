"""`qalqan bench guard`: what a way of looking at cameras misses, against exact mode in fp32."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.analyze import DEFAULT_MODEL, Engine, Precision, Without
from api.cli.scene_file import read_scene
from api.errors import ApiError, BadInput
from detect.guard.compare import Comparison, compare, total
from detect.guard.report import as_dict, as_html, as_text
from detect.guard.runs import RunClip
from detect.guard.scenes import guard_scene
from detect.guard.truth import Truth, read_truth
from detect.guard.verdict import LEAST_RECALL, MOST_EXTRA_FALSE, Bounds, faults
from detect.mode import EXACT, USUAL, Economy, Mode
from detect.scene import Scene

MODES = {"usual": USUAL, "exact": EXACT}
Case = tuple[Path, Scene, Truth | None]
"""A clip, the scene that it is judged by, and its truth."""


class BelowBounds(ApiError):
    """The way under test misses too much, or raises too much."""


Clips = Annotated[list[Path], typer.Argument(help="Video files; a truth file may lie beside.")]
Way = Annotated[str, typer.Option(help="The way under test: usual or exact.")]
Rate = Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second.")]
WhenIdle = Annotated[
    Economy, typer.Option(help="When idle cameras are decoded by key frames alone.")
]
ScenePath = Annotated[
    Path | None, typer.Option(help="Scene for every clip; else <clip>.scene.json beside it.")
]
Grid = Annotated[bool, typer.Option("--grid", help="Rules over a grid too: many more incidents.")]
Recall = Annotated[float, typer.Option(min=0, max=1)]
Extra = Annotated[float, typer.Option(min=0)]
Certain = Annotated[bool, typer.Option("--certain", help="Judge by the lower bound of recall.")]
Page = Annotated[Path | None, typer.Option(help="Also write a page (HTML) here.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def guard(
    clips: Clips,
    mode: Way = "usual",
    without: Without = "",
    model: Annotated[str, typer.Option(help="Model name.")] = DEFAULT_MODEL,
    engine: Engine = "auto",
    precision: Precision = "auto",
    fps: Rate = 5.0,
    scene: ScenePath = None,
    economy: WhenIdle = "always",
    grid: Grid = False,
    least_recall: Recall = LEAST_RECALL,
    least_track_recall: Recall = 0.0,
    most_extra_false: Extra = MOST_EXTRA_FALSE,
    certain: Certain = False,
    report: Page = None,
    as_json: AsJson = False,
) -> None:
    """Run clips in exact mode with fp32 and in another way, and count what the other misses."""
    chosen = _mode(mode, without)
    cases = [(clip, *_case(clip, scene, grid)) for clip in clips]
    by_clip = _compared(cases, _runs(model, engine, precision, economy, fps), chosen)
    result = total(by_clip.values())
    wrong = faults(result, Bounds(least_recall, most_extra_false, least_track_recall, certain))
    text = as_text(result, by_clip)
    if report is not None:
        _write(report, as_html(f"Guard: {mode} mode, {model}", result, wrong, text))
    typer.echo(json.dumps(_told(result, by_clip, wrong)) if as_json else text)
    if wrong:
        raise BelowBounds("below the bounds: " + "; ".join(wrong))


def _compared(
    cases: list[Case], runs: tuple[RunClip, RunClip], mode: Mode
) -> dict[str, Comparison]:
    """Each clip, both ways; by its name, or its path where two have one name."""
    reference, test = runs
    by_clip: dict[str, Comparison] = {}
    for clip, scene, truth in cases:
        print(f"{clip.name}: both ways", file=sys.stderr, flush=True)
        wanted, got = reference(clip, scene, EXACT), test(clip, scene, mode)
        name = clip.name if clip.name not in by_clip else str(clip)
        by_clip[name] = compare(wanted, got, truth)
    return by_clip


def _told(
    result: Comparison, by_clip: dict[str, Comparison], wrong: list[str]
) -> dict[str, object]:
    each = {
        name: {
            **as_dict(one, [])["rows"]["all"],
            "missed": list(one.missed),
            "extra": list(one.extra),
        }
        for name, one in by_clip.items()
    }
    return {**as_dict(result, wrong), "by_clip": each}


def _mode(name: str, without: str) -> Mode:
    if name not in MODES:
        raise BadInput(f"--mode: {name!r} is not one of {', '.join(MODES)}")
    try:
        return MODES[name].without([part for part in without.split(",") if part])
    except ValueError as error:
        raise BadInput(f"--without: {error}") from error


def _case(clip: Path, scene: Path | None, grid: bool) -> tuple[Scene, Truth | None]:
    """The scene that a clip is judged by, and its truth if that belongs to the scene."""
    if not clip.is_file():
        raise BadInput(f"there is no file {clip}")
    beside = clip.with_suffix(".scene.json")
    given = scene or (beside if beside.is_file() else None)
    if given is not None:  # its zones bear other names than the truth's
        return read_scene(given), None
    truth = read_truth(clip)
    return guard_scene(truth, grid=grid), truth


def _runs(
    model: str, engine: str, precision: str, economy: Economy, fps: float
) -> tuple[RunClip, RunClip]:
    """The reference and the way under test."""
    from api.home import manifests, weights
    from detect.catalog import Catalog
    from detect.guard.play import guard_runs

    return guard_runs(Catalog(manifests(), weights()), model, engine, precision, economy, fps)


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
