"""Anybody may ask whether the service is ready; the store is asked once a second for it."""

from __future__ import annotations

from pathlib import Path

from api.health.readiness import Readiness
from tests.support.service import make_service


def test_the_store_is_asked_once_a_second_however_many_ask(tmp_path: Path) -> None:
    said: list[str | None] = [None, "the disk is full", None]
    asked: list[str | None] = []

    def check() -> str | None:
        asked.append(said[len(asked)])
        return asked[-1]

    clock = [10.0]
    readiness = Readiness(make_service(tmp_path, checks=(check,)).services, lambda: clock[0])
    answers = [readiness.now() for _ in range(50)]
    assert len(asked) == 1
    assert {getattr(one, "status", one) for one in answers} == {"ready"}
    clock[0] += 1.0
    assert [readiness.now(), readiness.now()] == ["the disk is full"] * 2, "a refusal is kept too"
    clock[0] += 1.0
    assert getattr(readiness.now(), "status", None) == "ready"
    assert len(asked) == 3
