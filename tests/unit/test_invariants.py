"""Events, never identities: the promise of ARCHITECTURE.md, kept by a test."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from detect.incident import Incident, IncidentBox
from detect.track import Track

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ingest", "detect", "alerts", "api")
IDENTITY = re.compile(
    r"\b(face_?recognition|recogni[sz]e_face|face_?embedding|face_?id|insightface|arcface|deepface"
    r"|dlib|re_?id(?:entification)?|licen[cs]e_?plate|number_?plate|anpr|alpr|biometric|fingerprint"
    r"|gait)\b",
    re.IGNORECASE,
)


def test_an_incident_and_a_track_have_no_room_for_an_identity() -> None:
    names = {f.name for kind in (Incident, IncidentBox, Track) for f in dataclasses.fields(kind)}
    allowed = {
        "id", "camera", "kind", "zone", "severity", "started_at", "detected_at", "ended_at",
        "start_s", "detected_s", "end_s", "score", "boxes", "model", "rule", "why", "evidence",
        "t_s", "label", "xyxy", "track", "age_s", "unseen_s",
        "velocity", "paths", "why_in", "scores", "updated_s",
    }  # fmt: skip
    assert names <= allowed, f"new fields {names - allowed}: do they say who somebody is?"


def test_no_source_speaks_of_recognising_people() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if IDENTITY.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_model_detects_faces_or_plates() -> None:
    for labels in sorted((ROOT / "models").glob("*.txt")):
        classes = labels.read_text("utf-8").lower().split("\n")
        assert not {"face", "plate", "license plate", "number plate"} & set(classes), labels.name
