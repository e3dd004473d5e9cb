"""The manuals are true.

`docs/api.md`: its requests are sent, its files are read, its roles are the table's.
`docs/operating.md`: it explains every reason why a camera is not watched, and no other.
`docs/detection.md`: its metrics are there, and its reasons are all there are.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from alerts.access import Role
from api.app import ROUTERS
from api.cli.apply import read_city
from api.cli.camera_file import check_camera, read_rows
from api.cli.main import COMMANDS, application
from api.learned import KnownFixture
from api.looking import CoverageReason, Load, Looking
from api.nodes import Counts, WatchState
from api.settings import DetectionSettings, Settings
from ingest.camera import CameraId
from ingest.errors import IngestError
from tests.support.service import BASE, CAMERA, make_service

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "api.md").read_text("utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
DETECTION = (ROOT / "docs" / "detection.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL)


def curls() -> list[list[str]]:
    lines = "".join(blocks("sh")).replace("\\\n", " ")
    joined = re.findall(
        r"^curl .*?(?=^curl |^qalqan |^export |\Z)", lines, re.DOTALL | re.MULTILINE
    )
    return [shlex.split(line) for line in joined]


async def test_every_request_is_taken(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    sign = KnownFixture("5f0c1d2e3a4b", "person", (0.2, 0.3, 0.25, 0.5), None, 1, 4.0)
    service.nodes.learned["lawn-east"] = (sign,)
    sent = 0
    async with service.as_role(Role.ADMIN) as admin:
        for words in curls():
            if "-sN" in words:
                continue
            method = words[words.index("-X") + 1] if "-X" in words else None
            body = words[words.index("-d") + 1] if "-d" in words else None
            given = [words[i + 1] for i, word in enumerate(words) if word == "-H"]
            headers = dict(line.split(": ", 1) for line in given if "Authorization" not in line)
            (url,) = [word for word in words if word.startswith("$QALQAN_SERVER")]
            answer = await admin.request(
                method or ("POST" if body else "GET"),
                url.replace("$QALQAN_SERVER", BASE),
                content=body,
                headers=headers,
            )
            assert answer.is_success, f"{url}: {answer.text}"
            sent += 1
    assert sent == 15


def test_the_files_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", "secret")
    (tmp_path / "cameras.csv").write_text(blocks("csv")[0])
    cameras = [check_camera(row) for row in read_rows(tmp_path / "cameras.csv")]
    assert [camera.id for camera in cameras] == ["lawn-east", "lawn-west"]
    (tmp_path / "city.yaml").write_text(blocks("yaml")[0])
    (camera,), (unit,) = read_city(tmp_path / "city.yaml")
    assert camera.url == cameras[0].url
    assert unit.name == "Unit 7"


def test_the_commands_exist() -> None:
    shown = re.findall(r"^qalqan (\w+)", "".join(blocks("sh")), re.MULTILINE)
    assert shown
    assert set(shown) <= set(COMMANDS)
    for name in COMMANDS:
        application([name])


def test_every_role_and_stream_is_there() -> None:
    for role in Role:
        assert f"| `{role.value}` |" in DOCS
    paths = {route.path for router in ROUTERS for route in router.routes if hasattr(route, "path")}
    for path in paths:
        assert "stream" not in path or f"`{path}`" in DOCS


async def test_every_metric_that_is_explained_is_there(tmp_path: Path) -> None:
    told = re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \|", part(DETECTION, "metrics"), re.MULTILINE)
    assert len(told) == 23
    service = make_service(tmp_path)
    camera = CameraId("north-gate")
    looking = Looking.read(
        {
            "decoding": "all",
            "looking": "full",
            "looks": {"full": 1},
            "target_fps": 5.0,
            "shed": {"sweep": 1},
            "coverage": "full",
            "audit": {"looked": 1, "missed": 0, "rate": 0.0, "upper": 0.9, "level": 0},
        }
    )
    async with service.as_role(Role.ADMIN) as admin:
        await admin.post("/v1/cameras", json=CAMERA)
        service.nodes.states[camera] = WatchState("live", None, None, 5.0, None, looking)
        service.nodes.done = Counts(
            analysed={camera: 1},
            dropped={camera: {"overrun": 1}},
            rule_failures={camera: {"crowd": 1}},
            looking={camera: looking},
            load=Load(2.0, 1.0, 0.5, 0),
            canvases=1.0,
            engine="onnxruntime fp32",
        )
        said = (await admin.get("/metrics")).text
    shown = dict(re.findall(r"^(\w+)(?:\{(.*)\})? ", said, re.MULTILINE))
    assert shown.keys() >= {name for name, _ in told}
    for name, labels in told:
        assert ",".join(re.findall(r"(\w+)=", shown[name])) == labels, name


def test_every_reason_of_degraded_coverage_is_explained() -> None:
    told = re.findall(r"^\| `(\w+)` \|", part(DETECTION, "coverage reasons"), re.MULTILINE)
    assert sorted(told) == sorted(get_args(CoverageReason))


def test_the_settings_that_are_shown_are_settings(tmp_path: Path) -> None:
    for manual in (OPERATING, DETECTION):
        (tmp_path / "qalqan.yaml").write_text(
            re.findall(r"```yaml\n(.*?)```", manual, re.DOTALL)[0]
        )
        shown = Settings.load(tmp_path / "qalqan.yaml", {})
        assert shown.detection == DetectionSettings(threads=8), "the defaults are shown"


def part(manual: str, name: str) -> str:
    """What stands between two marks of a manual."""
    return manual.partition(f"<!-- {name}: ")[2].partition(f"<!-- end of {name} -->")[0]


def test_every_reason_why_a_camera_is_not_watched_is_explained() -> None:
    table = OPERATING.partition("<!-- reasons:")[2].partition("<!-- end of reasons -->")[0]
    told = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    shown = (ROOT / "api/console/src/locales/en/watch.ts").read_text("utf-8")
    assert sorted(told) == sorted(set(re.findall(r"watch\.reason\.(\w+)", shown)) - {"other"})
    assert {kind.reason for kind in (IngestError, *every_kind_of(IngestError))} <= set(told)
    nodes = (source.read_text("utf-8") for source in (ROOT / "detect").glob("*.py"))
    sides = ((ROOT / one).read_text("utf-8") for one in ("ingest/errors.py", "api/node_link.py"))
    said = "".join((*nodes, *sides))
    for reason in told:
        assert f'"{reason}"' in said, f"nothing says {reason}"


def every_kind_of(error: type[IngestError]) -> list[type[IngestError]]:
    return [kind for one in error.__subclasses__() for kind in (one, *every_kind_of(one))]
