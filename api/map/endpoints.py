"""`/v1/map`: the streets under the cameras and the patrols, from this installation alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from api.auth.access import Anyone, GuardedRoute
from api.problem import Problem
from api.wiring import state_of

router = APIRouter(prefix="/v1/map", tags=["map"], route_class=GuardedRoute)

GEOJSON = "application/geo+json"
EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "bbox": [24.92, 60.16, 24.96, 60.18],
    "attribution": "© OpenStreetMap contributors",
    "features": [
        {
            "type": "Feature",
            "properties": {"layer": "road"},
            "geometry": {"type": "LineString", "coordinates": [[24.93, 60.17], [24.94, 60.17]]},
        }
    ],
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection with `bbox` and `attribution`.",
        "content": {
            GEOJSON: {"schema": {"type": "object"}, "examples": {"map": {"value": EXAMPLE}}}
        },
    },
    304: {"description": "The caller has it already."},
}


@router.get("", response_class=Response, responses=RESPONSES)
def city_map(
    request: Request,
    caller: Anyone,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
    if_none_match: Annotated[
        str | None, Header(description="The `ETag` you have: a 304 if it is still the same.")
    ] = None,
) -> Response:
    """The city's streets as GeoJSON; a 404 when this installation has no map."""
    streets = state_of(request).streets.read()
    if streets is None:
        raise Problem(404, "This installation has no map.")
    headers = {
        "ETag": streets.etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding",
    }
    if if_none_match is not None and _names(if_none_match, streets.etag):
        return Response(status_code=304, headers=headers)
    if "gzip" not in accept_encoding.lower():
        return Response(streets.plain, media_type=GEOJSON, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(streets.packed, media_type=GEOJSON, headers=headers)


def _names(given: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, 8.8.3.2)."""
    bare = etag.removeprefix("W/")
    return given.strip() == "*" or bare in [
        one.strip().removeprefix("W/") for one in given.split(",")
    ]
