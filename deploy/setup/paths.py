"""Where the set-up puts things: all of it in `.venv`, `var` and the console's build folders."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
QALQAN = VENV / "bin" / "qalqan"
REQUIREMENTS = ROOT / "requirements"
CONSOLE = ROOT / "api" / "console"
STAMPS = VAR / "setup"
