"""`qalqan bench guard`: what a way of looking at cameras misses, against exact mode in fp32."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.scene_file import read_scene
from api.errors import ApiError, BadInput
from detect.guard.compare import Comparison, compare, total
from detect.guard.report import as_dict, as_html, as_text
from detect.guard.runs import RunClip
from detect.guard.scenes import guard_scene
from detect.guard.truth import Truth, read_truth
from detect.guard.verdict import LEAST_RECALL, MOST_EXTRA_FALSE, Bounds, faults
from detect.mode import EXACT, USUAL, Economy, Mode

if TYPE_CHECKING:
    from detect.scene import Scene

MODES = {"usual": USUAL, "exact": EXACT}
DEFAULT_MODEL = "nanodet-g-416"


class BelowBounds(ApiError):
    """The way under test misses too much, or raises too much."""


def guard(
    clips: Annotated[list[Path], typer.Argument(help="Video files; a truth file may lie beside.")],
    mode: Annotated[str, typer.Option(help="The way under test: usual or exact.")] = "usual",
    without: Annotated[
        str, typer.Option(help="Savings of that mode to leave out, e.g. regions,idle.")
    ] = "",
    model: Annotated[str, typer.Option(help="Model name, see `qalqan models list`.")] = (
        DEFAULT_MODEL
    ),
    engine: Annotated[str, typer.Option(help="Of the way under test: auto, or one by name.")] = (
        "auto"
    ),
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second.")] = 5.0,
    scene: Annotated[
        Path | None, typer.Option(help="Scene for every clip; else <clip>.scene.json beside it.")
    ] = None,
    economy: Annotated[
        Economy, typer.Option(help="When idle cameras are decoded by key frames alone.")
    ] = "always",
    grid: Annotated[
        bool, typer.Option("--grid", help="Rules over a grid too: many more incidents.")
    ] = False,
    least_recall: Annotated[float, typer.Option(min=0, max=1)] = LEAST_RECALL,
    least_track_recall: Annotated[float, typer.Option(min=0, max=1)] = 0.0,
    most_extra_false: Annotated[float, typer.Option(min=0)] = MOST_EXTRA_FALSE,
    certain: Annotated[
        bool, typer.Option("--certain", help="Judge by the lower bound of recall.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Also write a page (HTML) here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run clips in exact mode with fp32 and in another way, and count what the other misses."""
    chosen = _mode(mode, without)
    cases = [_case(clip, scene, grid) for clip in clips]
    reference, test = _runs(model, engine, precision, economy, fps)
    by_clip: dict[str, Comparison] = {}
    for clip, (judged_by, truth) in zip(clips, cases, strict=True):
        print(f"{clip.name}: both ways", file=sys.stderr, flush=True)
        wanted, got = reference(clip, judged_by, EXACT), test(clip, judged_by, chosen)
        name = clip.name if clip.name not in by_clip else str(clip)
        by_clip[name] = compare(wanted, got, truth)
    result = total(by_clip.values())
    wrong = faults(result, Bounds(least_recall, most_extra_false, least_track_recall, certain))
    text = as_text(result, by_clip)
    if report is not None:
        _write(report, as_html(f"Guard: {mode} mode, {model}", result, wrong, text))
    if as_json:
        each = {
            name: {
                **as_dict(one, [])["rows"]["all"],
                "missed": list(one.missed),
                "extra": list(one.extra),
            }
            for name, one in by_clip.items()
        }
        typer.echo(json.dumps({**as_dict(result, wrong), "by_clip": each}))
    else:
        typer.echo(text)
    if wrong:
        raise BelowBounds("below the bounds: " + "; ".join(wrong))


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
