"""The console: its npm packages, and the pages built from its sources."""

from __future__ import annotations

from pathlib import Path

from deploy.setup.paths import CONSOLE
from deploy.setup.shell import command
from deploy.setup.stamps import digest_of, drop_stamp, is_stamped, put_stamp
from deploy.setup.step import Step

PACKAGES = "npm ci: 1"
PAGES = "npm run build: 1"
BUILT = ("dist", "node_modules", ".svelte-kit", "coverage", "test-results")


def console_steps() -> list[Step]:
    """First what it is built with, then the build."""
    return [
        Step(
            "Console: npm packages",
            lambda: (CONSOLE / "node_modules").is_dir() and is_stamped("npm", _packages_digest()),
            install_packages,
            "check that the npm registry is reached",
        ),
        Step(
            "Console: pages",
            lambda: (
                (CONSOLE / "dist" / "index.html").is_file()
                and is_stamped("console", _pages_digest())
            ),
            build,
            "see `npm run build` in api/console",
        ),
    ]


def install_packages() -> None:
    drop_stamp("npm")
    command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=CONSOLE)
    put_stamp("npm", _packages_digest())


def build() -> None:
    drop_stamp("console")
    before = _pages_digest()
    command("npm", "run", "build", cwd=CONSOLE)
    put_stamp("console", before)


def sources() -> list[Path]:
    """Every file that the build reads."""
    return [
        path
        for top in CONSOLE.iterdir()
        if top.name not in BUILT
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file()
    ]


def _packages_digest() -> str:
    lock = [CONSOLE / name for name in ("package.json", "package-lock.json", ".npmrc")]
    return digest_of(lock, PACKAGES)


def _pages_digest() -> str:
    return digest_of(sources(), PAGES)
