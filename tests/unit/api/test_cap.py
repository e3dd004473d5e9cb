"""An alert in CAP over HTTP and by the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from alerts.access import Role
from alerts.notify.feed import Feed
from alerts.policy import Policy
from alerts.service import AlertService
from alerts.stores.sql import Database
from api.cli.main import main
from api.settings import Settings
from tests.support.incidents import NOON, incident
from tests.support.service import make_service

NAMES = {"cap": "urn:oasis:names:tc:emergency:cap:1.2"}
UNKNOWN = "019aa5c8-7c00-7e11-9c2d-3e4f5a6b7c8d"


async def test_over_http(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, public_hosts=("alarm.example.kz",), cap={"status": "Test"})
    service = make_service(tmp_path, settings=settings)
    alert = service.raise_alert()
    async with service.as_role(Role.INTEGRATOR) as caller:
        answer = await caller.get(f"/v1/alerts/{alert}/cap")
        assert answer.headers["content-type"] == "application/cap+xml"
        assert answer.headers["etag"].strip('"').isdecimal()
        assert (await caller.get(f"/v1/alerts/{UNKNOWN}/cap")).status_code == 404
    root = etree.fromstring(answer.content)
    assert root.findtext("cap:sender", namespaces=NAMES) == "qalqan@alarm.example.kz"
    assert root.findtext("cap:status", namespaces=NAMES) == "Test"
    assert root.findtext("cap:incidents", namespaces=NAMES) == alert


def test_by_the_command(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'qalqan.db'}")
    alerts = AlertService(database.store, lambda camera: None, Policy(), lambda: NOON, Feed().ring)
    alert = alerts.receive(incident(1), {})
    database.store.close()
    assert main(["alerts", "cap", alert, "--data", str(tmp_path)]) == 0
    root = etree.fromstring(capsysbinary.readouterr().out)
    assert root.findtext("cap:incidents", namespaces=NAMES) == alert
    assert main(["alerts", "cap", UNKNOWN, "--data", str(tmp_path)]) == 2
    assert b"there is no alert" in capsysbinary.readouterr().err
