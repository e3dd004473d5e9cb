"""`qalqan dispatch`: why a patrol was sent, made again of what was known then."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.alert import AlertId, Step
from alerts.dispatch.replay import Replayed, replay
from alerts.dispatch.searching import EXACT
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.cli.installation import settings_of
from api.errors import BadInput
from api.pairing import LinearSum
from api.roads import roads_at
from api.settings import Settings

PAIRINGS = (EXACT, LinearSum())
"""By which alerts that waited together were given their patrols."""

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
    roads = roads_at(settings.streets)
    with _accounts(settings) as account:
        made = [replay(step, roads, account, PAIRINGS) for step in _known(account, AlertId(alert))]
    found = [one for one in made if one is not None]
    if as_json:
        typer.echo(json.dumps([_row(one) for one in found], ensure_ascii=False))
    elif not found:
        typer.echo("nobody was looked for")
    else:
        for one in found:
            typer.echo(f"{one.at.isoformat()}  {one.action:9} {one.says}")
    return 0 if all(one.same for one in found) else 1


@contextmanager
def _accounts(settings: Settings) -> Iterator[Callable[[AlertId], list[Step]]]:
    """The steps of any alert; the service may be running beside us."""
    opened = Database(Connections(settings.database))
    try:
        with opened.store.read() as tx:
            yield tx.steps
    finally:
        opened.connections.close()


def _known(account: Callable[[AlertId], list[Step]], alert: AlertId) -> list[Step]:
    """Raises `BadInput`."""
    steps = account(alert)
    if not steps:
        raise BadInput(f"there is no alert {alert[:64]}")
    return steps


def _row(one: Replayed) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "action": one.action,
        "same": one.same,
        "says": one.says,
        "decision": one.stored,
    }
