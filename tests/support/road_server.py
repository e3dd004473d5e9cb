"""A small HTTP server that speaks as OSRM and Valhalla document it, over a drawn city.

https://project-osrm.org/docs/v5.24.0/api/#table-service and
https://valhalla.github.io/valhalla/api/matrix/api-reference/
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from alerts.alert import Place
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON

TABLE = re.compile(
    r"/table/v1/(?P<profile>[a-z]+)/(?P<points>[-0-9.,;]+)"
    r"\?sources=(?P<sources>[0-9;]+)&destinations=0&annotations=duration"
)
FAR = Policy(off_street_m=10_000, assumed_speed_mps=1e9, detour_factor=1)
"""An engine takes the nearest street, however far, and counts no way to it."""


class RoadServer:
    """Answers by our own hierarchies; what a test sets goes wrong."""

    def __init__(self, roads: RoadJourneys, streets_within_m: float = 1e9) -> None:
        self._roads = roads
        self._within_m = streets_within_m
        self.asked: list[str] = []
        self.says: tuple[int, bytes] | None = None
        """Instead of an answer."""
        self.waits = threading.Event()
        self.waits.set()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        self.waits.wait(20)
        if self.says is not None:
            return self.says
        found = TABLE.fullmatch(path)
        if found and method == "GET":
            status, said = self._table(**found.groupdict())
        elif path == "/sources_to_targets" and method == "POST":
            status, said = self._matrix(json.loads(body))
        else:
            status, said = 404, {"error": "Try any of: /sources_to_targets", "error_code": 106}
        return status, json.dumps(said).encode()

    def _table(self, profile: str, points: str, sources: str) -> tuple[int, Any]:
        places = [tuple(map(float, one.split(","))) for one in points.split(";")]
        if len(places) > 100:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        goal, *rest = [Position(lat, lon, NOON) for lon, lat in places]
        assert sources == ";".join(map(str, range(1, len(places))))
        offs = [self._off_m(one) for one in (goal, *rest)]
        if any(off > self._within_m for off in offs):
            return 400, {"code": "NoSegment", "message": "Could not find a matching segment"}
        waypoints = [
            {"hint": "x", "distance": off, "name": "", "location": [0.0, 0.0]} for off in offs
        ]
        return 200, {
            "code": "Ok",
            "durations": [[one] for one in self._times(goal, rest)],
            "sources": waypoints[1:],
            "destinations": waypoints[:1],
        }

    def _matrix(self, asked: dict[str, Any]) -> tuple[int, Any]:
        assert asked["costing"] == "auto"
        sources = [Position(one["lat"], one["lon"], NOON) for one in asked["sources"]]
        (goal,) = [Position(one["lat"], one["lon"], NOON) for one in asked["targets"]]
        if any(self._off_m(one) > self._within_m for one in (goal, *sources)):
            said = {"error_code": 171, "error": "No suitable edges near location"}
            return 400, {**said, "status_code": 400, "status": "Bad Request"}
        rows = [
            [{"time": seconds, "distance": 1.0, "to_index": 0, "from_index": index}]
            for index, seconds in enumerate(self._times(goal, sources))
        ]
        return 200, {"sources_to_targets": rows, "units": "kilometers"}

    def _times(self, goal: Position, rest: list[Position]) -> list[float | None]:
        return self._roads.seconds_to(Place("x", goal.latitude, goal.longitude), rest, FAR)

    def _off_m(self, one: Position) -> float:
        found = self._roads._street(one.latitude, one.longitude, FAR.off_street_m)
        return 1e6 if found is None else found[0]


def transport(server: RoadServer) -> httpx.MockTransport:
    """Without a network."""

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        status, body = server.answer(request.method, path, request.read())
        return httpx.Response(status, content=body)

    return httpx.MockTransport(handle)


@contextmanager
def served(server: RoadServer) -> Iterator[str]:
    """Over a real socket; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, body = server.answer(self.command, self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        server.waits.set()
        http.shutdown()
        thread.join()
        http.server_close()
