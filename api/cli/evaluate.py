"""`qalqan evaluate`: how well the rules do on clips whose truth is known."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api.cli.analyze import (
    DEFAULT_MODEL,
    Engine,
    Exact,
    Precision,
    Without,
    chosen_mode,
    load_detector,
)
from api.cli.scene_file import read_scene
from api.errors import ApiError, BadInput
from detect.errors import DetectError
from detect.evaluation.figures import ClipResult, Failed, Figures, figures
from detect.evaluation.hard import CASES, HardCase, named
from detect.evaluation.hard_clips import HardClips
from detect.evaluation.hard_table import hard_dict, hard_table
from detect.evaluation.page import as_html
from detect.evaluation.report import as_dict, as_text, trouble_lines
from detect.evaluation.run import Case, Evaluator
from detect.evaluation.scenes import evaluation_scene, restricted
from detect.guard.truth import Truth, read_truth
from detect.rules import KINDS
from detect.scene import Scene
from ingest.errors import IngestError

VIDEOS = frozenset(
    ".3gp .asf .avi .flv .h264 .h265 .m4v .mkv .mov .mp4 .mpeg .mpg .ts .webm .wmv".split()
)
TRUTH = ".truth.json"


class SomeFailed(ApiError):
    """Some clips could not be judged; the others were."""


Folder = Annotated[Path, typer.Argument(help="Searched for videos with a truth file beside.")]
Rate = Annotated[float, typer.Option(min=0.1, max=60, help="Frames a second.")]
Page = Annotated[Path | None, typer.Option(help="Also write a page (HTML) here.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Kinds = Annotated[str, typer.Option(help="These kinds alone, by commas.")]
ScenePath = Annotated[
    Path | None, typer.Option(help="Scene for every clip; else <clip>.scene.json, else the truth.")
]
Negatives = Annotated[
    bool, typer.Option(help="Also watch for kinds that no event of the clip is of.")
]
Hard = Annotated[
    str, typer.Option(help=f"Run again made harder: all, or by commas: {', '.join(CASES)}.")
]
Keep = Annotated[Path | None, typer.Option(help="Keep the harder clips in this folder.")]
Places = tuple[Scene, bool]


def evaluate(
    folder: Folder,
    model: Annotated[str, typer.Option(help="Model name.")] = DEFAULT_MODEL,
    fps: Rate = 5.0,
    exact: Exact = False,
    without: Without = "",
    engine: Engine = "auto",
    precision: Precision = "auto",
    kinds: Kinds = "",
    negatives: Negatives = True,
    scene: ScenePath = None,
    hard: Hard = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the hard cases.")] = 1,
    keep: Keep = None,
    out: Page = None,
    as_json: AsJson = False,
) -> None:
    """Run every clip that has a `*.truth.json` and count what was found, missed and false."""
    only, mode, harder = _kinds(kinds), chosen_mode(exact, without, "never"), _hard(hard)
    clips = clips_of(folder)
    if out is not None and not out.parent.is_dir():  # an hour later it would be too late
        raise BadInput(f"cannot write {out}: there is no folder {out.parent}")
    given = None if scene is None else read_scene(scene)
    cases, failed = _cases(folder, clips, given, only, negatives)
    detector = load_detector(model, 1, engine, precision)
    threads = os.cpu_count() or 1
    evaluator = Evaluator(detector, mode, fps=fps, threads=threads, thumbs=out is not None)
    clean = figures(*_all(evaluator, cases, failed))
    with _folder(keep) as made:
        make_scene = partial(evaluation_scene, only=only, negatives=negatives)
        clips_made = HardClips(made, seed, make_scene)
        results = {
            one.name: _harder(evaluator, clips_made, one, cases, clean, keep is None)
            for one in harder
        }
    if out is not None:
        _write(out, as_html(f"Evaluation: {folder.name}, {model} at {fps:g} fps", clean, results))
    if as_json:
        typer.echo(json.dumps({**as_dict(clean), "hard": hard_dict(results)}))
    else:
        typer.echo(_told(clean, results))
    _complain([clean, *results.values()])


def _told(clean: Figures, harder: Mapping[str, Figures]) -> str:
    if not harder:
        return as_text(clean)
    lines = [as_text(clean), "", hard_table(clean, harder)]
    for name, result in harder.items():
        told = [line for clip in result.clips for line in trouble_lines(clip)]
        lines += ["", f"{name}:", *(f"  {line}" for line in told)]
    return "\n".join(lines)


def _harder(
    evaluator: Evaluator,
    made: HardClips,
    hard: HardCase,
    cases: Sequence[Case],
    clean: Figures,
    forget: bool,
) -> Figures:
    """Every clip that could be run, run again as a hard case."""
    by_name = {clip.name: clip for clip in clean.clips}
    results: list[ClipResult] = []
    failed: list[Failed] = []
    for case in cases:
        if case.name not in by_name:
            continue
        print(f"{hard.name}: {case.name}", file=sys.stderr, flush=True)
        try:
            harder = made.of(case, by_name[case.name], hard)
            if harder is not None:
                results.append(evaluator.run(harder))
        except IngestError as error:
            failed.append(Failed(f"{hard.name}: {case.name}", _line(error)))
            continue
        if harder is not None and forget:
            harder.clip.unlink(missing_ok=True)
    return figures(results, failed)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where harder clips are written: kept for the next time, or not."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="qalqan-hard-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot make {keep}: {error.strerror}") from error
    yield keep


def _hard(given: str) -> list[HardCase]:
    try:
        return named(given)
    except ValueError as error:
        raise BadInput(f"--hard: {error}") from None


def clips_of(folder: Path) -> list[Path]:
    """The videos in a folder and below that have a truth file. Raises `BadInput`."""
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}")
    truths = sorted(folder.rglob("*" + TRUTH))
    clips = {
        video: None
        for truth in truths
        for video in sorted(truth.parent.iterdir())
        if video.suffix.lower() in VIDEOS and truth.name in (video.stem + TRUTH, video.name + TRUTH)
    }
    lone = [truth for truth in truths if not any(_is_of(truth, video) for video in clips)]
    for truth in lone:
        print(f"{truth}: there is no video beside it", file=sys.stderr)
    if not clips:
        raise BadInput(f"{folder} holds no video with a *{TRUTH} beside it{_hint(folder)}")
    return list(clips)


def _hint(folder: Path) -> str:
    """What to write beside the first video that has nothing beside it, if there is one."""
    videos = (one for one in sorted(folder.rglob("*")) if one.suffix.lower() in VIDEOS)
    first = next(videos, None)
    return "" if first is None else f": write {first.stem}{TRUTH} beside {first.name}"


def _is_of(truth: Path, video: Path) -> bool:
    names = (video.stem + TRUTH, video.name + TRUTH)
    return truth.parent == video.parent and truth.name in names


def _cases(
    folder: Path,
    clips: Sequence[Path],
    given: Scene | None,
    only: frozenset[str],
    negatives: bool,
) -> tuple[list[Case], list[Failed]]:
    """Each clip with its truth and scene; those whose files are wrong, with what is."""
    cases: list[Case] = []
    failed: list[Failed] = []
    for clip in clips:
        name = clip.relative_to(folder).as_posix()
        try:
            truth = read_truth(clip) or Truth()
            places, by_name = _scene(clip, truth, given, only, negatives)
        except (DetectError, BadInput) as error:
            failed.append(Failed(name, _line(error)))
            print(f"{name}: {_line(error)}", file=sys.stderr)
            continue
        cases.append(Case(name, clip, truth, places, by_name))
    return cases, failed


def _scene(
    clip: Path, truth: Truth, given: Scene | None, only: frozenset[str], negatives: bool
) -> Places:
    """The scene, and whether its places are the truth's."""
    beside = clip.with_suffix(".scene.json")
    if given is not None:
        return restricted(given, only), False
    if beside.is_file():
        return restricted(read_scene(beside), only), False
    return evaluation_scene(truth, only=only, negatives=negatives), True


def _all(
    evaluator: Evaluator, cases: Iterable[Case], failed: Sequence[Failed]
) -> tuple[list[ClipResult], list[Failed]]:
    """Run one after the other; one that cannot be read does not end the rest."""
    results: list[ClipResult] = []
    wrong = list(failed)
    for case in cases:
        print(f"{case.name}", file=sys.stderr, flush=True)
        try:
            results.append(evaluator.run(case))
        except IngestError as error:
            wrong.append(Failed(case.name, _line(error)))
            print(f"{case.name}: {_line(error)}", file=sys.stderr)
    return results, wrong


def _complain(results: Iterable[Figures]) -> None:
    failed = [one.name for result in results for one in result.failed]
    if failed:
        raise SomeFailed(f"{len(failed)} clips could not be judged: {', '.join(failed)}")


def _kinds(given: str) -> frozenset[str]:
    named = frozenset(part.strip() for part in given.split(",") if part.strip())
    for kind in sorted(named - set(KINDS)):
        raise BadInput(f"--kinds: {kind!r} is not one of {', '.join(sorted(KINDS))}")
    return named


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
