"""The times of every alert's way, as the API shows them, for the judge and for a chart."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.evidence import connected

AT_A_TIME = 8


async def write_stages(admin: httpx.AsyncClient, address: str, path: Path) -> None:
    """One line an alert, stages in the order of the way.

    `times`: RFC 3339 by stage. `took`: seconds since the stage before, where the API says it.
    """
    with connected(address) as rows:
        names = [row[0] for row in rows("SELECT id FROM alerts ORDER BY id")]
    gate = asyncio.Semaphore(AT_A_TIME)

    async def ask(alert: str) -> dict[str, Any]:
        async with gate:
            answer = await admin.get(f"/v1/alerts/{alert}")
            answer.raise_for_status()
            return {"alert": alert, **way_of(answer.json()["trace"])}

    with path.open("w", encoding="utf-8") as file:
        for line in await asyncio.gather(*map(ask, names)):
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def way_of(trace: list[dict[str, Any]]) -> dict[str, Any]:
    """What the reply says of the alert's way."""
    return {
        "times": {one["stage"]: one["at"] for one in trace},
        "took": {one["stage"]: one["took_s"] for one in trace if one["took_s"] is not None},
    }
