"""docs/trace.md is true: its stages are those there are, and its metrics are told."""

from __future__ import annotations

import re
from pathlib import Path

from alerts.trace import MEANING
from api.health.measures import Measures
from api.telemetry import Collector, Exporter
from tests.support.service import make_service

PAGE = (Path(__file__).parents[3] / "docs" / "trace.md").read_text("utf-8")


def rows(name: str) -> list[tuple[str, str]]:
    table = PAGE.split(f"<!-- {name}:")[1].split(f"<!-- end of {name}")[0]
    return re.findall(r"^\| `(\w+)(?:\{[^`]*\})?` \| ([^|]+) \|", table, re.M)


def test_the_stages_are_all_there_are_and_mean_what_the_page_says() -> None:
    assert dict(rows("stages")) == MEANING
    assert [stage for stage, _ in rows("stages")] == list(MEANING)


def test_every_metric_is_told(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    told = service.app.state.qalqan.measures.text().decode()
    for name, _ in rows("metrics"):
        if name != "qalqan_spans_total":
            assert f"# TYPE {name} " in told, name


def test_what_becomes_of_spans_is_told_where_a_collector_is_named(tmp_path: Path) -> None:
    state = make_service(tmp_path).app.state.qalqan
    exporter = Exporter(Collector("http://127.0.0.1:9/v1/traces"))
    told = Measures(state.services, state.streams, exporter=exporter).text().decode()
    assert 'qalqan_spans_total{outcome="dropped"} 0.0' in told


def test_the_variables_it_names_are_read() -> None:
    source = (Path(__file__).parents[3] / "api" / "telemetry.py").read_text("utf-8")
    named = set(re.findall(r"OTEL_\w+", PAGE))
    assert len(named) == 5
    assert all(name in source for name in named)
