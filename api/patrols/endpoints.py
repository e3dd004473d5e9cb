"""`/v1/patrols`: units, where they are, whether they are on duty."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.access import Role
from alerts.alert import PatrolId
from alerts.dispatch.whereabouts import Fix
from alerts.patrol import Patrol, Position
from alerts.push_desk import PushStanding
from api.auth.access import (
    Admin,
    Caller,
    GuardedRoute,
    Integrator,
    OnPatrol,
    Operator,
    OperatorOrPatrol,
)
from api.auth.tokens import TOKEN, issue_sign_in_path, new_grant
from api.etag import IfMatch, etag
from api.idempotency import IdempotencyKey
from api.log import audit, line
from api.openapi import refusals
from api.paging import Cursor, Limit, page_after
from api.patrols.schemas import (
    NewPatrol,
    PatrolChange,
    PatrolIdPath,
    PatrolList,
    PatrolPath,
    PatrolReply,
    PatrolTokens,
    PositionRefused,
    PositionReport,
    PositionReports,
    PositionsReply,
    patrol_reply,
)
from api.patrols.stream import own_stream
from api.problem import Problem
from api.schemas import Body
from api.sse import EVENT_STREAM, EventStream, ResumePoint
from api.streams import PanelPart
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/patrols", tags=["patrols"], route_class=GuardedRoute)


def _tagged(unit: Patrol, push: PushStanding, response: Response) -> PatrolReply:
    response.headers["ETag"] = etag(unit.version)
    return patrol_reply(unit, push)


@router.get("")
def list_patrols(
    request: Request, caller: Operator, limit: Limit = 200, cursor: Cursor = None
) -> PatrolList:
    """Units by id."""
    services = services_of(request)
    units = services.alerts.patrols()
    page, following = page_after(units, lambda one: one.id, limit, cursor)
    push = services.push.standings(page)
    items = [patrol_reply(one, push[one.id]) for one in page]
    return PatrolList(items=items, next_cursor=following)


@router.post("", status_code=201)
async def register_patrol(
    new: NewPatrol,
    request: Request,
    caller: Admin,
    response: Response,
    key: IdempotencyKey = None,
) -> PatrolReply:
    """Register a unit; it is off duty until it begins a shift."""
    alerts = services_of(request).alerts

    async def create() -> PatrolReply:
        unit = await run_in_threadpool(
            alerts.register_patrol, new.name, caller.actor, new.capabilities
        )
        audit.info(line("patrol_created", patrol=unit.id, name=unit.name, by=caller.actor))
        return patrol_reply(unit, PushStanding())

    scope = f"{caller.grant.id} POST /v1/patrols"
    made = await state_of(request).replies.once(scope, key, new, create)
    response.headers["Location"] = f"/v1/patrols/{made.id}"
    response.headers["ETag"] = etag(made.version)
    return made


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_patrols(request: Request, caller: Operator) -> Response:
    """Where the units are, live.

    Server-sent events `patrols`: an array of units, at first and whenever it changes.
    """
    state = state_of(request)
    panel = PanelPart(state.board.patrols_panel)
    return EventStream(state.streams.open(caller.grant, (panel,)))


@router.get("/me/stream", response_class=Response, responses=EVENT_STREAM)
def stream_own(request: Request, caller: OnPatrol, after: ResumePoint) -> Response:
    """Offers to the calling unit, live.

    Server-sent events: `hello` first (the unit and its present alert), then `offer`, `update` and
    `withdrawn` with ids, each with the alert; resumed after `Last-Event-ID`.
    """
    return EventStream(own_stream(state_of(request), caller, after))


@router.put("/positions")
def put_positions(reports: PositionReports, request: Request, caller: Integrator) -> PositionsReply:
    """Say where many units are, in one commit: for a gateway of vehicle trackers.

    As for one: a time in the future counts as now, a fix older than the known one changes nothing.
    What is refused is named; all else is taken.
    """
    services = services_of(request)
    now = services.now()
    fixes = [
        (PatrolId(one.patrol), Position(one.latitude, one.longitude, one.at or now))
        for one in reports.positions
    ]
    found = services.alerts.set_positions(fixes)
    refused = [
        PositionRefused(index=index, patrol=patrol, reason=fix.value)
        for index, ((patrol, _), fix) in enumerate(zip(fixes, found, strict=True))
        if fix is not Fix.TAKEN
    ]
    return PositionsReply(taken=len(fixes) - len(refused), refused=refused)


@router.get("/{patrol}", responses=refusals(404))
def get_patrol(
    patrol: PatrolPath, request: Request, caller: OperatorOrPatrol, response: Response
) -> PatrolReply:
    """One unit; a patrol sees itself alone."""
    services = services_of(request)
    unit = services.alerts.patrol(_unit(patrol, caller))
    return _tagged(unit, services.push.standing(unit), response)


@router.patch("/{patrol}", responses=refusals(404, 412))
def change_patrol(
    patrol: PatrolPath,
    change: PatrolChange,
    request: Request,
    caller: OperatorOrPatrol,
    version: IfMatch,
    response: Response,
) -> PatrolReply:
    """Begin or end a shift, or say what the unit can do from now on.

    A unit that ends its shift with an unanswered offer has declined it. When a shift begins, each
    of its devices is sent a test over push, which it answers by itself.
    """
    services, unit = services_of(request), _unit(patrol, caller)
    if change.capabilities is not None:
        if caller.role is Role.PATROL:
            raise Problem(403, "A patrol does not change what it is counted on for.")
        changed = services.alerts.set_capabilities(unit, change.capabilities, version)
        words, version = " ".join(changed.capabilities), None
        audit.info(line("patrol_able", patrol=unit, capabilities=words, by=caller.actor))
    if change.on_duty is not None:
        changed = services.alerts.set_duty(unit, change.on_duty, caller.actor, version)
        audit.info(line("patrol_duty", patrol=unit, on_duty=changed.on_duty, by=caller.actor))
        services.push.begin_shift(changed)
    return _tagged(changed, services.push.standing(changed), response)


@router.put("/{patrol}/position", responses=refusals(404))
def put_position(
    patrol: PatrolPath,
    report: PositionReport,
    request: Request,
    caller: OperatorOrPatrol,
    response: Response,
) -> PatrolReply:
    """Say where a unit is.

    A time in the future counts as now; a fix older than the known one changes nothing.
    """
    services = services_of(request)
    now = services.now()
    at = min(report.at, now) if report.at else now
    position = Position(report.latitude, report.longitude, at)
    unit = services.alerts.set_position(_unit(patrol, caller), position)
    return _tagged(unit, services.push.lately(unit), response)


@router.post("/{patrol}/token", status_code=201, responses=refusals(404))
async def make_patrol_token(
    patrol: PatrolIdPath, request: Request, caller: Admin, key: IdempotencyKey = None
) -> PatrolTokens:
    """A token and a one-time sign-in link for a unit; shown once."""
    services = services_of(request)

    def create() -> PatrolTokens:
        unit = services.alerts.patrol(PatrolId(patrol))
        now = services.now()
        whose = (Role.PATROL, unit.name, now, unit.id)
        secret, grant = new_grant(TOKEN, *whose)
        services.grants.add(grant)
        path = issue_sign_in_path(services.grants, *whose, parent=grant.id)
        made = PatrolTokens(token=secret, sign_in_path=path)
        audit.info(line("patrol_token_created", patrol=unit.id, by=caller.actor))
        return made

    scope = f"{caller.grant.id} POST /v1/patrols/{patrol}/token"
    return await state_of(request).replies.once(
        scope, key, Body(), lambda: run_in_threadpool(create)
    )


def _unit(patrol: str, caller: Caller) -> PatrolId:
    unit = caller.patrol if patrol == "me" else PatrolId(patrol)
    if not caller.may_see_patrol(unit):
        raise Problem(403, "A patrol acts for itself alone.")
    return unit
