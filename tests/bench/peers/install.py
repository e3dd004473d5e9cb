"""Install the peers of the race into a virtual environment of their own, `var/peers`.

    .venv/bin/python -m tests.bench.peers.install

The product does not need any of it; versions and hashes are pinned in `requirements.txt` beside
this file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parents[2] / "var" / "peers"
PYTHON = VENV / "bin" / "python"
"""The peers' interpreter."""
REQUIREMENTS = HERE / "requirements.txt"


def main() -> int:
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        sys.exit("uv is missing beside this Python: run `make setup`")
    if not PYTHON.exists():
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, VENV], check=True)
    # Every package is listed: dependencies are not asked for, so that OpenCV comes once.
    install = [uv, "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", REQUIREMENTS]
    subprocess.run([*install, "--python", PYTHON], check=True)
    print(f"the peers are installed in {VENV}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
