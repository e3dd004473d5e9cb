"""The console's files: the right one, for the right time, and none from outside."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.packed import takes_gzip
from tests.support.service import BASE, make_service


@pytest.fixture
def browser(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "secret.txt").write_text("secret")
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>" + "control room " * 200)
    (dist / "patrol.html").write_text("<!doctype html>patrol")
    (dist / "shield.svg").write_text("<svg/>")
    (dist / "assets" / "index-abc123.js").write_text("let a = 1;" * 500)
    (dist / "assets" / "way-out").symlink_to(tmp_path / "secret.txt")
    app = create_app(make_service(tmp_path).services, dist)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)


async def test_pages(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert "control room" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-encoding"] == "gzip"
    patrol = await browser.get("/patrol")
    assert patrol.text == "<!doctype html>patrol"
    assert (await browser.head("/patrol")).headers["content-length"] == "21"
    again = await browser.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_hashed_assets_are_kept_for_ever(browser: httpx.AsyncClient) -> None:
    script = await browser.get("/assets/index-abc123.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    assert (await browser.get("/shield.svg")).headers["cache-control"] == "no-cache"


async def test_the_worker_that_wakes_a_phone_is_never_an_old_one(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "push-worker.js").write_text("self")
    (dist / "patrol.webmanifest").write_text("{}")
    app = create_app(make_service(tmp_path).services, dist)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as browser:
        worker = await browser.get("/push-worker.js")
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.headers["content-type"].startswith("text/javascript")
        assert "worker-src 'self'" in worker.headers["content-security-policy"]
        manifest = await browser.get("/patrol.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"


def test_who_takes_gzip() -> None:
    assert takes_gzip("br, GZIP;q=0.5")
    assert takes_gzip("*")
    for said in ("", "br", "gzip;q=0", "gzip; q=0.0", "identity"):
        assert not takes_gzip(said)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/assets",
        "/assets/",
        "/assets/way-out",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%00",
        "/%ff%fe",
        "/" + "a" * 5000,
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/%2e%2e/shield.svg",
        "/index.html/",
    ],
)
async def test_nothing_else_is_there(path: str, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


async def test_other_methods(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    wrong = await browser.put("/v1/alerts")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "application/problem+json")
    assert (await browser.post("/v1/nothing")).status_code == 404


async def test_a_console_that_is_not_built_says_so(tmp_path: Path) -> None:
    app = create_app(make_service(tmp_path).services, tmp_path / "nowhere")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as browser:
        answer = await browser.get("/")
    assert answer.status_code == 404
    assert "make setup" in answer.json()["detail"]
