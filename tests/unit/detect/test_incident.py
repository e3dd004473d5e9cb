from __future__ import annotations

import json

import pytest

from detect.ids import uuid7
from detect.incident import Incident, IncidentFormatError
from tests.support.incidents import NOON, incident


def test_json_round_trip() -> None:
    one = incident(1)
    assert Incident.from_dict(json.loads(one.to_json())) == one


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", 2), ("severity", "huge"), ("boxes", 5), ("started_at", "noon"), ("model", None)],
)
def test_what_is_no_incident_is_refused(key: str, value: object) -> None:
    with pytest.raises(IncidentFormatError):
        Incident.from_dict({**incident(1).to_dict(), key: value})
    lacking = incident(1).to_dict()
    del lacking[key]
    with pytest.raises(IncidentFormatError, match=key):
        Incident.from_dict(lacking)


def test_ids_sort_by_time() -> None:
    from datetime import timedelta

    ids = [uuid7(NOON + timedelta(milliseconds=step)) for step in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50
    assert all(one[14] == "7" and one[19] in "89ab" for one in ids)
