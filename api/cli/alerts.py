"""`qalqan alerts`: alerts as the database on this machine has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alerts.alert import Alert, AlertId
from alerts.cap import cap_xml
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.cap import origin_of
from api.cli.installation import settings_of
from api.errors import BadInput
from api.settings import Settings

app = typer.Typer(help="Alerts for other systems.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Without a callback Typer makes a lone command the whole group."""


@app.command()
def cap(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id.")],
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the service's state.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="postgresql://HOST/NAME or sqlite:///FILE.")
    ] = None,
) -> None:
    """An alert's present version in the Common Alerting Protocol 1.2, on standard output."""
    settings = settings_of(config, data, database=database)
    found = _alert(settings, AlertId(alert))
    typer.echo(cap_xml(found, origin_of(settings)), nl=False)


def _alert(settings: Settings, alert: AlertId) -> Alert:
    """The service may be running beside us. Raises `BadInput`."""
    opened = Database(Connections(settings.database))
    try:
        with opened.store.read() as tx:
            found = tx.alert(alert)
    finally:
        opened.connections.close()
    if found is None:
        raise BadInput(f"there is no alert {alert[:64]}")
    return found
