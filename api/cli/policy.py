"""`qalqan policy`: the policy file looked at, and what it means for an alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from alerts.alert import AlertId, PatrolId, Place, State
from alerts.assign import choose
from alerts.dispatch.needs import needs_of
from alerts.dispatch.searching import decide
from alerts.explain import Explanation, explain, explain_case
from alerts.patrol import Patrol
from alerts.plans import Facts, for_alert
from alerts.policy import Policy
from alerts.ports import Reading
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.cli.installation import settings_of, utc_now
from api.errors import BadInput
from api.policy_file import policy_of, read_plans
from api.roads import roads_at
from api.settings import Settings
from detect.incident import SEVERITIES

app = typer.Typer(help="Who is told how, and when.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="Settings (YAML) of the service.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the service's state.")]
Address = Annotated[
    str | None, typer.Option("--database", help="postgresql://HOST/NAME or sqlite:///FILE.")
]
File = Annotated[
    Path | None, typer.Option("--policy", help="A policy file to try instead of the one in force.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy file.")],
    as_json: AsJson = False,
) -> None:
    """Read a policy file as the service would, and say what it holds."""
    plans = read_plans(file)
    found = {
        "rules": [rule.name for rule in plans.rules],
        "districts": sorted(plans.districts),
        "timezone": str(plans.timezone),
    }
    text = f"{len(plans.rules)} rules, {len(plans.districts)} districts, hours in {plans.timezone}"
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else text)


@app.command("explain")
def explain_alert(
    alert: Annotated[
        str | None, typer.Argument(metavar="[ALERT]", help="Its id; or describe one with options.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Of an alert as if it were raised.")] = None,
    severity: Annotated[str, typer.Option(help=", ".join(SEVERITIES))] = "high",
    place: Annotated[str | None, typer.Option(help="LATITUDE,LONGITUDE")] = None,
    at: Annotated[datetime | None, typer.Option(help="Local time there; now by default.")] = None,
    policy: File = None,
    config: Config = None,
    data: Data = None,
    database: Address = None,
    as_json: AsJson = False,
) -> None:
    """Why an alert went, or would go: to whom, over what, when. Changes nothing."""
    settings = settings_of(config, data, database=database)
    numbers = policy_of(settings.policy, policy or settings.policy_file)
    with _reading(settings) as tx:
        if alert is not None:
            found = _of_alert(tx, AlertId(alert), numbers, settings)
        elif kind is not None:
            found = _of_case(tx, _facts(kind, severity, place), numbers, settings, at)
        else:
            raise BadInput("name an alert, or describe one: --kind KIND --severity SEVERITY")
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(found)))


@contextmanager
def _reading(settings: Settings) -> Iterator[Reading]:
    opened = Database(Connections(settings.database))
    try:
        with opened.store.read() as tx:
            yield tx
    finally:
        opened.connections.close()


def _of_alert(tx: Reading, id_: AlertId, policy: Policy, settings: Settings) -> Explanation:
    alert = tx.alert(id_)
    if alert is None:
        raise BadInput(f"there is no alert {id_[:64]}")
    now, names = utc_now(), {unit.id: unit.name for unit in tx.patrols()}
    choice = None
    if alert.state is not State.CLOSED:
        choice = decide(tx, alert, now, policy, roads_at(settings.streets))

    def named(patrol: PatrolId) -> str:
        return names.get(patrol, patrol)

    said = tx.notifications(id_), tx.deliveries(id_)
    return explain(alert, tx.steps(id_), *said, policy, now, choice, named)


def _of_case(
    tx: Reading, facts: Facts, policy: Policy, settings: Settings, at: datetime | None
) -> Explanation:
    now = utc_now()
    zone = policy.plans.timezone if policy.plans else None
    when = now if at is None else at.replace(tzinfo=zone or now.tzinfo)
    numbers = for_alert(policy, facts, when)
    units: list[Patrol] = tx.patrols()
    needs = needs_of(facts.kind, facts.severity, numbers)
    roads = roads_at(settings.streets)
    # Who is where is known of this moment alone, whatever the hour that is asked about.
    choice = choose(facts.place, units, now, numbers, None, roads, needs=needs)
    return explain_case(facts, policy, when, choice)


def _facts(kind: str, severity: str, place: str | None) -> Facts:
    from detect.rules import KINDS  # only who names kinds waits for all of their code

    if kind not in KINDS:
        raise BadInput(f"there is no kind {kind[:40]!r} (available: {', '.join(sorted(KINDS))})")
    if severity not in SEVERITIES:
        raise BadInput(f"there is no severity {severity[:40]!r} ({', '.join(SEVERITIES)})")
    if place is None:
        return Facts(kind, severity, None)
    try:
        latitude, longitude = (float(part) for part in place.split(","))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError
    except ValueError as error:
        raise BadInput(f"--place {place[:40]!r} is not LATITUDE,LONGITUDE") from error
    return Facts(kind, severity, Place(f"{latitude:g}, {longitude:g}", latitude, longitude))


def _lines(found: Explanation) -> list[str]:
    lines = [found.facts]
    lines += [f"rule {one}" for one in found.rules] or ["no rules: the city's own numbers hold"]
    ruled = {n: pair for n, pair in found.numbers.items() if pair[1] != "the city's own"}
    lines += [f"  {name} = {value} ({origin})" for name, (value, origin) in ruled.items()]
    for title, some in (("happened:", found.happened), ("to come:", found.to_come)):
        if some:
            lines.append(title)
            lines += [f"  {one.at:%Y-%m-%d %H:%M:%S}  {one.says}" for one in some]
    return lines
