"""Hundreds of malformed inputs against a running service and the real command.

Each must be refused with a 4xx or exit status 2 (1 for a video that is none) and one clear line
that names what is wrong: no 5xx, no traceback, no hang, nothing that is secret. As a script it
prints the table:

    .venv/bin/python -m tests.e2e.test_malformed_inputs
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.home import weights
from tests.support.malformed import commands, looking, models, requests, sockets
from tests.support.malformed.case import SECRET, CliCase, Outcome
from tests.support.malformed.run import run_cli, run_http, show

pytestmark = pytest.mark.model

LEAST = 200
QALQAN = (sys.executable, "-c", "from api.cli.main import run; run()")
TRACE = ("Traceback", "Error:", SECRET)


@dataclass
class Running:
    """`qalqan serve` as a process of its own."""

    port: int
    log: Path
    admin: httpx.AsyncClient
    patrol: str


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    log = folder / "log.txt"
    environment = {**os.environ, "QALQAN_HOME": str(folder), "QALQAN_WEIGHTS": str(weights())}
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *QALQAN, "serve", "--port", str(port), stderr=file, env=environment
        )
    try:
        code = await first_code(log)
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, timeout=30) as admin:
            await admin.post("/v1/session", json={"code": code})
            admin.headers["X-Qalqan-Console"] = "1"
            unit = await admin.post("/v1/patrols", json={"name": "Known"})
            known = {**requests.CAMERA, "id": "known"}
            assert (await admin.post("/v1/cameras", json=known)).status_code == 201
            yield Running(port, log, admin, unit.json()["id"])
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def first_code(log: Path) -> str:
    """The first administrator's sign-in code, which `serve` shows on an empty database."""
    async with asyncio.timeout(60):
        while True:
            found = re.search(r"#code=(\S+)", await asyncio.to_thread(log.read_text, "utf-8"))
            if found:
                return found[1]
            await asyncio.sleep(0.05)


async def over_http(running: Running) -> list[Outcome]:
    turn = asyncio.Semaphore(8)

    async def one(case: requests.HttpCase) -> Outcome:
        async with turn:
            return await run_http(running.admin, case)

    return [*await asyncio.gather(*map(one, requests.cases(running.patrol)))]


async def over_sockets(running: Running) -> list[Outcome]:
    runs = (sockets.run_raw(running.port, name, sent) for name, sent in sockets.RAW.items())
    return [*await asyncio.gather(*runs)]


async def over_service(folder: Path) -> list[Outcome]:
    """Everything that goes into a running service, which must be well afterwards."""
    async with service(folder) as running:
        outcomes = [*await over_http(running), *await over_sockets(running)]
        assert (await running.admin.get("/healthz")).status_code == 200
        cameras = (await running.admin.get("/v1/cameras")).json()["items"]
        assert [one["id"] for one in cameras] == ["known"]
    log = await asyncio.to_thread(running.log.read_text, "utf-8")
    for word in TRACE:
        assert word not in log, f"the log shows {word}"
    return outcomes


def over_command_line(folder: Path) -> list[Outcome]:
    numbers = itertools.count()
    cases: list[CliCase] = [*commands.cases(), *looking.cases(), *models.cases()]
    return [run_cli(case, folder / str(next(numbers))) for case in cases]


def judged(outcomes: list[Outcome]) -> list[str]:
    return [f"{one.group}: {one.name}: {one.wrong}" for one in outcomes if one.wrong]


async def test_a_running_service_refuses_them_all(tmp_path: Path) -> None:
    outcomes = await over_service(tmp_path)
    assert judged(outcomes) == []
    assert len({(one.group, one.name) for one in outcomes}) >= LEAST


def test_the_command_refuses_them_all(tmp_path: Path) -> None:
    outcomes = over_command_line(tmp_path)
    assert judged(outcomes) == []
    assert len({(one.group, one.name) for one in outcomes}) >= LEAST // 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("levitate",),
        ("serve", "--config", "none.yaml"),
        ("analyze", "none.mp4"),
        ("models", "check", "none"),
        ("cameras", "import", "none.csv"),
    ],
)
async def test_so_does_the_command_as_a_process(arguments: tuple[str, ...], tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *QALQAN,
        *arguments,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert out == b""
    assert err.startswith(b"qalqan: ")
    assert err.count(b"\n") == 1


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        outcomes = asyncio.run(over_service(Path(folder)))
        return show([*outcomes, *over_command_line(Path(folder) / "commands")])


if __name__ == "__main__":
    sys.exit(main())
