"""The demo's terminal: one line for each thing that happens to an alert."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

RETRY_S = 1.0
READY_S = 30.0

Alert = dict[str, Any]
Say = Callable[[str], None]

STATES = {
    "new": "{kind}: {place}",
    "dispatched": "{kind}: {place}: offered to {patrol}",
    "accepted": "{kind}: {place}: {patrol} accepts",
    "on_scene": "{kind}: {place}: {patrol} is there",
    "escalated": "{kind}: {place}: NOBODY TO SEND, a person must decide",
    "closed": "{kind}: {place}: closed ({outcome})",
}


class Ticker:
    """Remembers what was said of each alert, and says only what is new."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: the patrols' names by id."""
        self._names = names
        self._said: dict[str, tuple[Any, ...]] = {}

    def line(self, alert: Alert) -> str | None:
        """What to say of an alert's new state; None: nothing new."""
        known = self._said.get(alert["id"])
        now = (alert["state"], alert["patrol"])
        form = STATES.get(alert["state"])
        if now == known or form is None:
            return None
        self._said[alert["id"]] = now
        if alert["state"] == "dispatched" and alert["refused_by"]:
            form = "{kind}: {place}: {refused} does not come, offered to {patrol}"
        refused = alert["refused_by"][-1] if alert["refused_by"] else ""
        place = alert["place"]["name"] if alert["place"] else alert["camera"]
        return form.format(
            kind=alert["kind"].replace("_", " ").capitalize(),
            place=place,
            patrol=self._names.get(alert["patrol"] or "", "a patrol"),
            refused=self._names.get(refused, "a patrol"),
            outcome=alert["outcome"],
        )


async def tell(client: httpx.AsyncClient, say: Say) -> None:
    """Follow the operators' feed for ever; `client` carries an operator's or admin's token."""
    units = (await client.get("/v1/patrols")).json()["items"]
    ticker = Ticker({unit["id"]: unit["name"] for unit in units})
    while True:
        try:
            async with client.stream("GET", "/v1/alerts/stream", params={"after": 0}) as feed:
                async for line in feed.aiter_lines():
                    if line.startswith("data: {"):
                        _say_new(ticker, json.loads(line[6:]), say)
        except httpx.TransportError:
            pass
        await asyncio.sleep(RETRY_S)


async def warn_if_not_ready(client: httpx.AsyncClient, say: Say) -> None:
    """Say why when the service is not ready for a long time."""
    for _ in range(int(READY_S)):
        answer = await client.get("/readyz")
        if answer.is_success:
            return
        await asyncio.sleep(1.0)
    say(f"Not ready after {READY_S:.0f} s: {' '.join(answer.text.split())}")


def _say_new(ticker: Ticker, data: Alert, say: Say) -> None:
    if "state" in data and (line := ticker.line(data)) is not None:
        say(f"  {datetime.now():%H:%M:%S}  {line}")
