"""Travel times from many places to one over a large graph, by RoutingKit.

Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies (2014).
"""

from __future__ import annotations

from collections.abc import Sequence

from routingkit_cch import CCH, CCHManyToOne, CCHMetric, compute_order_inertial

from alerts.roads.graph import RoadGraph


class Hierarchy:
    """Built once for a map; then each question takes milliseconds. Thread-safe."""

    def __init__(self, graph: RoadGraph) -> None:
        order = compute_order_inertial(
            len(graph.latitudes), graph.tails, graph.heads, graph.latitudes, graph.longitudes
        )
        self._cch = CCH(order, graph.tails, graph.heads, False)
        self._metric = CCHMetric(self._cch, graph.travel_ms)

    def milliseconds(self, sources: Sequence[int], target: int) -> list[int | None]:
        """The quickest way from each node to one node; None where there is none."""
        if not sources:
            return []
        # A query belongs to the thread that made it, and is cheap to make.
        return CCHManyToOne(self._metric, list(sources)).distances_to(target)
