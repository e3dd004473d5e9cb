"""Cameras over HTTP: registered once, changed by version, their passwords never seen again."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access import Role
from api.cameras.probes import Probes
from api.problem import Problem
from ingest.camera import CameraId, StreamUrl
from ingest.errors import StreamUnreachable, WrongPassword
from ingest.sources.base import SourceInfo
from tests.support.service import CAMERA, PASSWORD, Service, make_service

SCENE: dict[str, Any] = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": [[0, 0], [1, 0], [1, 1]]}],
    "rules": [{"kind": "intrusion", "zone": "lawn"}],
}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return make_service(tmp_path)


@pytest.fixture
def integrator(service: Service) -> httpx.AsyncClient:
    return service.as_role(Role.INTEGRATOR)


async def test_a_camera_is_registered_looked_at_and_sealed(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    made = await integrator.post("/v1/cameras", json={**CAMERA, "scene": SCENE})
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    assert made.headers["location"] == "/v1/cameras/north-gate"
    assert made.json()["url"] == "rtsp://viewer:***@10.20.0.7:554/stream1"
    assert [url.reveal() for url in service.probe.seen] == [CAMERA["url"]]
    stored = service.services.cameras.get(CameraId("north-gate"))
    assert stored is not None
    assert PASSWORD.encode() not in stored.url_sealed
    assert service.nodes.changes == 1


async def test_the_password_is_in_no_reply_and_no_log(
    service: Service, integrator: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = {"latitude": "north", "fps": 99, "enabled": "yes", "id": "UPPER", "extra": 1}
    answers = [
        await integrator.post("/v1/cameras", json={**CAMERA, key: value})
        for key, value in wrong.items()
    ]
    for url in ("ftp://viewer:op3n-sesame@h/", "rtsp://viewer:op3n-sesame@8.8.8.8/", "op3n-sesame"):
        answers.append(await integrator.post("/v1/cameras", json={**CAMERA, "url": url}))
        answers.append(await integrator.post("/v1/cameras/probe", json={"url": url}))
    answers.append(await integrator.post("/v1/cameras", json=[CAMERA["url"]]))
    answers.append(await integrator.post("/v1/cameras", json={**CAMERA, "url": [CAMERA["url"]]}))
    service.probe.error = WrongPassword("10.20.0.7 answered 401")
    answers.append(await integrator.post("/v1/cameras", json=CAMERA))
    assert {answer.status_code for answer in answers} == {422}
    service.probe.error = None
    answers.append(await integrator.post("/v1/cameras", json=CAMERA))
    answers.append(await integrator.patch("/v1/cameras/north-gate", json={"url": CAMERA["url"]}))
    answers.append(await integrator.get("/v1/cameras"))
    answers.append(await integrator.get("/v1/cameras/north-gate"))
    for answer in answers:
        assert PASSWORD not in answer.text
    assert PASSWORD not in caplog.text
    assert "camera_created camera=north-gate" in caplog.text


async def test_the_same_registration_again_is_the_same_and_another_is_a_conflict(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    first = await integrator.post("/v1/cameras", json=CAMERA)
    again = await integrator.post("/v1/cameras", json=CAMERA)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert len(service.probe.seen) == 1
    for key, value in {"name": "Other", "latitude": 1, "fps": 9, "scene": SCENE}.items():
        other = await integrator.post("/v1/cameras", json={**CAMERA, key: value})
        assert other.status_code == 409, key
        assert other.json()["errors"][0]["pointer"] == "/id"
    moved = {**CAMERA, "url": "rtsp://viewer:other@10.20.0.7:554/stream1"}
    assert (await integrator.post("/v1/cameras", json=moved)).status_code == 409


async def test_two_copies_at_once_with_one_key_create_once(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(integrator.post("/v1/cameras", json=CAMERA, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len(service.probe.seen) == 1


async def test_changes_go_by_version(service: Service, integrator: httpx.AsyncClient) -> None:
    await integrator.post("/v1/cameras", json=CAMERA)
    path = "/v1/cameras/north-gate"
    changed = await integrator.patch(path, json={"name": "Gate"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["latitude"] == CAMERA["latitude"]
    late = {"If-Match": '"1"'}
    assert (await integrator.patch(path, json={"fps": 2}, headers=late)).status_code == 412
    assert (await integrator.put(f"{path}/scene", json=SCENE, headers=late)).status_code == 412
    assert (await integrator.delete(path, headers=late)).status_code == 412
    assert (await integrator.patch(path, json={}, headers=late)).status_code == 412
    same = await integrator.patch(path, json={"name": "Gate"})
    assert same.headers["etag"] == '"2"', "what changes nothing is no new version"
    put = await integrator.put(f"{path}/scene", json=SCENE, headers={"If-Match": '"2"'})
    assert put.json()["scene"]["zones"][0]["name"] == "lawn"
    assert (await integrator.get(f"{path}/scene")).headers["etag"] == '"3"'
    for tag in ("3", 'W/"3"', '"0"', '"x"', '"1", "2"', '"99999999999999999999"'):
        bad = await integrator.patch(path, json={"fps": 2}, headers={"If-Match": tag})
        assert bad.status_code == 422, tag
    assert (await integrator.patch(path, json={"fps": 2}, headers={"If-Match": "*"})).is_success
    assert (await integrator.delete(path)).status_code == 204
    assert (await integrator.get(path)).status_code == 404


SMALL = "rtsp://viewer:op3n-sesame@10.20.0.7:554/stream2"
PATH = "/v1/cameras/north-gate"


async def test_a_substream_is_looked_at_sealed_and_never_shown(
    service: Service, integrator: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await integrator.post("/v1/cameras", json={**CAMERA, "substream_url": SMALL})
    assert made.status_code == 201
    assert made.json()["substream_url"] == "rtsp://viewer:***@10.20.0.7:554/stream2"
    assert [url.reveal() for url in service.probe.seen] == [CAMERA["url"], SMALL]
    stored = service.services.cameras.get(CameraId("north-gate"))
    assert stored is not None
    assert stored.substream is not None
    assert stored.substream.pinned == "10.20.0.7"
    assert PASSWORD.encode() not in stored.substream.sealed
    assert service.services.vault.open(stored.substream.sealed, stored.id).reveal() == SMALL
    assert PASSWORD not in made.text + caplog.text
    again = await integrator.post("/v1/cameras", json={**CAMERA, "substream_url": SMALL})
    assert again.json() == made.json()
    for other in (None, SMALL.replace("stream2", "stream3")):
        answer = await integrator.post("/v1/cameras", json={**CAMERA, "substream_url": other})
        assert answer.status_code == 409


async def test_a_substream_is_added_changed_and_removed(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    made = await integrator.post("/v1/cameras", json=CAMERA)
    assert made.json()["substream_url"] is None
    added = await integrator.patch(PATH, json={"substream_url": SMALL})
    assert added.json()["substream_url"] == "rtsp://viewer:***@10.20.0.7:554/stream2"
    assert len(service.probe.seen) == 2
    other = {"substream_url": SMALL.replace("stream2", "stream3"), "probe": False}
    assert (await integrator.patch(PATH, json=other)).json()["substream_url"].endswith("stream3")
    assert len(service.probe.seen) == 2
    named = await integrator.patch(PATH, json={"name": "Gate"})
    assert named.json()["substream_url"].endswith("stream3"), "what is absent stays"
    gone = await integrator.patch(PATH, json={"substream_url": None})
    assert gone.json()["substream_url"] is None
    assert gone.json()["url"] == made.json()["url"]


@pytest.mark.parametrize("url", ["ftp://10.20.0.7/2", "rtsp://8.8.8.8/2", "stream2", ""])
async def test_a_wrong_substream_is_said_of_itself(
    url: str, service: Service, integrator: httpx.AsyncClient
) -> None:
    answer = await integrator.post("/v1/cameras", json={**CAMERA, "substream_url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/substream_url"
    assert service.services.cameras.list() == []
    await integrator.post("/v1/cameras", json=CAMERA)
    answer = await integrator.patch(PATH, json={"substream_url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/substream_url"


@pytest.mark.parametrize("key", ["name", "url", "latitude", "longitude", "fps", "enabled", "probe"])
async def test_null_is_no_value(key: str, integrator: httpx.AsyncClient) -> None:
    await integrator.post("/v1/cameras", json=CAMERA)
    answer = await integrator.patch("/v1/cameras/north-gate", json={key: None})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{key}"


async def test_a_new_address_is_looked_at_unless_told_otherwise(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    await integrator.post("/v1/cameras", json=CAMERA)
    path, new = "/v1/cameras/north-gate", {"url": "rtsp://10.20.0.8/other"}
    service.probe.error = StreamUnreachable("10.20.0.8 does not answer")
    refused = await integrator.patch(path, json=new)
    assert refused.status_code == 422
    assert "nothing answered" in refused.json()["detail"]
    blind = await integrator.patch(path, json={**new, "probe": False})
    assert blind.json()["url"] == new["url"]


async def test_a_wrong_scene_is_pointed_at(integrator: httpx.AsyncClient) -> None:
    await integrator.post("/v1/cameras", json=CAMERA)
    wrong = {"version": 1, "rules": [{"kind": "intrusion", "zone": "roof"}]}
    put = await integrator.put("/v1/cameras/north-gate/scene", json=wrong)
    assert put.json()["errors"][0]["pointer"] == "/rules/0/zone"
    made = await integrator.post("/v1/cameras", json={**CAMERA, "id": "x", "scene": wrong})
    assert made.json()["errors"][0]["pointer"] == "/scene/rules/0/zone"


async def test_hundreds_of_cameras_are_paged(integrator: httpx.AsyncClient) -> None:
    for number in range(25):
        body = {**CAMERA, "id": f"camera-{number:03}", "probe": False}
        assert (await integrator.post("/v1/cameras", json=body)).status_code == 201
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        suffix = f"&cursor={cursor}" if cursor else ""
        page = (await integrator.get(f"/v1/cameras?limit=10{suffix}")).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"camera-{number:03}" for number in range(25)]
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=!!!", "cursor=AAAA", "cursor="):
        answer = await integrator.get(f"/v1/cameras?{query}")
        assert answer.status_code == (200 if query == "cursor=" else 422), query


async def test_looks_are_few_at_a_time_and_do_not_pile_up() -> None:
    running = most = 0
    go = asyncio.Event()

    async def probe(url: StreamUrl) -> SourceInfo:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go.wait()
        running -= 1
        return SourceInfo("h264", 1, 1, None)

    probes = Probes(lambda url: url, probe, at_once=2, waiting=5)
    url = StreamUrl.parse("rtsp://10.0.0.1/")
    looks = [asyncio.create_task(probes.look(url)) for _ in range(8)]
    done, _ = await asyncio.wait(looks, return_when=asyncio.FIRST_COMPLETED)
    refused = [look.exception() for look in done]
    assert all(isinstance(one, Problem) and one.status_code == 429 for one in refused)
    go.set()
    results = await asyncio.gather(*looks, return_exceptions=True)
    assert most == 2
    assert sum(isinstance(one, SourceInfo) for one in results) == 5
    assert isinstance(await probes.look(url), SourceInfo)


async def test_a_look_that_waits_too_long_is_told_so() -> None:
    async def probe(url: StreamUrl) -> SourceInfo:
        await asyncio.Event().wait()
        raise AssertionError

    probes = Probes(lambda url: url, probe, at_once=1, wait_s=0.01)
    url = StreamUrl.parse("rtsp://10.0.0.1/")
    first = asyncio.create_task(probes.look(url))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await probes.look(url)
    assert refused.value.status_code == 503
    first.cancel()


async def test_a_snapshot_or_why_there_is_none(
    service: Service, integrator: httpx.AsyncClient
) -> None:
    path = "/v1/cameras/north-gate/snapshot"
    assert (await integrator.get(path)).status_code == 404
    await integrator.post("/v1/cameras", json=CAMERA)
    none = await integrator.get(path)
    assert none.status_code == 409
    assert none.json()["detail"] == "no frame of this camera has been analysed yet"
    service.nodes.pictures["north-gate"] = b"\xff\xd8"
    picture = await integrator.get(path)
    assert (picture.content, picture.headers["cache-control"]) == (b"\xff\xd8", "no-store")
