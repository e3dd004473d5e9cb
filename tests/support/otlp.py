"""A collector of OpenTelemetry traces: a real HTTP server that reads them as the standard says."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = ("traceId", "spanId", "parentSpanId")


@dataclass
class Received:
    """What the collector was sent, and what it answers."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses to answer first; then 200."""
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    """Those it took."""
    headers: list[dict[str, str]] = field(default_factory=list)
    tries: int = 0

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def parsed(body: bytes) -> ExportTraceServiceRequest:
    """The message; unknown fields and wrong types raise.

    OTLP's JSON writes ids in hex where protobuf's own JSON has base64; that is its one difference.
    """
    data = json.loads(body)
    for resource in data["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in IDS:
                    if key in span:
                        raw = bytes.fromhex(span[key])
                        assert len(raw) == (16 if key == "traceId" else 8)
                        span[key] = base64.b64encode(raw).decode()
    return json_format.ParseDict(data, ExportTraceServiceRequest())


@contextmanager
def collector() -> Iterator[Received]:
    """A collector on a port of its own."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.tries += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = received.answers.pop(0) if received.answers else 200
            if status == 200:
                assert self.path == "/v1/traces"
                assert self.headers["Content-Type"] == "application/json"
                received.headers.append(dict(self.headers))
                received.requests.append(parsed(body))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    received.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
