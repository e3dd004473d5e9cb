"""`/v1/trust`: parse, call, reply."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alerts.believing.trust import RuleKey, Standing
from alerts.json_form import change_json
from api.auth.access import GuardedRoute, Operator, Staff
from api.cameras.schemas import CameraPath
from api.etag import IfMatch, etag
from api.log import audit, line
from api.openapi import refusals
from api.paging import RULE, Cursor, Limit, decode_cursor, encode_cursor
from api.problem import Problem
from api.trust.schemas import (
    KindPath,
    TrustChangeReply,
    TrustDetail,
    TrustOrder,
    TrustPage,
    TrustReply,
    ZoneQuery,
    trust_reply,
)
from api.wiring import services_of
from detect.rules import KINDS
from ingest.camera import CameraId

router = APIRouter(prefix="/v1/trust", tags=["trust"], route_class=GuardedRoute)


@router.get("")
def list_trust(
    request: Request,
    caller: Staff,
    limit: Limit = 100,
    cursor: Cursor = None,
    camera: Annotated[str | None, Query(max_length=64, description="Only of this camera.")] = None,
    state: Annotated[
        list[Standing] | None, Query(max_length=8, description="Only rules in these states.")
    ] = None,
) -> TrustPage:
    """Rules that people have judged, by camera, kind and zone, each with its precision."""
    after = _place(cursor) if cursor else None
    of = CameraId(camera) if camera else None
    page = services_of(request).trust.page(limit + 1, after, of, state or ())
    last = page[limit - 1].trust.rule if len(page) > limit else None
    return TrustPage(
        items=[trust_reply(one) for one in page[:limit]],
        next_cursor=encode_cursor("/".join(last.order)) if last else None,
    )


@router.get("/{camera}/{kind}", responses=refusals(404))
def get_trust(
    camera: CameraPath,
    kind: KindPath,
    request: Request,
    caller: Staff,
    response: Response,
    zone: ZoneQuery = None,
) -> TrustDetail:
    """One rule with its account: who changed its state, when, why."""
    _require_kind(kind)
    report = services_of(request).trust.rule(RuleKey(CameraId(camera), kind, zone))
    response.headers["ETag"] = etag(report.trust.version)
    changes = [TrustChangeReply.model_validate(change_json(one)) for one in report.changes]
    return TrustDetail(trust=trust_reply(report), changes=changes)


@router.put("/{camera}/{kind}", responses=refusals(404, 412))
def put_trust(
    camera: CameraPath,
    kind: KindPath,
    order: TrustOrder,
    request: Request,
    caller: Operator,
    version: IfMatch,
    response: Response,
    zone: ZoneQuery = None,
) -> TrustReply:
    """Believe a rule again, or set it aside for review.

    A rule that is believed again starts afresh: earlier verdicts count no more, and it is not
    demoted before `hold_verdicts` new ones. What is already so changes nothing.
    """
    _require_kind(kind)
    trust = services_of(request).trust
    report = trust.set_standing(
        RuleKey(CameraId(camera), kind, zone),
        Standing(order.state),
        caller.actor,
        order.reason,
        version,
    )
    facts = {"camera": camera, "kind": kind, "zone": zone, "state": order.state}
    audit.info(line("trust_set", **facts, by=caller.actor))
    response.headers["ETag"] = etag(report.trust.version)
    return trust_reply(report)


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Problem(404, f"There is no kind of incident {kind}.")


def _place(cursor: str) -> RuleKey:
    camera, kind, zone = decode_cursor(cursor, RULE).split("/", 2)
    return RuleKey(CameraId(camera), kind, zone or None)
