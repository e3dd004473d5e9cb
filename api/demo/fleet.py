"""The twelve simulated patrols, and one that a person may drive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import httpx

from api.demo.phone import TIMEOUT, Phone
from api.demo.streets import Node, Streets, metres
from api.demo.temper import Temper, Tunnel
from api.demo.unit import Beat, Unit

PATROLS = 12
YOURS = "Your unit"
SEED = 20
"""The same crews at every start."""
STEADY = Temper(reaction_s=3.0, declines=0.0)
BUSY = Temper(reaction_s=6.0, declines=0.5)
IN_THE_TUNNEL = Temper(tunnel=Tunnel(every_s=25.0, lasts_s=50.0))
"""The longer of the two spells without network outlasts an offer: it lapses unheard."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who drives where."""

    name: str
    beat: Beat
    temper: Temper | None
    """None: a person."""


def crews(streets: Streets, cameras: Sequence[Node]) -> list[Crew]:
    """Twelve crews spread over the city, and the person's unit near the first camera.

    Whoever is nearest to the first camera always goes, so that the first alert shows the whole
    way; the nearest to the second is often in a tunnel; those nearest to the others are busy.
    """
    homes = spread(streets, PATROLS, max(streets.nodes))
    tempers: dict[Node, Temper] = {}
    for camera, temper in zip(cameras, (STEADY, IN_THE_TUNNEL, BUSY, BUSY), strict=False):
        home = min((home for home in homes if home not in tempers), key=lambda h: metres(h, camera))
        tempers[home] = temper
    simulated = [
        Crew(f"Unit {number}", _beat(home, tempers.get(home)), tempers.get(home, Temper()))
        for number, home in enumerate(homes, 101)
    ]
    return [*simulated, Crew(YOURS, Beat(streets.nearest(cameras[0])), None)]


def spread(streets: Streets, count: int, first: Node) -> list[Node]:
    """Corners far from each other: each next one is the farthest from all before it."""
    chosen = [first]
    while len(chosen) < count:
        chosen.append(max(streets.nodes, key=lambda n: min(metres(n, c) for c in chosen)))
    return chosen


def _beat(home: Node, temper: Temper | None) -> Beat:
    return replace(Beat(home), radius_m=150.0) if temper is not None else Beat(home)


@contextlib.asynccontextmanager
async def on_patrol(
    admin: httpx.AsyncClient, streets: Streets, members: Sequence[Crew], speed: float
) -> AsyncIterator[None]:
    """Register the crews and let them drive until the block ends.

    Each uses its own token over the public HTTP interface, as a phone would.
    """
    async with contextlib.AsyncExitStack() as stack:
        units: list[Unit] = []
        for crew in members:
            made = await admin.post("/v1/patrols", json={"name": crew.name})
            made.raise_for_status()
            granted = await admin.post(f"/v1/patrols/{made.json()['id']}/token")
            granted.raise_for_status()
            client = await stack.enter_async_context(_client(admin, granted.json()["token"]))
            phone = Phone(client, shared=crew.temper is None)
            dice = Random(f"{SEED} {crew.name}")  # noqa: S311 - a game, not a secret
            units.append(Unit(streets, phone, crew.beat, crew.temper, dice, speed=speed))
        shifts = [asyncio.create_task(unit.run()) for unit in units]
        try:
            yield
        finally:
            for shift in shifts:
                shift.cancel()
            await asyncio.gather(*shifts, return_exceptions=True)


def _client(admin: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=admin.base_url, headers=headers, timeout=TIMEOUT)
