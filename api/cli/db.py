"""`qalqan db`: the service's database, looked at and brought up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.cli.installation import settings_of

app = typer.Typer(help="The service's database.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the service's state.")]
Address = Annotated[
    str | None, typer.Option("--database", help="postgresql://HOST/NAME or sqlite:///FILE.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]

NEAREST = {
    "rtree": "by an R*Tree",
    "postgis": "by PostGIS",
    "point": "by PostgreSQL's own index of points, which is slower; PostGIS is not in this database"
    " (as its administrator: CREATE EXTENSION postgis; then: qalqan db upgrade)",
}


@contextmanager
def _opened(config: Path | None, data: Path | None, address: str | None) -> Iterator[Database]:
    settings = settings_of(config, data, database=address)
    database = Database(Connections(settings.database))
    try:
        yield database
    finally:
        database.connections.close()


@app.command()
def upgrade(
    config: Config = None, data: Data = None, database: Address = None, as_json: AsJson = False
) -> None:
    """Bring the schema to this release's version: all of it or nothing."""
    with _opened(config, data, database) as found:
        before = found.upgrade()
    result = {"database": found.connections.name, "from": before.version, "to": before.wanted}
    step = "is at" if before.is_current else f"from {before.version or 'nothing'} to"
    _print(result, as_json, f"{found.connections.name}: schema {step} {before.wanted}")


@app.command()
def check(
    config: Config = None, data: Data = None, database: Address = None, as_json: AsJson = False
) -> int:
    """Whether the service can work with it, and whether it keeps what it is given. Changes nothing.

    Ends with 1 when the schema is not this release's.
    """
    with _opened(config, data, database) as found:
        health = found.check()
    schema = health.schema
    result = {
        "database": health.name,
        "version": schema.version,
        "wanted": schema.wanted,
        "current": schema.is_current,
        "warnings": list(health.warnings),
        "nearest": health.nearest,
    }
    needs = "" if schema.is_current else f", {schema.wanted} is needed: qalqan db upgrade"
    lines = [f"{health.name}: schema {schema.version or 'none'}{needs}"]
    if schema.is_current:
        lines.append(f"nearest patrols: {NEAREST[health.nearest]}")
    lines += [f"warning: {warning}" for warning in health.warnings]
    _print(result, as_json, "\n".join(lines))
    return 0 if schema.is_current else 1


def _print(result: Mapping[str, object], as_json: bool, text: str) -> None:
    typer.echo(json.dumps(dict(result)) if as_json else text)
