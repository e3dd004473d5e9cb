"""The trust in rules as the API speaks of it. `alerts.json_form` gives the values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import ConfigDict, StringConstraints

from alerts.believing.trust import Standing
from alerts.believing.trust_desk import TrustReport
from alerts.json_form import trust_json
from api.schemas import Body, Shown

EXAMPLE_TRUST: dict[str, Any] = {
    "camera": "lawn-east",
    "kind": "intrusion",
    "zone": "lawn",
    "severity": "high",
    "state": "review",
    "since": "2026-11-24T21:14:03.120Z",
    "by": "system:qalqan",
    "reason": "under_budget",
    "counts_from": None,
    "real": 1,
    "false": 24,
    "unclear": 2,
    "precision": 0.0391,
    "low": 0.0002,
    "high": 0.2573,
    "budget": 0.3,
    "proposes_restore": False,
    "version": 2,
}
EXAMPLE_CHANGE: dict[str, Any] = {
    "at": "2026-11-24T21:14:03.120Z",
    "before": "trusted",
    "after": "review",
    "by": "system:qalqan",
    "reason": "under_budget",
    "detail": {"real": 1, "false": 24, "high": 0.2573, "budget": 0.3},
}

KindPath = Annotated[str, Path(pattern=r"^[a-z][a-z_]{0,63}$", description="The kind of incident.")]
ZoneQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The rule's zone or line; absent: the rule of the whole frame.",
    ),
]


class TrustReply(Shown):
    """One rule (a kind of incident in one zone of a camera), and what people said of its alerts."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_TRUST]})

    camera: str
    kind: str
    zone: str | None
    """Its zone or line; null: the whole frame."""
    severity: Literal["critical", "high", "medium", "low"]
    state: Standing
    """`review`: recorded and shown for review, no patrol is sent by itself. `flagged`: surely
    under its budget, but treated as trusted."""
    since: str | None
    """When it came into this state; null: it never changed."""
    by: str
    reason: str
    """`under_budget`, `recovered`, or what a person wrote."""
    counts_from: str | None
    """Earlier verdicts count no more: a person has restored it."""
    real: int
    false: int
    unclear: int
    precision: float | None
    """Real among real and false, recent verdicts weighing more; null: none yet."""
    low: float
    """Lower bound of the precision; likewise `high`."""
    high: float
    budget: float
    """The least precision asked for."""
    proposes_restore: bool
    """What was said while it was in review is surely good: consider to restore it."""
    version: int
    """Grows with each change of state; the `ETag`. Verdicts alone do not change it."""


class TrustChangeReply(Shown):
    """One entry of a rule's account: who changed its state, when, why."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_CHANGE]})

    at: str
    before: Standing
    after: Standing
    by: str
    reason: str
    detail: dict[str, Any]


class TrustDetail(Shown):
    """A rule's trust with its whole account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"trust": EXAMPLE_TRUST, "changes": [EXAMPLE_CHANGE]}]}
    )

    trust: TrustReply
    changes: list[TrustChangeReply]


class TrustPage(Shown):
    """A page, by camera, kind and zone."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_TRUST], "next_cursor": None}]}
    )

    items: list[TrustReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class TrustOrder(Body):
    """How the rule is to be treated from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "trusted", "reason": "the lamp was moved"}]}
    )

    state: Literal["trusted", "review"]
    reason: Annotated[str, StringConstraints(max_length=500, strict=True)] = ""


def trust_reply(report: TrustReport) -> TrustReply:
    """A rule's trust as the API gives it."""
    found = trust_json(report.trust, report.found, report.budget, report.proposed)
    return TrustReply.model_validate(found)
