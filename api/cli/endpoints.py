"""`qalqan endpoints`: where a running service tells other systems and phones, over its HTTP API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.remote import DEFAULT_SERVER, Server, TokenFile, text_of, with_service
from api.errors import BadInput

app = typer.Typer(help="Where other systems and phones are told.", no_args_is_help=True)

PATH = "/v1/endpoints"
SECRETS = ("url", "username", "password", "signing_secret")
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Endpoint = Annotated[UUID, typer.Argument(metavar="ENDPOINT", help="Its id.")]
Secrets = Annotated[
    Path | None,
    typer.Option(
        help="File with the lines url=..., username=..., password=..., signing_secret=..., as far "
        "as its channel wants them; - is standard input. A secret never stands in a command line."
    ),
]


def _secrets(file: Path | None) -> dict[str, str]:
    """What the lines say. Raises `BadInput` that shows none of them."""
    if file is None:
        return {}
    said = sys.stdin.read() if str(file) == "-" else text_of(file, "secrets file")
    found: dict[str, str] = {}
    for number, one in enumerate(said.splitlines(), 1):
        if not one.strip():
            continue
        name, _, value = one.partition("=")
        if name.strip() not in SECRETS or not value.strip():
            raise BadInput(f"line {number} must be NAME=VALUE with one of {', '.join(SECRETS)}")
        found[name.strip()] = value.strip()
    return found


@app.command("list")
def list_endpoints(
    server: Server = DEFAULT_SERVER, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """Every endpoint, and how it stands with it."""
    found = with_service(server, token_file, lambda remote: remote.all(PATH))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        why = one["retired_why"] or one["last_error"]
        whose = f"patrol {one['patrol']}" if one["patrol"] else "city"
        line = f"{one['id']}  {one['channel']:8} {one['state']:8} {one['name']} ({whose})"
        typer.echo(f"{line}: {why}" if why else line)


@app.command()
def add(
    channel: Annotated[str, typer.Argument(help="webhook, mqtt or apprise.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    secrets: Secrets,
    patrol: Annotated[UUID | None, typer.Option(help="The unit whose channel it is.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="alert or alarm; both if none.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="Of which alerts; of all.")] = None,
    language: Annotated[str | None, typer.Option(help="Of apprise: en, kk or ru.")] = None,
    topic_prefix: Annotated[str | None, typer.Option(help="Of MQTT topics.")] = None,
    retain: Annotated[bool, typer.Option("--retain", help="Let a broker keep states.")] = False,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Register one. Of a webhook the signing secret is shown, once."""
    given: dict[str, Any] = {
        "patrol": str(patrol) if patrol else None,
        "events": event,
        "severities": severity,
        "language": language,
        "topic_prefix": topic_prefix,
        "retain": retain or None,
    }
    said = {key: value for key, value in given.items() if value}
    body = {"channel": channel, "name": name, **said, **_secrets(secrets)}
    made = with_service(server, token_file, lambda remote: remote.post(PATH, body))
    _show_made(made, as_json)


@app.command("test")
def send_test(
    endpoint: Endpoint,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Send it a test message; `deliveries` tells whether it was taken."""
    path = f"{PATH}/{endpoint}/test"
    queued = with_service(server, token_file, lambda remote: remote.post(path, None))
    typer.echo(json.dumps(queued) if as_json else "a test is on its way")


@app.command()
def deliveries(
    endpoint: Endpoint,
    most: Annotated[int, typer.Option(min=1, max=1000, help="The newest so many.")] = 20,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """What was to be sent there, the newest first."""
    path = f"{PATH}/{endpoint}/deliveries?limit={most}"
    page = with_service(server, token_file, lambda remote: remote.get(path))["items"]
    if as_json:
        typer.echo(json.dumps(page, ensure_ascii=False))
        return
    for one in page:
        state = one["outcome"] or f"tried {one['tries']} times"
        line = f"{one['created_at']}  {state:16} {one['alert'] or 'test'}"
        typer.echo(f"{line}: {one['error']}" if one["error"] else line)


@app.command()
def replay(
    endpoint: Endpoint,
    since: Annotated[str | None, typer.Option(help="RFC 3339: what was not taken since.")] = None,
    delivery: Annotated[str | None, typer.Option(help="This one, taken or not.")] = None,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Send again what was not taken since a time, or one delivery."""
    body = {key: value for key, value in (("since", since), ("delivery", delivery)) if value}
    path = f"{PATH}/{endpoint}/replay"
    queued = with_service(server, token_file, lambda remote: remote.post(path, body))
    more = ", and there is more" if queued["more"] else ""
    line = f"{len(queued['deliveries'])} on their way again{more}"
    typer.echo(json.dumps(queued) if as_json else line)


@app.command()
def retire(
    endpoint: Endpoint, server: Server = DEFAULT_SERVER, token_file: TokenFile = None
) -> None:
    """Send nothing there any more."""
    path = f"{PATH}/{endpoint}"

    async def work(remote: Any) -> Any:
        known = await remote.get(path)
        return await remote.patch(path, {"retired": True}, known["version"])

    with_service(server, token_file, work)
    typer.echo(f"{endpoint} is retired")


@app.command()
def rotate(
    endpoint: Endpoint,
    secrets: Secrets = None,
    keep_hours: Annotated[
        int, typer.Option(min=0, max=720, help="Of a webhook: how long the old secret signs, too.")
    ] = 24,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Give it new secrets. Of a webhook the new signing secret is shown, once."""
    body = {"keep_s": keep_hours * 3600, **_secrets(secrets)}
    path = f"{PATH}/{endpoint}/rotate"
    made = with_service(server, token_file, lambda remote: remote.post(path, body))
    _show_made(made, as_json)


def _show_made(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(made, ensure_ascii=False))
    elif made["signing_secret"]:
        typer.echo(f"{made['id']}  {made['signing_secret']}")
    else:
        typer.echo(made["id"])
