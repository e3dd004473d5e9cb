from __future__ import annotations

from random import Random

from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from tests.bench.assignment import measured, scene
from tests.support.streets import drawn_city


def test_it_measures_what_it_says() -> None:
    graph = make_graph(drawn_city(8, 1), "drawn")
    waiting, patrols = scene(graph, 12, 30, Random(1))
    for roads in (None, RoadJourneys(graph)):
        found = measured(waiting, patrols, roads, 1)
        assert found["sent"] == 12
        assert found["all_ms"] >= found["assigned_ms"] > 0
        assert 0 < found["total_s"] <= found["greedy_total_s"] * 1.5
        assert found["stored_kb"] > 1
