"""How long the stages of alerts take, and what comes of what is said to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.trace import STAGES
from api.health.progress import News
from api.telemetry import Exporter

STAGE_BUCKETS_S = (
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    *(20, 30, 60, 120, 300, 600, 1800, 3600),
)
FROM_CAPTURED = ("stored", "notified", "received", "seen", "accepted", "on_scene", "closed")


class WayMeasures:
    """Counts each stage of each alert once: `api.health.progress` tells it once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._stage_s = Histogram(
            "qalqan_stage_seconds",
            "What each stage of an alert's way took since the stage before it",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._since_s = Histogram(
            "qalqan_since_captured_seconds",
            "From the camera's picture to a stage of the alert",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self._unknown = Counter(
            "qalqan_stage_unknown",
            "Stages of which nobody can say what they took: a clock was set, or two differ",
            ["stage"],
            registry=registry,
        )
        self._deliveries = Counter(
            "qalqan_deliveries",
            "Deliveries that are over, by what became of them",
            ["channel", "outcome"],
            registry=registry,
        )
        self._notifications = Counter(
            "qalqan_notifications",
            "Notifications by how far they came",
            ["event", "reached"],
            registry=registry,
        )
        self._steps = Counter(
            "qalqan_alert_steps",
            "Steps in the accounts of alerts; escalate and remind made one loud",
            ["action"],
            registry=registry,
        )
        for stage in STAGES[1:]:
            self._stage_s.labels(stage)
        for action in ("escalate", "remind", "lapse", "decline"):
            self._steps.labels(action)

    def note(self, news: News) -> None:
        """Count what has come about."""
        since_s: dict[str, float | None] = {}
        total_s: float | None = 0.0
        for one in news.trace.way[1:]:
            total_s = None if total_s is None or one.took_s is None else total_s + one.took_s
            since_s[one.stage] = total_s
        from_captured = bool(news.trace.way) and news.trace.way[0].stage == "captured"
        for one in news.stages:
            if one is news.trace.way[0]:
                continue
            if one.took_s is None:
                self._unknown.labels(one.stage).inc()
                continue
            self._stage_s.labels(one.stage).observe(one.took_s)
            passed_s = since_s[one.stage]
            if from_captured and passed_s is not None and one.stage in FROM_CAPTURED:
                self._since_s.labels(one.stage).observe(passed_s)
        for way in news.deliveries:
            self._deliveries.labels(way.channel, way.outcome or "over").inc()
        for told, reached in news.told:
            self._notifications.labels(told.event.value, reached).inc()
        for step in news.steps:
            self._steps.labels(step.action).inc()


class Sending(Collector):
    """What has become of spans."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        said = (("sent", self._exporter.sent), ("dropped", self._exporter.dropped))
        family = CounterMetricFamily("qalqan_spans", "OpenTelemetry spans", labels=["outcome"])
        for outcome, count in said:
            family.add_metric([outcome], count)
        yield family
