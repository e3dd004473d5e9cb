"""Log lines: one event a line, its facts as `key=value` (logfmt), nothing that is secret.

    2026-11-24T08:00:00.123Z INFO api.audit camera_changed camera=lawn-east by=integrator:Aida

Values are quoted and escaped, so that a name with a newline cannot forge a line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

_PLAIN = re.compile(r"[\w.:/@+*-]+")
MAX_VALUE_LENGTH = 200

audit = logging.getLogger("api.audit")
"""Who changed what."""


def line(event: str, **facts: object) -> str:
    """One event with its facts; a fact that is None is left out."""
    said = [f"{key}={_value(value)}" for key, value in facts.items() if value is not None]
    return " ".join([event, *said])


def _value(value: object) -> str:
    text = str(value)[:MAX_VALUE_LENGTH]
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """UTC time, level, logger, message; a traceback only where something unexpected failed."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        at = at.replace("+00:00", "Z")
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        text = f"{at} {record.levelname} {record.name} {message}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text


def to_stderr(level: int = logging.INFO) -> None:
    """Send the program's log to standard error. Called once, where a service starts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Each request of our own HTTP client would be a line, each migration three.
    for name in ("httpx", "httpcore", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
