"""Files of cameras and cities: what would change, and that it changes once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import Role
from api.cli import apply as city
from api.cli.camera_file import check_camera, read_rows, with_password
from api.cli.cameras import _send
from api.cli.remote import Remote
from api.errors import BadInput, Refused
from tests.support.service import CAMERA, PASSWORD, Service, make_service

ROW: dict[str, Any] = {**CAMERA, "url": "rtsp://viewer@10.20.0.7:554/stream1"}
SCENE = {"version": 1, "rules": [{"kind": "intrusion"}]}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path / "service")


@pytest.fixture
def remote(service: Service) -> Remote:
    return Remote(service.as_role(Role.ADMIN))


def test_a_csv_file_is_read_as_people_write_it(tmp_path: Path) -> None:
    (tmp_path / "lawn.json").write_text(json.dumps(SCENE))
    file = tmp_path / "cameras.csv"
    file.write_text(
        "\ufeffid,name,url,latitude,longitude,fps,enabled,scene\r\n"
        'a,"Gate, north",rtsp://u:${PW}@10.0.0.1/,60.1,24.9,2.5,no,lawn.json\r\n'
        "b,Gate,rtsp://10.0.0.2/,60.1,24.9,,,\r\n",
        "utf-8",
    )
    first, second = (check_camera(row, {"PW": "p/w@"}) for row in read_rows(file))
    assert first.url == "rtsp://u:p%2Fw%40@10.0.0.1/"
    assert (first.name, first.fps, first.enabled) == ("Gate, north", 2.5, False)
    assert first.scene is not None
    assert first.scene["rules"][0]["kind"] == "intrusion"
    assert (second.fps, second.enabled, second.scene) == (5.0, True, None)


def test_a_substream_is_read_and_compared_like_the_address() -> None:
    row = {**ROW, "substream_url": "rtsp://u:${PW}@10.0.0.1/2"}
    new = check_camera(row, {"PW": "p/w@"})
    assert new.substream_url == "rtsp://u:p%2Fw%40@10.0.0.1/2"
    with pytest.raises(BadInput, match="substream_url"):
        check_camera({**ROW, "substream_url": "ftp://10.0.0.1/2"}, {})
    known = {**ROW, "enabled": True, "fps": 5.0, "scene": SCENE, "substream_url": None}
    known["url"] = check_camera(ROW).url
    (step,) = city.plan([new], [], [known], [])
    assert (step.method, step.change) == ("PATCH", "substream_url")
    there = {**known, "substream_url": "rtsp://u:***@10.0.0.1/2"}
    assert city.plan([new], [], [there], []) == []
    assert city.plan([check_camera(ROW)], [], [there], []) == [], "what is absent stays"
    (gone,) = city.plan([check_camera({**ROW, "substream_url": None})], [], [there], [])
    assert gone.body == {"substream_url": None, "probe": True}


def test_passwords_do_not_come_through_arguments() -> None:
    url = "rtsp://viewer@10.0.0.1:8554/a?b=c"
    assert with_password(url, "p@/#") == "rtsp://viewer:p%40%2F%23@10.0.0.1:8554/a?b=c"
    assert with_password(url, None) == url
    with pytest.raises(BadInput, match="--password-stdin"):
        with_password("rtsp://viewer:secret@10.0.0.1/", None)
    with pytest.raises(BadInput, match="needs a user"):
        with_password("rtsp://10.0.0.1/", "secret")


async def test_an_import_says_what_became_of_each_row(service: Service, remote: Remote) -> None:
    cameras = [check_camera({**ROW, "id": f"camera-{n}"}, {}) for n in range(20)]
    outside = check_camera({**ROW, "id": "outside", "url": "rtsp://8.8.8.8/"}, {})
    results = await _send(remote, [*cameras, outside], 8)
    assert [one["result"] for one in results] == ["registered"] * 20 + ["refused"]
    assert "outside the declared camera networks" in results[-1]["reason"]
    assert len(await remote.all("/v1/cameras")) == 20
    again = await _send(remote, cameras, 8)
    assert {one["result"] for one in again} == {"registered"}


async def test_a_city_is_applied_once(service: Service, remote: Remote, tmp_path: Path) -> None:
    file = tmp_path / "city.yaml"
    body = {"cameras": [{**ROW, "scene": SCENE}], "patrols": [{"name": "Unit 7"}]}
    file.write_text(json.dumps(body))

    async def steps(addresses: bool = False) -> list[tuple[str, str]]:
        cameras, patrols = city.read_city(file)
        known = await remote.all("/v1/cameras"), await remote.all("/v1/patrols")
        found = city.plan(cameras, patrols, *known, addresses=addresses)
        assert await city.carry_out(remote, found) == []
        return [(step.what, step.change) for step in found]

    assert await steps() == [("camera north-gate", "create"), ("patrol Unit 7", "create")]
    assert await steps() == []
    body["cameras"] = [{**ROW, "name": "Gate", "fps": 2, "scene": {"version": 1, "rules": []}}]
    file.write_text(json.dumps(body))
    expected = [("camera north-gate", "fps, name"), ("camera north-gate", "scene")]
    assert await steps() == expected
    assert await steps() == []
    assert await steps(addresses=True) == [("camera north-gate", "url")]
    body["patrols"] = [{"name": "Unit 7", "capabilities": ["vehicle", "k9"]}, {"name": "Unit 8"}]
    file.write_text(json.dumps(body))
    assert await steps() == [("patrol Unit 7", "capabilities"), ("patrol Unit 8", "create")]
    assert await steps() == []
    known = {one["name"]: one["capabilities"] for one in await remote.all("/v1/patrols")}
    assert known == {"Unit 7": ["k9", "vehicle"], "Unit 8": []}


async def test_a_refusal_of_the_service_is_one_line(service: Service) -> None:
    async with service.client(service.token(Role.OPERATOR)) as client:
        remote = Remote(client)
        with pytest.raises(Refused, match="This needs the role"):
            await remote.post("/v1/cameras", CAMERA)
    with pytest.raises(BadInput) as wrong:
        await Remote(service.as_role(Role.ADMIN)).post("/v1/cameras", {**CAMERA, "fps": 99})
    assert "/fps" in str(wrong.value)
    assert PASSWORD not in str(wrong.value)


async def test_a_busy_service_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("api.cli.remote.asyncio.sleep", sleep)
    answers = [(429, "5"), (503, "900"), (503, "soon"), (200, "")]

    def answer(request: httpx.Request) -> httpx.Response:
        status, retry = answers.pop(0)
        return httpx.Response(status, json={}, headers={"Retry-After": retry} if retry else {})

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert await Remote(client).get("/") == {}
    assert waited == [5.0, 30.0, 1.0]
