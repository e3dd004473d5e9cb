"""How closely the cameras are looked at, as Prometheus is told it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric

from api.looking import CoverageReason
from api.nodes import Counts, WatchState
from ingest.camera import CameraId


def counted(nodes: Counts) -> Iterator[Metric]:
    """What the nodes have counted since they started, by camera."""
    shed = CounterMetricFamily(
        "qalqan_frames_shed", "Frames and regions left out on purpose", labels=["camera", "reason"]
    )
    looks = CounterMetricFamily(
        "qalqan_looks", "Frames by how they were looked at", labels=["camera", "kind"]
    )
    audited = CounterMetricFamily("qalqan_audit_looked", "Frames audited", labels=["camera"])
    missed = CounterMetricFamily(
        "qalqan_audit_missed", "Boxes in them that parts alone would have missed", labels=["camera"]
    )
    failed = CounterMetricFamily(
        "qalqan_rule_failures", "Times that a rule failed and rested", labels=["camera", "kind"]
    )
    for camera, kinds in nodes.rule_failures.items():
        for kind, count in kinds.items():
            failed.add_metric([camera, kind], count)
    for camera, looking in nodes.looking.items():
        for reason, count in looking.shed.items():
            shed.add_metric([camera, reason], count)
        for kind, count in looking.looks.items():
            looks.add_metric([camera, kind], count)
        if looking.audit is not None:
            audited.add_metric([camera], looking.audit.looked)
            missed.add_metric([camera], looking.audit.missed)
    yield from (shed, looks, audited, missed, failed)


def present(watches: Mapping[CameraId, WatchState]) -> Iterator[Metric]:
    """How closely the cameras that are watched are looked at now; of the others nothing is said."""
    target = _by_camera("qalqan_camera_target_fps", "Frames a second wanted now")
    keys = _by_camera("qalqan_camera_keys_only", "1 while key frames alone are decoded")
    aside = _by_camera("qalqan_camera_substream", "1 while the substream alone is decoded")
    degraded = _by_camera("qalqan_camera_coverage_degraded", "1 while looked at too little")
    rate = _by_camera("qalqan_audit_miss_rate", "Share of audited boxes missed lately")
    upper = _by_camera("qalqan_audit_miss_rate_upper", "Upper bound of that share")
    level = _by_camera("qalqan_audit_level", "How far the gates are widened, 0 to 3")
    reasons: Counter[str] = Counter(dict.fromkeys((*get_args(CoverageReason), "unknown"), 0))
    failing = _by_camera("qalqan_camera_failing_rules", "Rules that fail and watch nothing")
    for camera, watch in watches.items():
        looking = watch.looking
        if watch.state == "live":
            failing.add_metric([camera], len(watch.failing))
        if looking.target_fps is not None:
            target.add_metric([camera], looking.target_fps)
        if looking.decoding is not None:
            keys.add_metric([camera], looking.decoding == "keys")
            aside.add_metric([camera], looking.decoding == "substream")
        if looking.is_degraded is not None:
            degraded.add_metric([camera], looking.is_degraded)
        if looking.is_degraded:
            reasons[looking.reason or "unknown"] += 1
        if looking.audit is not None:
            if looking.audit.rate is not None:
                rate.add_metric([camera], looking.audit.rate)
            upper.add_metric([camera], looking.audit.upper)
            level.add_metric([camera], looking.audit.level)
    concerned = GaugeMetricFamily(
        "qalqan_cameras_degraded", "Cameras looked at too little, by reason", labels=["reason"]
    )
    for reason, count in reasons.items():
        concerned.add_metric([reason], count)
    yield from (target, keys, aside, degraded, rate, upper, level, failing, concerned)


def machine(nodes: Counts) -> Iterator[Metric]:
    """What the node's machine has to do, and what runs the model there."""
    if (load := nodes.load) is not None:
        yield _gauge("qalqan_node_capacity_cores", "Cores the node may use", load.capacity_cores)
        yield _gauge("qalqan_node_used_cores", "Cores the node uses", load.used_cores)
        yield _gauge("qalqan_node_load_demand", "Full service, as share of capacity", load.demand)
        yield _gauge("qalqan_node_shedding_level", "How much is left out, 0 to 4", load.level)
    if nodes.canvases is not None:
        canvases = CounterMetricFamily("qalqan_canvases", "Areas of a square model input run")
        canvases.add_metric([], nodes.canvases)
        yield canvases
    if nodes.engine is not None:
        said = {"engine": nodes.engine, "reason": nodes.engine_reason or ""}
        yield InfoMetricFamily("qalqan_node_engine", "What runs the model, and why", said)


def _by_camera(name: str, what: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=["camera"])


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
