"""The contract of `CameraRegistry` and `GrantStore`, over every adapter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.errors import NotFound, VersionConflict
from alerts.registry import SealedAddress
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.records import camera, grant
from tests.support.stores import Stores


def test_a_camera_comes_back_as_it_was(stores: Stores) -> None:
    assert stores.cameras.add(camera())
    assert stores.cameras.get(CameraId("north-gate")) == camera()
    assert stores.cameras.get(CameraId("other")) is None


def test_a_substream_comes_and_goes(stores: Stores) -> None:
    small = SealedAddress(b"\x00\xfesmall", "rtsp://viewer:***@10.20.0.7/2", "10.20.0.7")
    stores.cameras.add(camera(substream=small))
    assert stores.cameras.get(CameraId("north-gate")) == camera(substream=small)
    assert stores.cameras.list() == [camera(substream=small)]
    other = replace(small, sealed=b"other")
    assert stores.cameras.replace(camera(substream=other), 1).substream == other
    stores.cameras.replace(camera(), 2)
    assert stores.cameras.get(CameraId("north-gate")) == camera(version=3)


def test_cameras_are_listed_by_id(stores: Stores) -> None:
    for name in ("c", "a", "b"):
        stores.cameras.add(camera(name))
    assert [one.id for one in stores.cameras.list()] == ["a", "b", "c"]


def test_an_id_is_taken_once(stores: Stores) -> None:
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda n: stores.cameras.add(camera(fps=float(n))), range(1, 9)))
    assert added.count(True) == 1
    kept = stores.cameras.get(CameraId("north-gate"))
    assert kept is not None
    assert kept.fps == added.index(True) + 1, "the first stays as it was"


def test_a_camera_is_replaced_at_its_version_alone(stores: Stores) -> None:
    stores.cameras.add(camera())
    stored = stores.cameras.replace(camera(fps=2.0, url_sealed=b"new"), 1)
    assert (stored.version, stored.fps) == (2, 2.0)
    assert stores.cameras.get(CameraId("north-gate")) == stored
    with pytest.raises(VersionConflict, match="version 2"):
        stores.cameras.replace(camera(fps=3.0), 1)
    assert stores.cameras.get(CameraId("north-gate")) == stored
    with pytest.raises(NotFound, match="no camera other"):
        stores.cameras.replace(camera("other"), 1)


def test_of_many_changes_at_one_version_one_wins(stores: Stores) -> None:
    stores.cameras.add(camera())

    def change(fps: int) -> bool:
        try:
            stores.cameras.replace(camera(fps=float(fps)), 1)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(change, range(8))).count(True) == 1


def test_a_camera_is_removed_once(stores: Stores) -> None:
    stores.cameras.add(camera())
    assert stores.cameras.remove(CameraId("north-gate"))
    assert not stores.cameras.remove(CameraId("north-gate"))
    assert stores.cameras.list() == []


def test_a_grant_is_found_by_its_digest(stores: Stores) -> None:
    stores.grants.add(grant(2))
    stores.grants.add(grant(1, one_time=False, expires_at=None))
    assert stores.grants.by_digest(grant(2).digest) == grant(2)
    assert stores.grants.by_digest("unknown") is None
    assert stores.grants.list() == [grant(1, one_time=False, expires_at=None), grant(2)]


def test_a_one_time_grant_is_spent_exactly_once(stores: Stores) -> None:
    stores.grants.add(grant())
    with ThreadPoolExecutor(12) as pool:
        spent = list(pool.map(lambda _: stores.grants.spend(grant().digest, NOON), range(24)))
    assert len([one for one in spent if one is not None]) == 1
    kept = stores.grants.by_digest(grant().digest)
    assert kept is not None
    assert kept.revoked_at == NOON


def test_only_one_time_grants_are_spent(stores: Stores) -> None:
    stores.grants.add(grant(one_time=False))
    assert stores.grants.spend(grant().digest, NOON) is None
    assert stores.grants.spend("unknown", NOON) is None
    assert stores.grants.by_digest(grant().digest) == grant(one_time=False)


def test_a_grant_is_revoked_once(stores: Stores) -> None:
    stores.grants.add(grant())
    at = NOON + timedelta(seconds=1, microseconds=5)
    assert (stores.grants.ended_count(), stores.grants.ended()) == (0, frozenset())
    assert stores.grants.revoke("grant-1", at)
    assert not stores.grants.revoke("grant-1", at + timedelta(hours=1))
    assert not stores.grants.revoke("unknown", at)
    assert (stores.grants.ended_count(), stores.grants.ended()) == (1, frozenset({"grant-1"}))
    assert stores.grants.by_digest(grant().digest) == replace(grant(), revoked_at=at)
    assert stores.grants.spend(grant().digest, NOON) is None
