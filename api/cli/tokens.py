"""`qalqan tokens`: who may do what, on the machine of the service, without its HTTP API.

This is how the first administrator gets in, and how one gets in again who has lost every token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.access import Grant, Role
from alerts.alert import PatrolId
from alerts.stores.sql import Database
from api.auth.tokens import TOKEN, is_valid, issue_sign_in_path, new_grant, revoke
from api.cli.installation import settings_of, utc_now
from api.errors import BadInput

app = typer.Typer(help="Who may do what, kept on this machine.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the service's state.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@contextmanager
def _database(config: Path | None, data: Path | None) -> Iterator[Database]:
    """The service's database; it may be running beside us."""
    settings = settings_of(config, data)
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database.open(settings.database)
    try:
        yield database
    finally:
        database.store.close()


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    name: Annotated[str, typer.Option(help="Who it is for.")],
    patrol: Annotated[str | None, typer.Option(help="Id of the unit, for role patrol.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it is valid.")] = None,
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="Only a link that signs in once, no token.")
    ] = False,
    config: Config = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, or with --sign-in a one-time link. It is shown once."""
    if not 1 <= len(name.strip()) <= 64 or not name.isprintable():
        raise BadInput("--name must have 1 to 64 printable characters")
    with _database(config, data) as database:
        unit = _unit(database, role, patrol)
        if sign_in:
            path = issue_sign_in_path(database.grants, role, name.strip(), utc_now(), unit)
            _print({"sign_in_path": path}, as_json, path)
            return
        life = timedelta(days=days) if days else None
        secret, grant = new_grant(TOKEN, role, name.strip(), utc_now(), unit, life)
        database.grants.add(grant)
        _print({"id": grant.id, "token": secret}, as_json, secret)


@app.command("list")
def list_tokens(config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
    """What is valid at present, without its secrets."""
    with _database(config, data) as database:
        now = utc_now()
        rows = [_row(one) for one in database.grants.list() if is_valid(one, now)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['kind']:8} {row['role']:10} {row['name']}")


@app.command("revoke")
def revoke_token(
    token: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")],
    config: Config = None,
    data: Data = None,
) -> None:
    """End a token and the sessions opened with it."""
    with _database(config, data) as database:
        if not revoke(database.grants, token, utc_now()):
            raise BadInput("there is no token with this id")


def _unit(database: Database, role: Role, patrol: str | None) -> PatrolId | None:
    """The unit that a patrol's token speaks for. Raises `BadInput`."""
    if (role is Role.PATROL) != (patrol is not None):
        raise BadInput("--patrol must name a unit for --role patrol, and for no other")
    if patrol is None:
        return None
    with database.store.begin() as tx:
        if tx.patrol(PatrolId(patrol)) is None:
            raise BadInput("--patrol: there is no such unit")
    return PatrolId(patrol)


def _row(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "kind": "session" if grant.parent else "token",
        "role": grant.role.value,
        "name": grant.name,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }


def _print(result: dict[str, Any], as_json: bool, line: str) -> None:
    typer.echo(json.dumps(result) if as_json else line)
