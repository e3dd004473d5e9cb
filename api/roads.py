"""The roads of an installation: its city's map and an engine of its own, if it has them."""

from __future__ import annotations

import logging
from pathlib import Path

from alerts.dispatch.journeys import Journeys
from alerts.errors import MapUnusable
from alerts.roads.journeys import RoadJourneys
from alerts.roads.remote import RemoteJourneys, RemoteSettings
from api.settings import Settings

log = logging.getLogger(__name__)


def roads_of(settings: Settings) -> Journeys | None:
    """What the service asks for the way; what is wrong with the map is told, and no more."""
    local = roads_if_usable(settings.streets)
    if settings.roads is None:
        return local
    return RemoteJourneys(RemoteSettings(**settings.roads.model_dump()), local)


def roads_at(streets: Path) -> RoadJourneys | None:
    """Over the map in that file; None where there is none. Raises `MapUnusable`."""
    return RoadJourneys.read(streets) if streets.is_file() else None


def roads_if_usable(streets: Path) -> RoadJourneys | None:
    """As `roads_at`; what is wrong with the map is told, and nobody waits for a patrol for it."""
    try:
        return roads_at(streets)
    except MapUnusable as error:
        log.error("patrols are sent by the straight line: %s", error)
        return None
