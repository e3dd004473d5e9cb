"""`/v1/map`: the streets under the cameras and the patrols, from this installation alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from api.auth.access import Anyone, GuardedRoute
from api.openapi import refusals
from api.problem import Problem
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/map", tags=["map"], route_class=GuardedRoute)

GEOJSON = "application/geo+json"
EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "bbox": [24.92, 60.16, 24.96, 60.18],
    "attribution": "© OpenStreetMap contributors",
    "features": [
        {
            "type": "Feature",
            "properties": {"layer": "street"},
            "geometry": {"type": "LineString", "coordinates": [[24.93, 60.17], [24.94, 60.17]]},
        }
    ],
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection with `bbox` and `attribution`.",
        "content": {GEOJSON: {"schema": {"type": "object"}, "example": EXAMPLE}},
    },
    304: {"description": "The caller has it already."},
    **refusals(404),
}


@router.get("", response_class=Response, responses=RESPONSES, operation_id="city_map")
def city_map(
    request: Request,
    caller: Anyone,
    if_none_match: Annotated[
        str | None, Header(description="The `ETag` you have: a 304 if it is still the same.")
    ] = None,
) -> Response:
    """The city's streets (GeoJSON).

    A 404 when this installation has no map: the console then draws cameras and units alone.
    """
    streets = state_of(request).files.read(services_of(request).settings.streets)
    if streets is None:
        raise Problem(404, "This installation has no map.")
    return streets.reply(request.headers, GEOJSON, "private, no-cache")
