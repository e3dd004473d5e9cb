"""`qalqan models list` and `check` tell what a model runs on, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import api.cli.models
from api.cli.main import main
from detect.pose import DEFAULT_POSE
from tests.support.models import NAME, install
from tests.support.pose import drawn, installed


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(tmp_path)
    monkeypatch.setattr(api.cli.models, "manifests", lambda: tmp_path / "models")
    monkeypatch.setattr(api.cli.models, "weights", lambda: tmp_path / "weights")
    return tmp_path


def told(capfd: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["models", *arguments, "--json"]) in (0, None)
    return json.loads(capfd.readouterr().out)


def test_the_engine_is_known_once_it_was_measured(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (row,) = told(capfd, "list")
    assert (row["fetched"], row["engine"], row["reason"]) == (True, None, None)
    checked = told(capfd, "check", NAME)
    (row,) = told(capfd, "list")
    assert row["engine"] in ("onnxruntime fp32", "openvino fp32")
    assert checked["engine"].startswith(row["engine"].split()[0])
    assert checked["reason"] == row["reason"]
    assert "ms a frame" in row["reason"]


def test_for_people_too(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "check"]) in (0, None)
    assert "ms a frame" in capfd.readouterr().out
    assert main(["models", "list"]) in (0, None)
    listed = capfd.readouterr().out.splitlines()
    assert listed[0].startswith(NAME)
    assert "ms a frame" in listed[1]


def test_a_model_that_is_damaged_has_no_engine(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "weights" / NAME / "model.onnx").write_bytes(b"damaged")
    (row,) = told(capfd, "list")
    assert row["engine"] is None


def test_joints_are_fetched_listed_and_checked_beside_the_detectors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalog = installed(tmp_path, drawn())
    monkeypatch.setattr(api.cli.models, "manifests", lambda: tmp_path / "models")
    monkeypatch.setattr(api.cli.models, "weights", lambda: tmp_path / "weights")

    assert main(["models", "list", "--json"]) in (0, None)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["use"], row["fetched"]) == (DEFAULT_POSE, "joints", True)

    assert main(["models", "check", DEFAULT_POSE]) in (0, None)
    assert f"{DEFAULT_POSE}: good" in capsys.readouterr().out

    catalog.check(DEFAULT_POSE).write_bytes(b"damaged")
    assert main(["models", "check", DEFAULT_POSE]) == 1
    assert "not what was fetched" in capsys.readouterr().err
