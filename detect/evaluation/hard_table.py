"""Each kind's figures with and without each hard case, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detect.evaluation.figures import Figures, KindFigures
from detect.rules import KINDS

CELL = 12


def hard_table(clean: Figures, harder: Mapping[str, Figures]) -> str:
    """A row a kind, a column a case: found of events, and false alarms behind a plus."""
    columns = {"clean": clean, **harder}
    lines = [f"{'found/events +false':20}" + "".join(f"{name:>{CELL}}" for name in columns)]
    for kind in KINDS:
        rows = {name: _of(result, kind) for name, result in columns.items()}
        if any(rows.values()):
            cells = "".join(f"{_cell(row):>{CELL}}" for row in rows.values())
            lines.append(f"{kind:20}{cells}")
    total = "".join(f"{_sum(result):>{CELL}}" for result in columns.values())
    hours = "".join(f"{result.hours:>{CELL}.3f}" for result in columns.values())
    return "\n".join([*lines, f"{'all':20}{total}", f"{'hours':20}{hours}"])


def hard_dict(harder: Mapping[str, Figures]) -> dict[str, Any]:
    """JSON types, by case and kind."""
    return {
        name: {
            kind.kind: {
                "events": kind.found.n,
                "found": kind.found.hits,
                "false": kind.false.count,
                "again": kind.again,
                "hours": round(kind.false.hours, 5),
                "delay_p50_s": kind.delay_p50_s,
                "delay_max_s": kind.delay_max_s,
            }
            for kind in result.kinds
        }
        for name, result in harder.items()
    }


def _of(result: Figures, kind: str) -> KindFigures | None:
    return next((one for one in result.kinds if one.kind == kind), None)


def _cell(row: KindFigures | None) -> str:
    if row is None:
        return "."
    return _told(row.found.hits, row.found.n, row.false.count)


def _sum(result: Figures) -> str:
    return _told(result.found.hits, result.found.n, result.false.count)


def _told(found: int, events: int, false: int) -> str:
    share = f"{found}/{events}" if events else "-"
    return f"{share} +{false}" if false else share
