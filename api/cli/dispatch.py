"""`qalqan dispatch`: why a patrol was sent, made again of what was known then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.alert import AlertId, Step
from alerts.replay import Replayed, replay
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.cli.installation import settings_of
from api.errors import BadInput
from api.roads import roads_at
from api.settings import Settings

app = typer.Typer(help="Decisions about whom to send.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Without a callback Typer makes a lone command the whole group."""


@app.command("replay")
def replay_alert(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id.")],
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the service's state.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="postgresql://HOST/NAME or sqlite:///FILE.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON on standard output, with what each was made of.")
    ] = False,
) -> int:
    """Make every decision of an alert again, of what was known then, and say what differs.

    Changes nothing. Ends with 1 when one of them cannot be made again, or comes out differently.
    """
    settings = settings_of(config, data, database=database)
    steps = _account(settings, AlertId(alert))
    roads = roads_at(settings.streets)
    found = [one for step in steps if (one := replay(step, roads)) is not None]
    if as_json:
        typer.echo(json.dumps([_row(one) for one in found], ensure_ascii=False))
    elif not found:
        typer.echo("nobody was looked for")
    else:
        for one in found:
            typer.echo(f"{one.at.isoformat()}  {one.action:9} {one.says}")
    return 0 if all(one.same for one in found) else 1


def _account(settings: Settings, alert: AlertId) -> list[Step]:
    """Its steps; the service may be running beside us. Raises `BadInput`."""
    opened = Database(Connections(settings.database))
    try:
        with opened.store.read() as tx:
            if tx.alert(alert) is None:
                raise BadInput(f"there is no alert {alert[:64]}")
            return tx.steps(alert)
    finally:
        opened.connections.close()


def _row(one: Replayed) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "action": one.action,
        "same": one.same,
        "says": one.says,
        "decision": one.stored,
    }
