"""Log lines: one event a line, whatever is in it."""

from __future__ import annotations

import logging
import sys

from api.log import LineFormatter, line


def test_facts_are_quoted_where_they_must_be() -> None:
    said = line("camera_changed", camera="lawn-east", by="integrator:Аида К", why=None, n=3)
    assert said == 'camera_changed camera=lawn-east by="integrator:Аида К" n=3'


def test_a_name_cannot_forge_a_line() -> None:
    said = line("token_created", name='x"\n2026 INFO api.audit token_revoked id=1')
    assert "\n" not in said
    assert said.startswith('token_created name="x\\"\\n2026')
    record = logging.LogRecord("api", logging.INFO, "", 0, "a\r\nb", (), None)
    assert LineFormatter().format(record).endswith("INFO api a\\r\\nb")


def test_a_line_has_its_time_in_utc_and_a_traceback_only_for_the_unexpected() -> None:
    record = logging.LogRecord("api", logging.ERROR, "", 0, "failed", (), None)
    record.created = 0.5
    assert LineFormatter().format(record) == "1970-01-01T00:00:00.500Z ERROR api failed"
    try:
        raise ValueError("x")
    except ValueError:
        record.exc_info = sys.exc_info()
    assert "ValueError: x" in LineFormatter().format(record)
