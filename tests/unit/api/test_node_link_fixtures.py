"""What people said of fixtures on its way to the node, and what the node says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alerts.registry import WatchedPlace
from api.node_link import NodeLink
from api.nodes import NodeReport, NotWatched
from detect.fixtures import Fixture
from detect.incident import rfc3339
from detect.orders import read_order, read_watched
from detect.ruling import RuleFault
from ingest.camera import CameraId
from tests.support.fake_node import camera_said
from tests.support.incidents import NOON
from tests.support.records import camera
from tests.unit.api.test_node_link_substream import Registry

BOX = (0.2, 0.3, 0.25, 0.5)
PLACE = WatchedPlace("5f0c1d2e3a4b", "person", BOX, NOON, "operator:aigul")


def test_the_order_names_the_places_to_watch_again(tmp_path: Path) -> None:
    cameras = [camera("gate", watched=(PLACE,)), camera("lawn")]
    link = NodeLink(
        tmp_path,
        None,  # type: ignore[arg-type]
        Registry(*cameras),  # type: ignore[arg-type]
        lambda one: f"rtsp://10.0.0.1/{one.id}",
        lambda: NOON,
    )
    told = link._wanted()
    assert read_watched(told) == {"gate": (BOX,), "lawn": ()}
    assert "watch_again" not in told[1]
    wanted, refused = read_order(told)
    assert (set(wanted), refused) == ({"gate", "lawn"}, {})
    with pytest.raises(NotWatched, match="no node says"):
        link.fixtures(CameraId("gate"))


def test_what_a_node_says_is_read_as_it_was_meant() -> None:
    sign = Fixture("person", BOX, 9.0, np.zeros((24, 12), np.float32), since=NOON, times=3)
    fault = RuleFault("crowd", "lawn", NOON, 2, "ValueError: x (crowd.py:1)")
    said = camera_said(
        fixtures=[sign.told()], failing_rules=[fault.to_dict()], rule_failures={"crowd": 2}
    )
    counts = {"spooled": 0, "unsaved": 0, "lost": 0}
    report = NodeReport.read({"cameras": {"gate": said}, **counts})
    assert report.doubts == ""
    read = report.cameras[CameraId("gate")]
    (one,), (rule,) = read.fixtures, read.failing
    assert (one.id, one.label, one.xyxy, one.since, one.times) == (sign.id, "person", BOX, NOON, 3)
    assert (rule.kind, rule.zone, rfc3339(rule.since)) == ("crowd", "lawn", rfc3339(NOON))
    assert read.rule_failures == {"crowd": 2}


def test_nonsense_about_them_costs_no_camera_its_watch() -> None:
    said = camera_said(fixtures=[{"id": "../x"}], failing_rules=7, rule_failures={"A b": 1})
    report = NodeReport.read({"cameras": {"gate": said}, "spooled": 0, "unsaved": 0, "lost": 0})
    read = report.cameras[CameraId("gate")]
    assert (read.state, read.fixtures, read.failing) == ("live", (), ())
    assert report.doubts
