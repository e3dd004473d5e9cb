"""`/v1/endpoints`: parse, call, reply."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from alerts.notification import Endpoint, EndpointId
from api.alerts.schemas import UUID
from api.auth.access import Admin, GuardedRoute
from api.endpoints.schemas import (
    DELIVERY_ID,
    DeliveryPage,
    EndpointChange,
    EndpointList,
    EndpointPath,
    EndpointReply,
    MadeEndpoint,
    NewEndpoint,
    QueuedReply,
    ReplayOrder,
    Rotation,
    delivery_reply,
    shown_fields,
)
from api.endpoints.service import changed, made, rotated
from api.etag import IfMatch, etag
from api.idempotency import IdempotencyKey
from api.log import audit, line
from api.openapi import refusals
from api.paging import Cursor, Limit, decode_cursor, encode_cursor, page_after
from api.wiring import services_of, state_of

router = APIRouter(prefix="/v1/endpoints", tags=["endpoints"], route_class=GuardedRoute)

BY_HAND = "retired by {by}"
DELIVERY = re.compile(DELIVERY_ID)


@router.get("")
def list_endpoints(
    request: Request,
    caller: Admin,
    limit: Limit = 200,
    cursor: Cursor = None,
    patrol: Annotated[
        str | None, Query(pattern=UUID, description="Only those of this unit.")
    ] = None,
) -> EndpointList:
    """Endpoints by id, with how it stands with each; retired ones too."""
    owner = f"patrol:{patrol}" if patrol else None
    known = services_of(request).endpoints.endpoints(owner)
    page, following = page_after(known, lambda one: one.id, limit, cursor)
    return EndpointList(
        items=[EndpointReply(**shown_fields(one)) for one in page], next_cursor=following
    )


@router.post("", status_code=201, responses=refusals(404))
async def create_endpoint(
    new: NewEndpoint,
    request: Request,
    caller: Admin,
    response: Response,
    key: IdempotencyKey = None,
) -> MadeEndpoint:
    """Register where the city, or a unit, is told of alerts.

    The address is checked: it must be public and spoken to over TLS, or lie in the settings'
    `outward_networks`. Addresses and secrets are sealed and never shown again.
    """
    services = services_of(request)

    def create() -> MadeEndpoint:
        endpoint, secret = made(new, services)
        services.endpoints.register(endpoint)
        _note("endpoint_created", endpoint, caller)
        return MadeEndpoint(**shown_fields(endpoint), signing_secret=secret)

    scope = f"{caller.grant.id} POST /v1/endpoints"
    reply = await state_of(request).replies.once(scope, key, new, lambda: run_in_threadpool(create))
    response.headers["Location"] = f"/v1/endpoints/{reply.id}"
    response.headers["ETag"] = etag(reply.version)
    return reply


@router.get("/{endpoint}", responses=refusals(404))
def get_endpoint(
    endpoint: EndpointPath, request: Request, caller: Admin, response: Response
) -> EndpointReply:
    """One endpoint."""
    return _tagged(services_of(request).endpoints.endpoint(EndpointId(endpoint)), response)


@router.patch("/{endpoint}", responses=refusals(404, 412))
def change_endpoint(
    endpoint: EndpointPath,
    change: EndpointChange,
    request: Request,
    caller: Admin,
    version: IfMatch,
    response: Response,
) -> EndpointReply:
    """Change what it is told of, and how; retire it, or take it into use again."""
    services = services_of(request)
    id_ = EndpointId(endpoint)
    known = services.endpoints.endpoint(id_)
    change_it = changed(known, change, services)
    done = services.endpoints.change(id_, change_it, version or known.version)
    if change.retired:
        done = services.endpoints.retire(id_, BY_HAND.format(by=caller.actor))
    _note("endpoint_changed", done, caller)
    return _tagged(done, response)


@router.delete("/{endpoint}", responses=refusals(404, 412))
def retire_endpoint(
    endpoint: EndpointPath, request: Request, caller: Admin, version: IfMatch, response: Response
) -> EndpointReply:
    """Send nothing there any more. It stays on record with what was sent to it."""
    desk = services_of(request).endpoints
    done = desk.retire(EndpointId(endpoint), BY_HAND.format(by=caller.actor), version)
    _note("endpoint_retired", done, caller)
    return _tagged(done, response)


@router.post("/{endpoint}/rotate", responses=refusals(404, 412))
async def rotate_endpoint(
    endpoint: EndpointPath,
    order: Rotation,
    request: Request,
    caller: Admin,
    version: IfMatch,
    response: Response,
    key: IdempotencyKey = None,
) -> MadeEndpoint:
    """Give it new secrets.

    A webhook's old secret signs beside the new one for `keep_s`, so that nothing is missed.
    """
    services = services_of(request)

    def rotate() -> MadeEndpoint:
        known = services.endpoints.endpoint(EndpointId(endpoint))
        change_it, secret = rotated(known, order, services)
        done = services.endpoints.change(known.id, change_it, version or known.version)
        _note("endpoint_rotated", done, caller)
        return MadeEndpoint(**shown_fields(done), signing_secret=secret)

    scope = f"{caller.grant.id} POST /v1/endpoints/{endpoint}/rotate"
    reply = await state_of(request).replies.once(
        scope, key, order, lambda: run_in_threadpool(rotate)
    )
    response.headers["ETag"] = etag(reply.version)
    return reply


@router.post("/{endpoint}/test", status_code=202, responses=refusals(404, 409))
def test_endpoint(endpoint: EndpointPath, request: Request, caller: Admin) -> QueuedReply:
    """Send it a test message; its deliveries tell whether it was taken."""
    sent = services_of(request).endpoints.test(EndpointId(endpoint))
    audit.info(line("endpoint_tested", endpoint=endpoint, by=caller.actor))
    return QueuedReply(deliveries=[sent.id], more=False)


@router.get("/{endpoint}/deliveries", responses=refusals(404))
def list_deliveries(
    endpoint: EndpointPath,
    request: Request,
    caller: Admin,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """What was to be sent there, newest first: what was taken, what waits and why."""
    before = decode_cursor(cursor, DELIVERY) if cursor else None
    desk = services_of(request).endpoints
    page = desk.deliveries(EndpointId(endpoint), limit + 1, before)
    return DeliveryPage(
        items=[delivery_reply(one) for one in page[:limit]],
        next_cursor=encode_cursor(page[limit - 1].id) if len(page) > limit else None,
    )


@router.post("/{endpoint}/replay", status_code=202, responses=refusals(404, 409))
def replay_deliveries(
    endpoint: EndpointPath, order: ReplayOrder, request: Request, caller: Admin
) -> QueuedReply:
    """Send again what was not taken since a time, or one delivery; receivers know it by its id."""
    desk = services_of(request).endpoints
    if order.delivery is not None:
        done = desk.replay_one(EndpointId(endpoint), order.delivery)
    else:
        assert order.since is not None  # noqa: S101 - the schema has seen to it
        done = desk.replay_since(EndpointId(endpoint), order.since)
    count = len(done.deliveries)
    audit.info(line("endpoint_replayed", endpoint=endpoint, count=count, by=caller.actor))
    return QueuedReply(deliveries=[*done.deliveries], more=done.more)


def _tagged(one: Endpoint, response: Response) -> EndpointReply:
    response.headers["ETag"] = etag(one.version)
    return EndpointReply(**shown_fields(one))


def _note(event: str, one: Endpoint, caller: Admin) -> None:
    facts = {"endpoint": one.id, "channel": one.channel, "owner": one.owner, "address": one.shown}
    audit.info(line(event, **facts, name=one.name, by=caller.actor))
