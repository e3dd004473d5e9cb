"""Packages of the Debian system: the RTSP server's, Python's venv, what the tests need."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.setup.shell import command
from deploy.setup.step import Step, StepFailed

RTSP_SERVER = (
    "gir1.2-gst-rtsp-server-1.0",
    "python3-gi",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
)
BROWSER = ("chromium", "libatomic1")
"""The library is for the Node.js inside Playwright, which does not bring it."""
DATABASE = ("postgresql", "postgresql-postgis")
"""For its programs: the tests start servers of their own, which they also kill."""
RECEIVERS = ("firefox-esr", "mosquitto")
"""Where the tests have messages arrive: Web Push in a browser that can do it, MQTT in a broker."""
CLOCK = ("faketime",)
"""A wall clock that the tests set forward and back under real processes."""
APT_OPTIONS = ("-y", "-qq", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends")
"""A fresh machine often updates itself just then: wait for it instead of failing."""
SYSTEM_PYTHON = Path("/usr/bin/python3")


def packages_step(name: str, packages: tuple[str, ...]) -> Step:
    """The packages, and `python3-venv` where this Python cannot make environments."""
    needed = packages if _makes_environments() else (*packages, "python3-venv")
    return Step(
        name,
        lambda: all_installed(needed),
        lambda: install(needed),
        f"as root: apt-get update && apt-get install -y --no-install-recommends {' '.join(needed)}",
    )


def all_installed(packages: tuple[str, ...]) -> bool:
    """One question to dpkg for all of them."""
    found = subprocess.run(  # noqa: S603
        ["dpkg-query", "-W", "-f=${db:Status-Abbrev}\n", *packages],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    states = found.stdout.split()
    return found.returncode == 0 and len(states) >= len(packages) and set(states) == {"ii"}


def install(packages: tuple[str, ...]) -> None:
    """Install packages as root or through sudo. Raises `StepFailed`."""
    update_lists()
    root = _as_root()
    environment = ("env", "DEBIAN_FRONTEND=noninteractive")
    command(*root, *environment, "apt-get", "install", *APT_OPTIONS, *packages)


def update_lists() -> None:
    """Bring the package lists, which a fresh machine may not have."""
    command(*_as_root(), "apt-get", "update", "-qq", "-o", "DPkg::Lock::Timeout=120")


def _as_root() -> tuple[str, ...]:
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        raise StepFailed("Debian packages are missing, and you are not root and there is no sudo")
    if sys.stdin.isatty():
        return ("sudo",)
    try:
        command("sudo", "-n", "true")
    except StepFailed:
        raise StepFailed(
            "Debian packages are missing, and you are not root and sudo wants a password"
        ) from None
    return ("sudo", "-n")


def _makes_environments() -> bool:
    own = Path(sys.executable).resolve() != SYSTEM_PYTHON.resolve()
    return own or importlib.util.find_spec("ensurepip") is not None
