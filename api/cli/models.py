"""`qalqan models`: list, fetch by hash, check, quantise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.home import manifests, weights
from detect.catalog import Catalog
from detect.errors import FetchFailed, ModelError, WeightsMissing

DEFAULT_MODEL = "nanodet-g-416"
ON_ONE_THREAD = "onnxruntime CPUExecutionProvider fp32, one thread"

app = typer.Typer(
    help="The models of this installation: detectors, joints, heads.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def _catalog() -> Catalog:
    return Catalog(manifests(), weights())


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Every model with a manifest, and whether its weights are here."""
    catalog = _catalog()
    rows = [_row(catalog, name, "detector") for name in catalog.names()]
    rows += [_row(catalog.poses, name, "joints") for name in catalog.poses.names()]
    rows += _head_rows(catalog)
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        here = "fetched" if row["fetched"] else "-"
        typer.echo(f"{row['name']:18} {row['use']:8} {here:8} {row['licence']}")
        if row["reason"]:
            typer.echo(f"{'':18} {row['reason']}")


def _row(catalog: Catalog, name: str, use: str) -> dict[str, Any]:
    manifest = catalog.manifest(name)
    engine = _engine_of(catalog, name) if use == "detector" else {"engine": None, "reason": None}
    return {
        "name": name,
        "use": use,
        "default": name == DEFAULT_MODEL,
        "fetched": catalog.has(name),
        **engine,
        "input": [manifest.input.width, manifest.input.height],
        "decoder": manifest.decoder,
        "licence": manifest.licence,
        "sha256": manifest.source.sha256,
    }


def _head_rows(catalog: Catalog) -> list[dict[str, Any]]:
    """The heads, which lie in the repository: nothing is to be fetched."""
    from detect.heads import Heads

    heads = Heads(catalog.heads)
    rows = []
    for name in heads.names():
        head = heads.manifest(name)
        rows.append(
            {
                "name": name,
                "use": "head",
                "default": False,
                "fetched": True,
                "engine": None,
                "reason": None,
                "input": list(head.inputs),
                "decoder": None,
                "licence": "ours",
                "sha256": head.sha256,
            }
        )
    return rows


def _engine_of(catalog: Catalog, name: str) -> dict[str, str | None]:
    """What a fetched model runs on here and why, as far as that is known without running it."""
    # Only this part needs NumPy and more.
    from detect.choosing import remembered

    try:
        choice = remembered(catalog.manifest(name), catalog.prepared(name), threads=1)
    except ModelError:
        choice = None
    if choice is None:
        return {"engine": None, "reason": None}
    return {"engine": str(choice.candidate), "reason": choice.reason}


@app.command()
def fetch(
    name: Annotated[str, typer.Argument()] = DEFAULT_MODEL,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="A local file (of a TFJS graph its JSON) instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a model's weights, prove their hash, prepare them, find the fastest engine."""
    whole = _catalog()
    is_pose = name in whole.poses.names()
    catalog = whole.poses if is_pose else whole
    try:
        catalog.fetch(name, _say, from_file)
    except FetchFailed as error:
        _say(f"qalqan: {error}")
        raise typer.Exit(1) from error
    if not is_pose:
        _say(f"{name}: finding the fastest engine")
    tried = _checked_pose(whole, name) if is_pose else _checked(whole, name)
    if tried["ok"]:
        _say(f"{name}: {tried['engine']}: {tried['reason']}")
    else:
        _say(f"qalqan: {tried['error']}")
        raise typer.Exit(1)
    if as_json:
        prepared = catalog.prepared(name)
        result = {"name": name, "path": str(prepared.graph), "sha256": prepared.source_sha256}
        typer.echo(json.dumps(result | {key: tried[key] for key in ("engine", "reason")}))


@app.command()
def quantize(
    name: Annotated[str, typer.Argument()],
    calibrate: Annotated[
        list[str], typer.Option(help="Clip of the place, or of places like it; more than once.")
    ],
    as_json: AsJson = False,
) -> None:
    """Run a model's convolutions in 8-bit integers here, if that is faster and loses nothing.

    The first half of each clip gives the ranges, the second is looked at in full precision and in
    integers. Exit status 1, and nothing is kept, when boxes are lost or no time is won.
    """
    # ONNX, SciPy and the runtimes take a while to import.
    from api.cli.analyze import there_is
    from detect.quantise import Refused, quantise

    for clip in calibrate:
        there_is(clip)
    try:
        found = quantise(_catalog(), name, calibrate, _say)
    except Refused as error:
        _say(f"qalqan: {error}")
        raise typer.Exit(1) from error
    if as_json:
        rows = [{"slice": one.name, "again": one.again, "of": one.of} for one in found]
        typer.echo(json.dumps({"name": name, "slices": rows}))
    _say(f"{name}: kept; `qalqan models check {name}` tells what it runs on now")


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="All that are fetched without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Load models and run each once; exit status 1 when one of them cannot be used."""
    catalog = _catalog()
    results = _check_all(catalog) if name is None else [_check_one(catalog, name)]
    for result in results:
        if as_json:
            typer.echo(json.dumps(result))
        elif result["ok"]:
            typer.echo(f"{result['name']}: good, {result['engine']} ({result['reason']})")
        else:
            _say(f"qalqan: {result['error']}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


def _check_all(catalog: Catalog) -> list[dict[str, Any]]:
    """All that are here. Raises `WeightsMissing` where no detector is."""
    from detect.heads import Heads

    names = [one for one in catalog.names() if catalog.has(one)]
    if not names:
        raise WeightsMissing("no model is fetched; run `qalqan models fetch`")
    poses = [one for one in catalog.poses.names() if catalog.poses.has(one)]
    return [_check_one(catalog, one) for one in (*names, *poses, *Heads(catalog.heads).names())]


def _check_one(catalog: Catalog, name: str) -> dict[str, Any]:
    """Raises `ManifestError` where there is no such model."""
    from detect.heads import Heads

    if name in catalog.poses.names():
        return _checked_pose(catalog, name)
    if name in Heads(catalog.heads).names():
        return _checked_head(catalog, name)
    return _checked(catalog, catalog.manifest(name).name)


def _checked_pose(catalog: Catalog, name: str) -> dict[str, Any]:
    from detect.pose import PoseModel

    try:
        PoseModel(catalog.poses, name)
    except ModelError as error:
        return {"name": name, "ok": False, "error": str(error)}
    return {"name": name, "ok": True, "engine": ON_ONE_THREAD, "reason": "joints, on suspicion"}


def _checked_head(catalog: Catalog, name: str) -> dict[str, Any]:
    from detect.heads import Heads

    try:
        Heads(catalog.heads).load(name)
    except ModelError as error:
        return {"name": name, "ok": False, "error": str(error)}
    return {"name": name, "ok": True, "engine": ON_ONE_THREAD, "reason": "a head of our own"}


def _checked(catalog: Catalog, name: str) -> dict[str, Any]:
    # Loading the runtime takes a while that `list` and `fetch` need not spend.
    from detect.detector import Detector

    try:
        detector = Detector.load(catalog, name, threads=1)
    except ModelError as error:
        return {"name": name, "ok": False, "error": str(error)}
    return {
        "name": name,
        "ok": True,
        "engine": detector.engine_name,
        "reason": detector.reason,
    }
