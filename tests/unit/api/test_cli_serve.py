"""`qalqan serve` as a whole: it never goes on as half a service."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from alerts.stores.fence import TakenOver
from alerts.stores.sql import Database
from api import assembly
from api.cli import serve
from api.cli.main import main
from api.errors import ApiError
from api.settings import Settings
from tests.support.patrols import OPERATOR


class DeadSupervisor:
    restarts = 0

    def __init__(self, *given: object, **named: object) -> None:
        """Takes what the real one takes."""

    async def run(self, stop: asyncio.Event) -> None:
        raise RuntimeError("odd")


class IdleSupervisor(DeadSupervisor):
    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


async def run_service(home: Path, said: list[str]) -> None:
    await serve._run(Settings(home=home, port=0), serve.DEFAULT_MODEL, said.append)


async def test_a_part_that_ends_by_itself_ends_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assembly, "Supervisor", DeadSupervisor)
    with pytest.raises(ApiError, match="'node' of the service has ended"):
        async with asyncio.timeout(10):
            await run_service(tmp_path, [])
    assert "odd" in caplog.text


async def test_told_to_end_it_ends_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "Supervisor", IdleSupervisor)
    said: list[str] = []
    async with asyncio.timeout(10):
        service = asyncio.create_task(run_service(tmp_path, said))
        while not said:
            assert not service.done()
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)
        await service
    assert "is serving on" in said[0]
    assert not (tmp_path / "node.sock").exists()


async def test_who_was_taken_over_from_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "Supervisor", IdleSupervisor)
    settings = Settings(home=tmp_path, port=0)
    async with asyncio.timeout(30), serve.running(settings) as service:
        rival = Database.open(settings.database)
        rival.claim()
        with pytest.raises(TakenOver, match="this one must end"):
            await asyncio.to_thread(service.services.alerts.register_patrol, "one", OPERATOR)
        told = asyncio.create_task(asyncio.Event().wait())
        with pytest.raises(ApiError, match="'ticks' of the service has ended"):
            await service.until(told)
        told.cancel()
        rival.close()


def test_a_database_in_a_file_is_checked_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"sqlite:///{tmp_path / 'qalqan.db'}"
    assert main(["db", "check", "--database", address]) == 1
    assert "schema none, 0008 is needed: qalqan db upgrade" in capsys.readouterr().out
    assert main(["db", "upgrade", "--database", address]) in (0, None)
    assert main(["db", "check", "--database", address]) == 0
    assert "sqlite: schema 0008" in capsys.readouterr().out
