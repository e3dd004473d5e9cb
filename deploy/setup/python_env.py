"""The Python environment `.venv`: exactly the packages of `requirements/`, each proven by hash."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.setup.paths import PYTHON, QALQAN, REQUIREMENTS, ROOT, VENV
from deploy.setup.shell import command
from deploy.setup.stamps import digest_of, drop_stamp, is_stamped, put_stamp
from deploy.setup.step import Step

RECIPE = "venv, uv sync, path file, script: 1"
TOOLS = REQUIREMENTS / "uv.txt"
DEMO = REQUIREMENTS / "demo.txt"
TEST = REQUIREMENTS / "dev.txt"
"""A superset of `DEMO`: an environment for the tests also runs the demo."""


def python_step(wanted: Path) -> Step:
    """The environment with the packages that `wanted` names."""
    enough = {wanted, TEST}
    return Step(
        "Python environment",
        lambda: PYTHON.exists() and any(is_stamped("venv", _digest(one)) for one in enough),
        lambda: make(wanted),
        "check that PyPI is reached; `rm -rf .venv` begins anew",
    )


def make(wanted: Path) -> None:
    """Make `.venv`, or bring it to what `wanted` names."""
    drop_stamp("venv")
    if not _works():
        shutil.rmtree(VENV, ignore_errors=True)
        command(sys.executable, "-m", "venv", VENV)
    pip = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes")
    command(PYTHON, *pip, "-r", TOOLS)
    uv = VENV / "bin" / "uv"
    command(uv, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", wanted)
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "qalqan.pth").write_text(f"{ROOT}\n", "utf-8")
    QALQAN.write_text(f"#!{PYTHON}\nfrom api.cli.main import run\n\nrun()\n", "utf-8")
    QALQAN.chmod(0o755)
    put_stamp("venv", _digest(wanted))


def _works() -> bool:
    """A virtual environment that was made halfway, or for a Python that is gone, does not."""
    return PYTHON.exists() and next((VENV / "lib").glob("*/site-packages/pip"), None) is not None


def _digest(wanted: Path) -> str:
    return digest_of([TOOLS, wanted], RECIPE)
