"""A camera's substream on its way to the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerts.registry import RegisteredCamera, SealedAddress
from api.assembly import revealing
from api.auth.vault import Vault, VaultError
from api.node_link import NodeLink
from detect.orders import read_order
from ingest.camera import CameraId, StreamUrl
from tests.support.incidents import NOON
from tests.support.records import camera

SMALL = StreamUrl.parse("rtsp://viewer:op3n-sesame@camera.lan:554/stream2")
MAIN = StreamUrl.parse("rtsp://viewer:op3n-sesame@camera.lan:554/stream1")


class Registry:
    def __init__(self, *cameras: RegisteredCamera) -> None:
        self._cameras = [*cameras]

    def list(self) -> list[RegisteredCamera]:
        return self._cameras


def registered(vault: Vault, name: str, *, has_small: bool) -> RegisteredCamera:
    identity = CameraId(name)
    small = SealedAddress(vault.seal(SMALL, identity), SMALL.hidden(), "10.20.0.8")
    sealed = vault.seal(MAIN, identity)
    return camera(name, url_sealed=sealed, substream=small if has_small else None)


def ordered(home: Path, vault: Vault, *cameras: RegisteredCamera) -> list[dict[str, Any]]:
    reveal, reveal_small = revealing(vault)
    link = NodeLink(
        home,
        None,  # type: ignore[arg-type]
        Registry(*cameras),  # type: ignore[arg-type]
        reveal,
        lambda: NOON,
        reveal_substream=reveal_small,
    )
    return link._wanted()


def test_it_is_opened_pinned_and_part_of_the_order(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path / "key")
    one, two = (registered(vault, name, has_small=name == "two") for name in ("one", "two"))
    told = ordered(tmp_path, vault, one, two)
    assert [item.get("substream") for item in told] == [
        None,
        "rtsp://viewer:op3n-sesame@10.20.0.8:554/stream2",
    ]
    wanted, refused = read_order(told)
    assert refused == {}
    assert wanted[CameraId("one")][0].substream is None
    assert wanted[CameraId("two")][0].substream == SMALL.pinned_to("10.20.0.8")
    _, refused = read_order([{**told[1], "substream": "ftp://10.20.0.8/"}])
    assert refused == {"two": "bad_address"}


def test_sealed_with_another_key_the_camera_is_not_watched(tmp_path: Path) -> None:
    vault, other = Vault.at(tmp_path / "key"), Vault.at(tmp_path / "other")
    one = registered(other, "one", has_small=True)
    assert ordered(tmp_path, vault, one) == []
    with pytest.raises(VaultError):
        revealing(vault)[1](one)
