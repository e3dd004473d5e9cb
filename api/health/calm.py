"""How much is asked of the control room, as Prometheus is told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.calm.raised import AlarmLog
from api.calm import Calm


class CalmMeasures(Collector):
    """The rate at which alerts come, and what is quiet."""

    def __init__(self, calm: Calm, log: AlarmLog) -> None:
        self._calm = calm
        self._log = log

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known from `collect`, which must not run when this registers."""
        return ()

    def collect(self) -> Iterator[Metric]:
        flood = self._calm.flood()
        silenced, shelved = self._log.quiet_now()
        rate = flood.raised / flood.operators
        yield _gauge("qalqan_flood", "1 while more alerts come than people can look at", flood.on)
        yield _gauge("qalqan_operators", "People who look at alerts", flood.operators)
        yield _gauge(
            "qalqan_alerts_per_operator",
            "New alerts of the last 10 minutes for each operator",
            rate,
        )
        yield _gauge("qalqan_alerts_silenced", "Open alerts that a silence makes quiet", silenced)
        yield _gauge("qalqan_alerts_shelved", "Open alerts that a person has put off", shelved)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
