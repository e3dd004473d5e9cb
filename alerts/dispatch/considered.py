"""What a decision was made of, in a form to be stored with it and read back exactly."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.dispatch.needs import NO_NEEDS, Needs
from alerts.patrol import Patrol, Position
from alerts.policy import Policy

PLAIN = 100
"""So many units are stored to be read by eye; more are packed."""
NUMBERS = (
    "stale_s",
    "exclude_s",
    "assumed_speed_mps",
    "detour_factor",
    "off_street_m",
    "preferred_s",
    "load_s",
    "preempt_gain_s",
)
"""What of the policy a choice depends on, beside the needs of the alert. A number that an older
record lacks counted for nothing in it."""


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
    needs: Needs = NO_NEEDS
    takeable: Mapping[PatrolId, str] = field(default_factory=dict)
    """Who is on its way to a less severe alert, and its severity."""
    others: Mapping[str, int] = field(default_factory=dict)
    """How many more there are that were not looked at one by one, by the reason."""

    def to_dict(self) -> dict[str, Any]:
        """JSON types. A unit is [id, name, on duty, busy with, latitude, longitude, age in s].

        One that can do something, or has had alerts, says so behind: capabilities, alerts.
        """
        return {
            "at": self.at.isoformat(),
            "place": asdict(self.place) if self.place else None,
            "units": packed([unit_row(one, self.at) for one in self.patrols]),
            "excluded": dict(sorted(self.excluded.items())),
            "policy": policy_of(self.policy),
            "map": self.map,
            **self._rare(),
        }

    def _rare(self) -> dict[str, Any]:
        """What most decisions do without; nothing is stored for it then."""
        rare = {
            "required": list(self.needs.required),
            "preferred": list(self.needs.preferred),
            "takeable": dict(sorted(self.takeable.items())),
            "others": dict(sorted(self.others.items())),
        }
        return {name: value for name, value in rare.items() if value}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Considered:
        """Raises `KeyError`, `TypeError` or `ValueError` for what another release has stored."""
        at = datetime.fromisoformat(stored["at"])
        return cls(
            at=at,
            place=Place(**stored["place"]) if stored["place"] else None,
            patrols=tuple(unit_of(row, at) for row in unpacked(stored["units"])),
            excluded={PatrolId(id_): reason for id_, reason in stored["excluded"].items()},
            policy=Policy(**stored["policy"]),
            map=stored["map"],
            needs=Needs(tuple(stored.get("required", ())), tuple(stored.get("preferred", ()))),
            takeable={PatrolId(id_): what for id_, what in stored.get("takeable", {}).items()},
            others=dict(stored.get("others", {})),
        )


def age_s(position: Position, now: datetime) -> float:
    """How old a position is. A clock that jumped back must not make it younger than new."""
    return max(0.0, (now - position.at).total_seconds())


def packed(rows: list[Any]) -> Any:
    """A few as they are, more of them packed."""
    if len(rows) <= PLAIN:
        return rows
    return base64.b64encode(zlib.compress(json.dumps(rows).encode())).decode()


def unpacked(stored: Any) -> list[Any]:
    if isinstance(stored, str):
        stored = json.loads(zlib.decompress(base64.b64decode(stored)))
    rows: list[Any] = stored
    return rows


def policy_of(policy: Policy) -> dict[str, float]:
    """The numbers that a choice depends on."""
    return {name: getattr(policy, name) for name in NUMBERS}


def unit_row(one: Patrol, now: datetime) -> list[Any]:
    where = one.position
    seen = [where.latitude, where.longitude, age_s(where, now)] if where else [None] * 3
    more = [list(one.capabilities), one.handled] if one.capabilities or one.handled else []
    return [one.id, one.name, one.on_duty, one.busy_with, *seen, *more]


def unit_of(row: list[Any], at: datetime) -> Patrol:
    id_, name, on_duty, busy, lat, lon, old_s, *more = row
    position = None if old_s is None else Position(lat, lon, at - timedelta(seconds=old_s))
    busy_with = None if busy is None else AlertId(busy)
    able, handled = more or ((), 0)
    return Patrol(
        PatrolId(id_),
        name,
        on_duty,
        position,
        busy_with,
        at,
        capabilities=tuple(able),
        handled=handled,
    )
