"""`qalqan endpoints` against the real application: secrets come from a file or standard input."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.access import Role
from api.channels import admissions_of
from api.cli.main import main
from api.http_server import listen, make_server
from api.settings import Settings
from tests.support.service import make_service
from tests.support.waiting import until

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    settings = Settings(home=tmp_path, outward_networks=("127.0.0.0/8",))
    service = make_service(tmp_path, admissions=admissions_of(settings))
    server, listening = make_server(service.app), listen("127.0.0.1", 0)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
    )
    thread.start()
    asyncio.run(asyncio.wait_for(until(lambda: server.started), 10))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    monkeypatch.setenv("QALQAN_SERVER", url)
    monkeypatch.setenv("QALQAN_TOKEN", service.token(Role.ADMIN))
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(10)


def test_registered_tested_rotated_retired(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("url=http://127.0.0.1:9/hook?key=s3cret\n"))
    add = ["endpoints", "add", "webhook", "--name", "City", "--secrets", "-", "--event", "alarm"]
    assert main(add) == 0
    id_, secret = capsys.readouterr().out.split()
    assert secret.startswith("whsec_")

    assert main(["endpoints", "test", id_]) == 0
    capsys.readouterr()
    assert main(["endpoints", "deliveries", id_]) == 0
    assert "tried 0 times" in capsys.readouterr().out
    assert main(["endpoints", "replay", id_, "--since", "2026-01-01T00:00:00Z"]) == 0
    assert "0 on their way again" in capsys.readouterr().out

    file = tmp_path / "secrets"
    file.write_text(f"signing_secret={SECRET}\n")
    assert main(["endpoints", "rotate", id_, "--secrets", str(file), "--keep-hours", "1"]) == 0
    assert SECRET in capsys.readouterr().out

    assert main(["endpoints", "retire", id_]) == 0
    capsys.readouterr()
    assert main(["endpoints", "list", "--json"]) == 0
    listed = capsys.readouterr().out
    assert json.loads(listed)[0]["state"] == "retired"
    assert "s3cret" not in listed
    assert "whsec" not in listed


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("http://127.0.0.1/s3cret\n", "line 1"),
        ("url=\n", "line 1"),
        ("url=http://169.254.169.254/s3cret\n", "not a public address"),
    ],
)
def test_what_is_wrong_is_one_line_without_the_secret(
    address: str,
    lines: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert main(["endpoints", "add", "webhook", "--name", "City", "--secrets", "-"]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert "s3cret" not in said
