"""OpenTelemetry: an alert's way as one trace, told to a collector by OTLP over HTTP.

Written by hand and not with OpenTelemetry's SDK: what is told is past already and comes with its
own times and ids, so of the SDK only the exporter would be used, and that brings protobuf, requests
and 0.3 s of imports into every process. OTLP's JSON form is part of its standard and every
collector takes it on the same port.

Nothing waits for this: spans are put into a bounded queue, the oldest is dropped and counted when
it is full. A span holds ids, kinds and times; no name, no picture, no address, no words.
"""

from __future__ import annotations

import http.client
import json
import logging
import random
import ssl
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from alerts.alert import State
from alerts.trace import Reached, Stamp, span_id, trace_id
from api.errors import ApiError
from api.health.progress import News

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
MAX_WAITING = 10_000
BATCH = 512
GATHER_S = 1.0
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
TRY_AGAIN = frozenset({429, 502, 503, 504})
ROOT = "alert"
IN_OFFER = ("notified", "received", "seen", "accepted")

Span = dict[str, Any]
"""In OTLP's JSON form."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    service: str = "qalqan"

    @classmethod
    def named_in(cls, environ: Mapping[str, str]) -> Collector | None:
        """As OpenTelemetry's variables say; None: none is named. Raises `ApiError`."""
        url = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
        if not url and (base := environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")):
            url = base.rstrip("/") + "/v1/traces"
        if not url or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ApiError("OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT or https://...")
        said = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get(
            "OTEL_EXPORTER_OTLP_HEADERS", ""
        )
        pairs = (one.partition("=") for one in said.split(",") if "=" in one)
        headers = {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}
        return cls(url, headers, environ.get("OTEL_SERVICE_NAME") or "qalqan")


class Exporter:
    """Sends spans from a thread of its own. `put` never blocks and never raises."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._waiting: deque[Span] = deque()
        self._condition = threading.Condition()
        self._closing = False
        self._failing = False
        self.sent = 0
        self.dropped = 0
        """Spans that no collector took in time."""
        self._thread = threading.Thread(target=self._run, name="otlp", daemon=True)

    def __enter__(self) -> Exporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, spans: Sequence[Span]) -> None:
        with self._condition:
            self._waiting.extend(spans)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._condition.notify()

    def close(self, timeout_s: float = 2.0) -> None:
        """Try once to send what waits."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._closing)
                self._condition.wait_for(lambda: self._closing, GATHER_S)
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                closing = self._closing
            if not batch:
                return
            if self._sent(batch):
                retry_s = FIRST_RETRY_S
                continue
            with self._condition:
                self._waiting.extendleft(reversed(batch))
                if closing:
                    return
                wait_s = retry_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                self._condition.wait_for(lambda: self._closing, wait_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    def _sent(self, batch: Sequence[Span]) -> bool:
        """Whether they need not be sent again."""
        try:
            status = self._post(json.dumps(self._envelope(batch)).encode())
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            self._complain(f"does not answer: {error}")
            return False
        if status in TRY_AGAIN:
            self._complain(f"answers {status}")
            return False
        if status >= 300:
            self._complain(f"answers {status}; {len(batch)} spans are dropped")
            self.dropped += len(batch)
            return True
        self._failing = False
        self.sent += len(batch)
        return True

    def _post(self, body: bytes) -> int:
        parts = urlsplit(self._collector.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            headers = {"Content-Type": "application/json", **self._collector.headers}
            connection.request("POST", path or "/", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _complain(self, what: str) -> None:
        if not self._failing:
            log.warning("the OpenTelemetry collector %s", what)
        self._failing = True

    def _envelope(self, spans: Sequence[Span]) -> dict[str, Any]:
        resource = {"attributes": _attributes({"service.name": self._collector.service})}
        scoped = {"scope": {"name": "qalqan"}, "spans": list(spans)}
        return {"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}


def spans_of(news: News) -> list[Span]:
    """The spans of what has come about at an alert.

    A span lasts from the stage before to its own. Ids follow from the incident's: whoever writes
    of the same stage writes of the same span. Times are reckoned from the first stage on the
    machine's own count where it is known, so that none goes back.
    """
    incident, way = news.trace.incident, news.trace.way
    if incident is None or not way:
        return []
    made = _Maker(incident, way[0])
    before = dict(zip(way[1:], way, strict=False))
    spans = [
        made.span(one.stage, before.get(one, one), one, ROOT)
        for one in news.stages
        if one.stage not in IN_OFFER
    ]
    for offer in news.offers:
        number = news.trace.offers.index(offer)
        name = f"offer {number}"
        said = {"qalqan.offer": number + 1, "qalqan.ended": offer.ended}
        spans.append(made.span(name, offer.way[0], offer.way[-1], ROOT, said, title="offer"))
        for earlier, one in zip((offer.way[0], *offer.way), offer.way, strict=False):
            spans.append(made.span(f"{name} {one.stage}", earlier, one, name, title=one.stage))
    if any(one.stage == "closed" for one in news.stages):
        spans.append(made.span(ROOT, way[0], way[-1], None, _facts(news)))
    return spans


class _Maker:
    def __init__(self, incident: str, origin: Reached) -> None:
        self._incident = incident
        self._origin = Stamp(origin.at, origin.tick)

    def span(
        self,
        key: str,
        since: Reached,
        until: Reached,
        parent: str | None,
        said: Mapping[str, Any] | None = None,
        title: str = "",
    ) -> Span:
        begin = self._ns(since)
        span = {
            "traceId": trace_id(self._incident),
            "spanId": span_id(self._incident, key),
            "name": title or key,
            "kind": 1,
            "startTimeUnixNano": str(begin),
            "endTimeUnixNano": str(max(begin, self._ns(until))),
            "attributes": _attributes({"qalqan.uncertain": until.uncertain, **(said or {})}),
        }
        return span if parent is None else {**span, "parentSpanId": span_id(self._incident, parent)}

    def _ns(self, one: Reached) -> int:
        after_s, _ = self._origin.until_s(Stamp(one.at, one.tick))
        return round((self._origin.at.timestamp() + (after_s or 0.0)) * 1000) * 1_000_000


def _facts(news: News) -> dict[str, Any]:
    alert = news.alert
    outcome = alert.outcome.value if alert.state is State.CLOSED and alert.outcome else ""
    return {
        "qalqan.alert": alert.id,
        "qalqan.kind": alert.kind,
        "qalqan.severity": alert.severity,
        "qalqan.outcome": outcome,
        "qalqan.incidents": alert.incident_count,
        "qalqan.offers": len(news.trace.offers),
    }


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": str(value)}
