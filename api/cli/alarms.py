"""`qalqan alarms`: how much was asked of the people who look at alerts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.calm.flood import FloodPolicy
from alerts.calm.raised import AlarmLog
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.alarms.schemas import report_json
from api.cli.installation import settings_of, utc_now
from api.errors import BadInput

app = typer.Typer(help="The load of the control room.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Without a callback Typer makes a lone command the whole group."""


@app.command("report")
def report_alarms(
    since: Annotated[
        str | None, typer.Option("--from", help="RFC 3339; by default a day before --to.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="RFC 3339, excluded; by default now.")
    ] = None,
    operators: Annotated[
        int | None, typer.Option(min=1, max=1000, help="People who looked; else as set, or one.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the service's state.")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="postgresql://HOST/NAME or sqlite:///FILE.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Alerts for each operator, time in flood, mix, worst cameras and kinds, time to take up.

    Measured as EEMUA 191 does. Changes nothing; the service may be running beside it.
    """
    settings = settings_of(config, data, database=database)
    end = _moment("--to", until) or utc_now()
    begin = _moment("--from", since) or end - timedelta(days=1)
    if begin >= end:
        raise BadInput("--from must be before --to")
    flood = FloodPolicy(**settings.flood.model_dump(exclude={"operators"}))
    people = operators or settings.flood.operators or 1
    opened = Database(Connections(settings.database))
    try:
        found = report_json(AlarmLog(opened.store, flood, utc_now).report(begin, end, people))
    finally:
        opened.connections.close()
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(found)))


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{name}: {text[:40]!r} is no moment like 2026-11-24T08:00:00Z") from error
    if found.tzinfo is None:
        raise BadInput(f"{name}: say which time zone, as in 2026-11-24T08:00:00Z")
    return found


def _lines(found: dict[str, Any]) -> list[str]:
    periods, mix, taken = found["periods"], found["mix"], found["answering"]
    lower = mix.get("medium", 0) + mix.get("low", 0)
    apart = f"{found['in_review']} in review, {found['silenced']} silenced"
    lines = [
        f"from {found['from']} to {found['to']}, operators: {found['operators']}",
        f"alerts         {found['alerts']} (and {apart})",
        f"in 10 min      {periods['mean']:.2f} for each operator: {periods['load']}",
        f"at most        {periods['peak']:.1f} ({periods['peak_at'] or 'never'})",
        f"in flood       {periods['in_flood']:.1%} of the periods",
        f"critical/high/lower  {mix.get('critical', 0):.0%} / {mix.get('high', 0):.0%}"
        f" / {lower:.0%} (aim: 5 / 15 / 80 %)",
        f"taken up       half in {_seconds(taken['p50_s'])}, 95 % in {_seconds(taken['p95_s'])},"
        f" {taken['unanswered']} by nobody",
        f"stale          {found['stale']}",
    ]
    for title in ("worst_cameras", "worst_kinds", "chattering"):
        told = [f"{one['name']} {one['count']} ({one['share']:.0%})" for one in found[title][:5]]
        lines.append(f"{title.replace('_', ' '):14} {', '.join(told) or 'none'}")
    return lines


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
