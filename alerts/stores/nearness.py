"""The nearest units through the database's own index of places; the order is exact.

SQLite: an R*Tree, asked for boxes. PostgreSQL with PostGIS: `<<->>` over a GiST index of points
in space, where the straight line through the earth gives the order of the way around it. (`<->`
of geographies is shorter, but PostGIS 3.3 breaks off: "tuples in wrong order".)
PostgreSQL without PostGIS: its own GiST index of points, asked for boxes. Whatever the index says
is reckoned again as everywhere else in the service: rounding and equal distances come out the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, text
from sqlalchemy import exc as sql_errors

from alerts.boxes import HALF_ROUND_M, Box, boxes_around
from alerts.dispatch.distance import EARTH_RADIUS_M, great_circle_m

IN_SPACE, POINTS = "positions_near_space", "positions_near_point"
"""Indexes of PostgreSQL."""
FIRST_M = 1_000.0
"""The first circle, where nothing is known of how dense units stand."""
LEAST_M = 1.0
MANY = 8
"""A circle with so many times the wanted is too wide to read."""
CLOSE = 1.3
"""Two radii are near enough to each other."""
SLACK_M, SLACK = 1.0, 1e-9
"""Two ways to reckon a distance differ by less, even to the other side of the earth."""
ALL = 2**31 - 1

Row = tuple[str, float, float]
"""Patrol, latitude, longitude."""
Ask = Callable[[Box, int], Sequence[Any]]
"""So many rows of a box at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question: who is on duty, seen since then, and near."""

    latitude: float
    longitude: float
    limit: int
    since_us: int
    busy: bool
    """Those with an alert instead of those without."""

    def ranked(self, rows: Sequence[Any]) -> list[tuple[float, str]]:
        """(Metres, patrol), the nearest first; of equals the lower id."""
        at = self.latitude, self.longitude
        return sorted((great_circle_m(*at, lat, lon), key) for key, lat, lon in rows)


def nearest_keys(db: Connection, wanted: Wanted) -> list[str]:
    """Patrols, the nearest first."""
    if wanted.limit < 1:
        return []
    index = index_of(db)
    if index == "postgis":
        return _by_distance(db, wanted)
    statement = IN_RTREE if index == "rtree" else IN_POINTS

    def ask(box: Box, most: int) -> Sequence[Any]:
        named = {**box._asdict(), "since": wanted.since_us, "busy": wanted.busy, "most": most}
        return db.execute(statement, named).all()

    return _by_circles(db, wanted, ask)


def index_of(db: Connection) -> str:
    """`rtree`, `postgis` or `point`: which of them is there, asked once a connection."""
    known: str | None = db.info.get("qalqan_index")
    if known is None:
        if db.dialect.name == "sqlite":
            known = "rtree"
        else:
            known = "postgis" if _has_index(db, IN_SPACE) else "point"
        db.info["qalqan_index"] = known
    return known


def prepare(db: Connection) -> None:
    """Make the index of places that this PostgreSQL can have; it may have learnt since."""
    if db.dialect.name != "postgresql" or _has_index(db, IN_SPACE):
        return
    if _has_postgis(db):
        on = f"(({in_space('latitude', 'longitude')}) gist_geometry_ops_nd)"
        db.exec_driver_sql(f"CREATE INDEX {IN_SPACE} ON positions USING gist {on} WHERE on_duty")
        db.exec_driver_sql(f"DROP INDEX IF EXISTS {POINTS}")
    elif not _has_index(db, POINTS):
        on = "(point(longitude, latitude))"
        db.exec_driver_sql(f"CREATE INDEX {POINTS} ON positions USING gist {on} WHERE on_duty")


def _has_index(db: Connection, name: str) -> bool:
    return bool(db.exec_driver_sql(f"SELECT to_regclass('{name}') IS NOT NULL").scalar())


def _has_postgis(db: Connection) -> bool:
    """Whether it is there; made if the server offers it and the role may."""
    if db.exec_driver_sql("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").scalar():
        return True
    offered = "SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"
    if not db.exec_driver_sql(offered).scalar():
        return False
    try:
        with db.begin_nested():
            db.exec_driver_sql("CREATE EXTENSION postgis")
    except sql_errors.DBAPIError:  # most roles may not: an administrator does it for them
        return False
    return True


# --- through circles, for indexes of boxes ---

_STANDING = "p.on_duty AND p.at >= :since AND p.busy = :busy LIMIT :most"
IN_RTREE: TextClause = text(
    "SELECT p.patrol, p.latitude, p.longitude"  # noqa: S608 - of constants
    " FROM positions_near n CROSS JOIN positions p ON p.number = n.number"
    " WHERE n.north >= :south AND n.south <= :north AND n.east >= :west AND n.west <= :east"
    f" AND {_STANDING}"
)
IN_POINTS: TextClause = text(
    "SELECT p.patrol, p.latitude, p.longitude FROM positions p"  # noqa: S608 - of constants
    " WHERE point(p.longitude, p.latitude) <@ box(point(:west, :south), point(:east, :north))"
    f" AND {_STANDING}"
)


def _by_circles(db: Connection, wanted: Wanted, ask: Ask) -> list[str]:
    """Circles that grow until enough lie inside, and shrink while too much would have to be read.

    How wide the last one was is remembered: the next place is most often as densely patrolled.
    """
    radius_m = float(db.info.get("qalqan_near_m", FIRST_M))
    too_small, too_wide = 0.0, math.inf
    while True:
        most = MANY * wanted.limit if too_wide > CLOSE * too_small else ALL
        rows = _within(wanted, radius_m, ask, most)
        if rows is None:
            too_wide = radius_m
            radius_m = math.sqrt(too_small * too_wide) if too_small else radius_m / 4
            if radius_m < LEAST_M:
                too_small = radius_m = too_wide
            continue
        ranked = wanted.ranked(rows)
        inside = [key for apart_m, key in ranked if apart_m <= radius_m]
        if len(inside) >= wanted.limit or radius_m >= HALF_ROUND_M:
            found = ranked[: wanted.limit]
            if len(found) == wanted.limit:
                db.info["qalqan_near_m"] = max(LEAST_M, CLOSE * found[-1][0])
            return [key for _, key in found]
        too_small = radius_m
        if radius_m >= too_wide:  # its crowd stands in the corners of its box
            too_wide = math.inf
        radius_m = min(HALF_ROUND_M, _wider(radius_m, too_wide))


def _wider(radius_m: float, too_wide: float) -> float:
    if too_wide == math.inf:
        return 3 * radius_m
    return too_wide if too_wide <= CLOSE * radius_m else math.sqrt(radius_m * too_wide)


def _within(wanted: Wanted, radius_m: float, ask: Ask, most: int) -> list[Any] | None:
    """All in the boxes of that circle; None: there are `most` or more."""
    rows: list[Any] = []
    for box in boxes_around(wanted.latitude, wanted.longitude, radius_m):
        rows += ask(box, most)
        if len(rows) >= most:
            return None
    return rows


# --- by distance, for PostGIS ---


def in_space(latitude: str, longitude: str) -> str:
    """SQL for a point in metres from the middle of the earth."""
    lat, lon = f"radians({latitude})", f"radians({longitude})"
    across = f"{EARTH_RADIUS_M} * cos({lat})"
    return (
        f"ST_MakePoint({across} * cos({lon}), {across} * sin({lon}), {EARTH_RADIUS_M} * sin({lat}))"
    )


BY_DISTANCE: TextClause = text(
    "SELECT p.patrol, p.latitude, p.longitude FROM positions p"  # noqa: S608 - of constants
    " WHERE p.on_duty AND p.at >= :since AND p.busy = :busy"
    f" ORDER BY {in_space('p.latitude', 'p.longitude')}"
    f" <<->> {in_space(':latitude', ':longitude')} LIMIT :most"
)


def _by_distance(db: Connection, wanted: Wanted) -> list[str]:
    """Some more than wanted, until the last is surely farther than the last that is wanted."""
    most = wanted.limit + 8
    while True:
        rows = db.execute(
            BY_DISTANCE,
            {
                "latitude": wanted.latitude,
                "longitude": wanted.longitude,
                "since": wanted.since_us,
                "busy": wanted.busy,
                "most": most,
            },
        ).all()
        ranked = wanted.ranked(rows)
        enough = len(rows) < most
        if not enough:
            safe_m = ranked[wanted.limit - 1][0] * (1 + SLACK) + SLACK_M
            enough = ranked[-1][0] > safe_m
        if enough:
            return [key for _, key in ranked[: wanted.limit]]
        most *= 4
