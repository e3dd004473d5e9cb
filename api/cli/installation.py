"""The installation on this machine, as the commands that work on it find it."""

from __future__ import annotations

import os
from pathlib import Path

from api.home import home as installation_home
from api.settings import Settings
from detect.moment import utc_now

__all__ = ["settings_of", "utc_now"]


def settings_of(
    config: Path | None, data: Path | None, port: int | None = None, database: str | None = None
) -> Settings:
    """The settings of this installation. Raises `SettingsError`."""
    home = data or (None if config or "QALQAN_HOME" in os.environ else installation_home() / "data")
    return Settings.load(config, os.environ, {"home": home, "port": port, "database_url": database})
