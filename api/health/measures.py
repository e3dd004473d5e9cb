"""What Prometheus is told: read from the services when it asks."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.alert import AlertId, State, Step
from api.health import coverage
from api.health.progress import News, Progress
from api.health.way import Sending, WayMeasures
from api.streams import Streams
from api.telemetry import Exporter, spans_of
from api.wiring import Services

PAGE = 500
ANSWER_BUCKETS_S = (1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300)


class Measures:
    """The metrics of one application."""

    def __init__(
        self,
        services: Services,
        streams: Streams,
        more: Iterable[Collector] = (),
        exporter: Exporter | None = None,
    ) -> None:
        """`exporter`: who is told of the stages of alerts as spans, too."""
        self._registry = CollectorRegistry()
        self._exporter = exporter
        for collector in (_Present(services, streams), *more):
            self._registry.register(collector)
        self._answer_s = Histogram(
            "qalqan_dispatch_to_accept_seconds",
            "Time from the offer to its acceptance by the patrol",
            buckets=ANSWER_BUCKETS_S,
            registry=self._registry,
        )
        self._way = WayMeasures(self._registry)
        if exporter is not None:
            self._registry.register(Sending(exporter))
        self._progress = Progress(services.alerts, services.now, self._note)

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """What comes about at alerts is followed as long as the block lasts."""
        with self._exporter or contextlib.nullcontext(), self._progress.followed():
            yield

    def _note(self, news: News) -> None:
        self._way.note(news)
        if self._exporter is not None:
            self._exporter.put(spans_of(news))

    def accepted(self, steps: Sequence[Step]) -> None:
        """An alert with this account was accepted now."""
        taken = answer_s(steps)
        if taken is not None:
            self._answer_s.observe(taken)

    def text(self) -> bytes:
        """Prometheus text format."""
        self._progress.look()
        return generate_latest(self._registry)


def answer_s(steps: Sequence[Step]) -> float | None:
    """Seconds from the last offer to its acceptance, if that is the account's last news."""
    last: datetime | None = None
    found: float | None = None
    for step in steps:
        if step.action == "dispatch":
            last, found = step.at, None
        elif step.action == "accept" and last is not None:
            found = (step.at - last).total_seconds()
    return found


class _Present(Collector):
    """The state of the services as it is now."""

    def __init__(self, services: Services, streams: Streams) -> None:
        self._services = services
        self._streams = streams

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known from `collect`, which must not run when this registers."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._alerts()
        yield from self._outbox()
        yield from self._cameras()
        nodes = self._services.nodes.counts()
        analysed = _counter("qalqan_frames_analysed", "Frames inferred", "camera")
        for camera, count in nodes.analysed.items():
            analysed.add_metric([camera], count)
        dropped = _counter("qalqan_frames_dropped", "Frames not analysed", "camera", "reason")
        for camera, reasons in nodes.dropped.items():
            for reason, count in reasons.items():
                dropped.add_metric([camera, reason], count)
        received = _counter("qalqan_incidents_received", "Incident messages committed", "kind")
        for kind, count in nodes.received.items():
            received.add_metric([kind], count)
        yield from (analysed, dropped, received)
        yield from coverage.counted(nodes)
        yield from coverage.machine(nodes)
        yield _gauge("qalqan_incidents_spooled", "Changes not delivered yet", nodes.spooled)
        yield _gauge("qalqan_incidents_unsaved", "Incidents waiting in memory", nodes.unsaved)
        yield _gauge("qalqan_incidents_lost", "Incidents the node had to give up", nodes.lost)
        yield _gauge("qalqan_node_connected", "1 while the node is there", nodes.connected)
        restarts = CounterMetricFamily("qalqan_node_restarts", "Restarts of the node process")
        restarts.add_metric([], self._services.restarts())
        yield restarts
        yield _gauge("qalqan_open_streams", "Server-sent event streams", len(self._streams))

    def _alerts(self) -> Iterator[Metric]:
        counts: Counter[State] = Counter()
        states = [state for state in State if state is not State.CLOSED]
        before: AlertId | None = None
        while page := self._services.alerts.page(PAGE, before, states):
            counts.update(alert.state for alert in page)
            before = page[-1].id
        family = GaugeMetricFamily("qalqan_alerts_open", "Open alerts by state", labels=["state"])
        for state in states:
            family.add_metric([state.value], counts[state])
        yield family

    def _outbox(self) -> Iterator[Metric]:
        count, oldest = self._services.alerts.undelivered()
        now = self._services.now()
        age_s = (now - oldest.created_at).total_seconds() if oldest else 0.0
        yield _gauge("qalqan_outbox_depth", "Deliveries that are not over", count)
        yield _gauge(
            "qalqan_outbox_oldest_seconds",
            "Age of the oldest delivery that is not over",
            max(0.0, age_s),
        )

    def _cameras(self) -> Iterator[Metric]:
        watches = {
            camera.id: self._services.nodes.watch(camera.id)
            for camera in self._services.cameras.list()
        }
        states = GaugeMetricFamily("qalqan_cameras", "Cameras by watch state", labels=["state"])
        for name, count in Counter(watch.state for watch in watches.values()).items():
            states.add_metric([name], count)
        watched = GaugeMetricFamily(
            "qalqan_camera_watched", "1 while frames of it are inferred", labels=["camera"]
        )
        rate = GaugeMetricFamily(
            "qalqan_camera_analysed_fps", "Frames inferred a second", labels=["camera"]
        )
        for camera, watch in watches.items():
            watched.add_metric([camera], watch.state == "live")
            rate.add_metric([camera], watch.analysed_fps)
        yield from (states, watched, rate)
        yield from coverage.present(watches)


def _counter(name: str, what: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, what, labels=labels)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
