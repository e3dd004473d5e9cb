"""The streets under the console's cameras and patrols."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.access import Role
from tests.support.service import Service, make_service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


async def test_the_map_is_sent_once_and_compressed(service: Service) -> None:
    caller = service.as_role(Role.PATROL)
    assert (await caller.get("/v1/map")).status_code == 404
    path = service.services.settings.streets
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"type":"FeatureCollection","features":[%s]}' % b",".join([b"{}"] * 500))
    plain = await caller.get("/v1/map", headers={"Accept-Encoding": "identity"})
    assert plain.content == path.read_bytes()
    assert plain.headers["content-type"] == "application/geo+json"
    packed = await caller.get("/v1/map", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    again = await caller.get("/v1/map", headers={"If-None-Match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    path.write_bytes(b'{"type":"FeatureCollection","features":[],"bbox":[0,0,1,1]}')
    newer = await caller.get("/v1/map", headers={"If-None-Match": packed.headers["etag"]})
    assert newer.json()["bbox"] == [0, 0, 1, 1]
