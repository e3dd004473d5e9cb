"""The set-up's steps: skipped when done, one plain reason when they fail."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.setup import debian, runner
from deploy.setup.step import Step, StepFailed


def step(
    name: str, done: bool, do: Callable[[], None] = lambda: None, advice: str = "look"
) -> Step:
    return Step(name, lambda: done, do, advice)


def fail(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


def test_what_is_there_is_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    did: list[str] = []
    steps = [
        step("one", True, lambda: did.append("one")),
        step("two", False, lambda: did.append("two")),
    ]
    assert runner.run(steps) == 0
    assert did == ["two"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[1/2] one: there"
    assert lines[1] == "[2/2] two ..."
    assert lines[2].startswith("[2/2] two: done in ")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StepFailed("`npm ci` ended with 1: no network"), "`npm ci` ended with 1: no network"),
        (PermissionError(errno.EACCES, "Permission denied", "var"), "Permission denied"),
    ],
)
def test_a_failure_is_said_once_with_advice_and_ends_the_run(
    error: Exception, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    after: list[str] = []
    steps = [step("bad", False, fail(error)), step("next", False, lambda: after.append("x"))]
    assert runner.run(steps) == 1
    assert after == []
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("[1/2] bad: failed: ")
    assert reason in said[0]
    assert said[1].strip().startswith("What to do: ")


def test_a_full_disk_is_the_first_suspect() -> None:
    assert "free some disk space (5 MB" in runner.advice(step("x", False), 5 * 1024**2)
    assert runner.advice(step("x", False), 10**12) == "look, then run it again"


def test_ctrl_c_says_where_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.run([step("slow", False, fail(KeyboardInterrupt()))]) == 130
    assert "[1/1] slow: stopped" in capsys.readouterr().err


def test_unknown_purposes_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["deploy"]) == 2
    assert "`demo` and `test`" in capsys.readouterr().err


def test_the_tests_need_more_than_the_demo() -> None:
    names = [step.name for step in runner.demo_steps()]
    assert not any("Chromium" in name for name in names)
    assert any("Chromium" in step.name for step in runner.test_steps())
    assert names[-1] == "Console: pages"


@pytest.mark.parametrize(
    ("sudo", "reason"),
    [(None, "not root and there is no sudo"), ("exit 1", "sudo wants a password")],
)
def test_whoever_may_not_install_is_told(
    sudo: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sudo is not None:
        (tmp_path / "sudo").write_text(f"#!/bin/sh\n{sudo}\n")
        (tmp_path / "sudo").chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StepFailed, match=reason):
        debian.install(("chromium",))
