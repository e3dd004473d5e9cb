"""Spans of an alert's way, as a real collector reads them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Outcome
from alerts.notification import Stage
from alerts.service import Answer
from alerts.trace import span_id
from api.errors import ApiError
from api.health.progress import News, Progress
from api.telemetry import MAX_WAITING, Collector, Exporter, spans_of
from tests.support.clocks import Place
from tests.support.incidents import incident
from tests.support.otlp import Received, collector
from tests.support.patrols import OPERATOR, by
from tests.support.service import make_service
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.telemetry.GATHER_S", 0.01)
    monkeypatch.setattr("api.telemetry.FIRST_RETRY_S", 0.01)


@pytest.fixture
def sink() -> Iterator[Received]:
    with collector() as received:
        yield received


def exporter_to(received: Received, **said: str) -> Exporter:
    named = Collector.named_in({"OTEL_EXPORTER_OTLP_ENDPOINT": received.url, **said})
    assert named is not None
    return Exporter(named)


def closed_alert(place: Place) -> list[News]:
    """Declined by one unit, taken by the next; the wall clock is set back on the way."""
    news: list[News] = []
    progress = Progress(place.service, place.clock, news.append)
    first, second = place.unit("Aigerim’s car", 100), place.unit("Unit 2", 400)
    alert = place.raised()
    progress.look()
    place.go(2)
    place.receipt(alert, Stage.SEEN, first)
    place.go(1)
    place.say(alert, first, Answer.DECLINE)
    place.go(4)
    place.set_wall(-300)
    place.say(alert, second, Answer.ACCEPT, Answer.EN_ROUTE)
    progress.look()
    place.go(60)
    place.say(alert, second, Answer.ON_SCENE)
    place.go(30)
    place.service.close(alert, by(second), Outcome.REAL, "a name, and what was seen")
    progress.look()
    return news


def spans(news: list[News]) -> list[dict[str, Any]]:
    return [span for one in news for span in spans_of(one)]


def lasted_s(span: Any) -> float:
    return round((span.end_time_unix_nano - span.start_time_unix_nano) / 1e9, 3)


async def test_a_collector_reads_one_trace_with_a_span_for_every_stage(sink: Received) -> None:
    told = spans(closed_alert(Place()))
    with exporter_to(sink) as exporter:
        exporter.put(told)
        await until(lambda: len(sink.spans) == len(told))
    assert exporter.sent == len(told)
    by_id = {span.span_id.hex(): span for span in sink.spans}
    assert len(by_id) == len(told), "no span twice"
    assert len({span.trace_id for span in sink.spans}) == 1
    root = by_id[span_id("incident-1", "alert")]
    assert root.parent_span_id == b""
    assert lasted_s(root) == pytest.approx(97.5)
    for span in sink.spans:
        assert span is root or span.parent_span_id.hex() in by_id
        assert root.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
    scene = by_id[span_id("incident-1", "on_scene")]
    assert lasted_s(scene) == pytest.approx(60)
    offers = [span for span in sink.spans if span.name == "offer"]
    assert [lasted_s(one) for one in offers] == [2.0, 4.0]
    (resource,) = sink.requests[0].resource_spans
    assert resource.resource.attributes[0].value.string_value == "qalqan"


def test_no_name_no_words_and_no_address_in_a_span() -> None:
    text = str(spans(closed_alert(Place())))
    for secret in ("Aigerim", "Unit 2", "what was seen", "north-gate", "North gate", "lawn"):
        assert secret not in text


async def test_what_a_collector_cannot_take_now_is_sent_again(sink: Received) -> None:
    sink.answers = [503, 429]
    told = spans(closed_alert(Place()))
    with exporter_to(sink) as exporter:
        exporter.put(told)
        await until(lambda: len(sink.spans) == len(told))
    assert (sink.tries, exporter.dropped) == (3, 0)


async def test_what_a_collector_refuses_is_dropped_and_counted(sink: Received) -> None:
    sink.answers = [400]
    with exporter_to(sink) as exporter:
        exporter.put(spans(closed_alert(Place())))
        await until(lambda: exporter.dropped > 0)
        exporter.put([*spans(closed_alert(Place()))][:1])
        await until(lambda: len(sink.spans) == 1)


async def test_nobody_waits_for_a_collector_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    named = Collector.named_in({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"})
    assert named is not None
    began = time.monotonic()
    with Exporter(named) as exporter:
        for _ in range(MAX_WAITING // 100 + 1):
            exporter.put([{"spanId": "x"}] * 100)
        await until(lambda: exporter.dropped >= 100)
    assert time.monotonic() - began < 5


def test_the_variables_are_opentelemetrys_own(sink: Received) -> None:
    assert Collector.named_in({}) is None
    base = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318/"}
    assert Collector.named_in({**base, "OTEL_SDK_DISABLED": "true"}) is None
    named = Collector.named_in(
        {
            **base,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc, x-city = almaty",
            "OTEL_SERVICE_NAME": "qalqan-almaty",
        }
    )
    assert named is not None
    assert named.url == "http://otel:4318/v1/traces"
    assert named.headers == {"authorization": "Bearer abc", "x-city": "almaty"}
    assert named.service == "qalqan-almaty"
    exact = {**base, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x"}
    assert getattr(Collector.named_in(exact), "url", "") == "https://t/x"
    with pytest.raises(ApiError, match="OTEL_EXPORTER_OTLP_ENDPOINT must be"):
        Collector.named_in({"OTEL_EXPORTER_OTLP_ENDPOINT": "otel:4318"})


async def test_headers_are_sent(sink: Received) -> None:
    with exporter_to(sink, OTEL_EXPORTER_OTLP_HEADERS="x-city=almaty") as exporter:
        exporter.put(spans(closed_alert(Place()))[:1])
        await until(lambda: sink.headers != [])
    assert sink.headers[0]["x-city"] == "almaty"


async def test_the_service_tells_the_collector_that_its_environment_names(
    sink: Received, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url)
    monkeypatch.setattr("api.health.progress.EVERY_S", 0.02)
    service = make_service(tmp_path)
    alert = service.services.alerts.receive(incident(1), {})
    async with service.app.router.lifespan_context(service.app):
        service.clock.pass_by(2)
        service.services.alerts.close(alert, OPERATOR, Outcome.FALSE)
        await until(lambda: any(span.name == "alert" for span in sink.spans))
    assert {span.name for span in sink.spans} == {"stored", "closed", "alert"}


def test_without_one_nothing_runs_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    make_service(tmp_path)
    assert not any(thread.name == "otlp" for thread in threading.enumerate())
