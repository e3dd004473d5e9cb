"""`docs/channels.md` is true: its types, services, pauses, commands and snippet are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer
import yaml

from alerts.notify.apprise import OF_A_HOST, OF_A_SERVICE, ByApprise
from alerts.notify.saying import HOUR_S, MINUTE_S, OVER_A_DAY_S, TYPE
from alerts.notify.signing import key_of, new_secret, signatures
from api.cli.endpoints import app
from api.settings import Settings

DOCS = (Path(__file__).parents[3] / "docs" / "channels.md").read_text("utf-8")


def test_types() -> None:
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \| ([a-z]+) \|", DOCS, re.MULTILINE)
    assert dict(rows) == {kind: event.value for event, kind in TYPE.items()}


def test_services() -> None:
    part = DOCS.partition("<!-- services")[2].partition("\n\n")[0]
    own, named = part.split("\n- ")[1:]
    assert set(re.findall(r"`([a-z0-9]+)`", own)) == OF_A_SERVICE
    assert set(re.findall(r"`([a-z0-9]+)`", named)) == OF_A_HOST


def test_pauses() -> None:
    found = re.search(r"after ([\d, ]+) s, ([\d, ]+) min, ([\d, ]+) h,", DOCS)
    assert found is not None
    said = [
        float(one) * unit
        for part, unit in zip(found.groups(), (1.0, MINUTE_S, HOUR_S), strict=True)
        for one in part.split(", ")
    ]
    assert tuple(said) == OVER_A_DAY_S
    assert ByApprise.give_up_s == 6 * HOUR_S


def test_commands() -> None:
    known = typer.main.get_command(app)
    for line in re.findall(r"^qalqan endpoints (.*)$", DOCS, re.MULTILINE):
        name, *words = line.split()
        command: Any = known.commands[name]  # type: ignore[attr-defined]
        options = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_settings_of_cap() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert Settings.model_validate(yaml.safe_load(block)).cap.status == "Exercise"


def test_the_snippet_verifies() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own manual
    old, new, body = new_secret(), new_secret(), b'{"type":"endpoint.test"}'
    signed = signatures("m1", 1_800_000_000, body, [key_of(new), key_of(old)])
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": "1800000000",
        "webhook-signature": signed,
    }
    assert names["verified"](old, headers, body)
    assert names["verified"](new, headers, body)
    assert not names["verified"](new_secret(), headers, body)
    assert not names["verified"](new, headers, body + b" ")
