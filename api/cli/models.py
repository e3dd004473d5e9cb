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

app = typer.Typer(help="The detectors of this installation.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def _catalog() -> Catalog:
    return Catalog(manifests(), weights())


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Every model with a manifest, and whether its weights are here."""
    catalog = _catalog()
    rows: list[dict[str, Any]] = []
    for name in catalog.names():
        manifest = catalog.manifest(name)
        rows.append(
            {
                "name": name,
                "default": name == DEFAULT_MODEL,
                "fetched": catalog.has(name),
                **_engine_of(catalog, name),
                "input": [manifest.input.width, manifest.input.height],
                "decoder": manifest.decoder,
                "licence": manifest.licence,
                "sha256": manifest.source.sha256,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        here = "fetched" if row["fetched"] else "-"
        typer.echo(f"{row['name']:16} {here:8} {row['licence']}")
        if row["reason"]:
            typer.echo(f"{'':16} {row['reason']}")


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
    catalog = _catalog()
    try:
        catalog.fetch(name, _say, from_file)
    except FetchFailed as error:
        _say(f"qalqan: {error}")
        raise typer.Exit(1) from error
    _say(f"{name}: finding the fastest engine")
    tried = _checked(catalog, name)
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
    names = [one for one in catalog.names() if catalog.has(one)]
    if name is not None:
        names = [catalog.manifest(name).name]
    if not names:
        raise WeightsMissing("no model is fetched; run `qalqan models fetch`")
    results = [_checked(catalog, one) for one in names]
    for result in results:
        if as_json:
            typer.echo(json.dumps(result))
        elif result["ok"]:
            typer.echo(f"{result['name']}: good, {result['engine']} ({result['reason']})")
        else:
            _say(f"qalqan: {result['error']}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


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
