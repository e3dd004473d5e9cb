"""What a decision was made of, in a form to be stored with it and read back exactly."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.patrol import Patrol, Position
from alerts.policy import Policy

PLAIN = 100
"""So many units are stored to be read by eye; more are packed."""
NUMBERS = ("stale_s", "exclude_s", "assumed_speed_mps", "detour_factor", "off_street_m")
"""What of the policy a choice depends on."""


@dataclass(frozen=True, slots=True)
class Considered:
    """All that a choice depends on, and nothing else."""

    at: datetime
    place: Place | None
    patrols: tuple[Patrol, ...]
    """By id."""
    excluded: Mapping[PatrolId, str]
    policy: Policy
    map: str | None
    """Version of the map; None: there was none."""

    def to_dict(self) -> dict[str, Any]:
        """JSON types. A unit is [id, name, on duty, busy with, latitude, longitude, age in s]."""
        units: Any = [_row(one, self.at) for one in self.patrols]
        if len(units) > PLAIN:
            units = base64.b64encode(zlib.compress(json.dumps(units).encode())).decode()
        return {
            "at": self.at.isoformat(),
            "place": asdict(self.place) if self.place else None,
            "units": units,
            "excluded": dict(sorted(self.excluded.items())),
            "policy": {name: getattr(self.policy, name) for name in NUMBERS},
            "map": self.map,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Considered:
        """Raises `KeyError`, `TypeError` or `ValueError` for what another release has stored."""
        at = datetime.fromisoformat(stored["at"])
        units = stored["units"]
        if isinstance(units, str):
            units = json.loads(zlib.decompress(base64.b64decode(units)))
        return cls(
            at=at,
            place=Place(**stored["place"]) if stored["place"] else None,
            patrols=tuple(_unit(row, at) for row in units),
            excluded={PatrolId(id_): reason for id_, reason in stored["excluded"].items()},
            policy=Policy(**stored["policy"]),
            map=stored["map"],
        )


def age_s(position: Position, now: datetime) -> float:
    """How old a position is. A clock that jumped back must not make it younger than new."""
    return max(0.0, (now - position.at).total_seconds())


def _row(one: Patrol, now: datetime) -> list[Any]:
    where = one.position
    seen = [where.latitude, where.longitude, age_s(where, now)] if where else [None] * 3
    return [one.id, one.name, one.on_duty, one.busy_with, *seen]


def _unit(row: list[Any], at: datetime) -> Patrol:
    id_, name, on_duty, busy, lat, lon, old_s = row
    position = None if old_s is None else Position(lat, lon, at - timedelta(seconds=old_s))
    busy_with = None if busy is None else AlertId(busy)
    return Patrol(PatrolId(id_), name, on_duty, position, busy_with, at)
