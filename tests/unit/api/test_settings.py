"""The settings of `qalqan serve`: one clear line for a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.roads.remote import RemoteJourneys
from api.errors import SettingsError
from api.roads import roads_of
from api.settings import Settings
from api.supervisor import node_command


def load(folder: Path, text: str) -> Settings:
    (folder / "qalqan.yaml").write_text(text, "utf-8")
    return Settings.load(folder / "qalqan.yaml", {})


def test_what_is_not_asked_for_is_not_passed_to_the_node(tmp_path: Path) -> None:
    assert load(tmp_path, "").detection.options() == []
    assert load(tmp_path, "detection: {engine: auto}").detection.options() == []


def test_what_is_asked_for_reaches_the_nodes_command_line(tmp_path: Path) -> None:
    text = "detection: {economy: never, engine: openvino, precision: bf16, threads: 3}"
    options = load(tmp_path, text).detection.options()
    assert options == "--economy never --engine openvino --precision bf16 --threads 3".split()
    exact = load(tmp_path, "detection: {exact: true}").detection
    assert exact.options() == ["--exact"]
    command = node_command(
        socket="s", data="d", models="m", weights="w", model="n", options=exact.options()
    )
    assert command[-2:] == ["--on-call", "--exact"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{exact: 1}", "setting detection.exact: Input should be a valid boolean"),
        ("{economy: sometimes}", "setting detection.economy: Input should be 'when_needed', 'alw"),
        ("{engine: cuda}", "setting detection.engine: Input should be 'auto', 'onnxruntime' or"),
        ("{precision: int4}", "setting detection.precision: Input should be 'auto', 'fp32', 'bf1"),
        ("{threads: 0}", "setting detection.threads: Input should be greater than or equal to 1"),
        ("{thread: 2}", "setting detection.thread: there is no such setting"),
        ("fast", "setting detection: must be a mapping of settings"),
        ("{exact: true, economy: always}", "setting detection: `exact` decodes every frame"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, f"detection: {text}")
    said = str(refused.value)
    assert said.startswith(line)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{engine: graphhopper, url: 'http://a'}", "setting roads.engine: Input should be 'osrm'"),
        ("{engine: osrm}", "setting roads.url: Field required"),
        ("{engine: osrm, url: 'file:///etc'}", "setting roads.url: must be an address such as"),
        ("{engine: osrm, url: 'http://a:x'}", "setting roads.url: must be an address such as"),
        ("{engine: osrm, url: 'http://u:p@a'}", "setting roads.url: must be an address such as"),
        ("{engine: osrm, url: 'http://a', timeout_s: 60}", "setting roads.timeout_s: Input should"),
        ("{engine: osrm, url: 'http://a', profile: '../x'}", "setting roads.profile: String shou"),
    ],
)
def test_an_engine_that_cannot_be_asked_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, f"roads: {text}")
    assert str(refused.value).startswith(line)


def test_an_engine_is_asked_instead_of_the_map(tmp_path: Path) -> None:
    settings = load(tmp_path, "roads: {engine: valhalla, url: 'http://127.0.0.1:8002/'}")
    roads = roads_of(settings.model_copy(update={"home": tmp_path}))
    assert isinstance(roads, RemoteJourneys)
    assert roads.map == "valhalla at http://127.0.0.1:8002 (auto)"
    roads.close()
    assert roads_of(Settings(home=tmp_path)) is None
