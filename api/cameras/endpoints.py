"""`/v1/cameras`: parse, call, reply."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth.access import Caller, GuardedRoute, Integrator, Staff
from api.cameras.schemas import (
    EXAMPLE_SCENE,
    CameraChange,
    CameraList,
    CameraPath,
    CameraReply,
    NewCamera,
    ProbeRequest,
    ProbeResult,
)
from api.cameras.service import CameraService
from api.etag import IfMatch, etag
from api.idempotency import IdempotencyKey
from api.openapi import Responses, refusals
from api.paging import Cursor, Limit, page_after
from api.schemas import SceneJson
from api.sse import EVENT_STREAM, EventStream
from api.streams import PanelPart
from api.wiring import services_of, state_of
from ingest.camera import CameraId

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], route_class=GuardedRoute)

JPEG: Responses = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG picture."}}


def _service(request: Request, caller: Caller) -> CameraService:
    state = state_of(request)
    return CameraService(state.services, state.probes, caller.actor)


def _tagged(camera: CameraReply, response: Response) -> CameraReply:
    response.headers["ETag"] = etag(camera.version)
    return camera


@router.get("")
def list_cameras(
    request: Request, caller: Staff, limit: Limit = 200, cursor: Cursor = None
) -> CameraList:
    """Cameras by id, and whether each is being watched."""
    service = _service(request, caller)
    page, following = page_after(service.all(), lambda one: one.id, limit, cursor)
    return CameraList(items=[service.reply(one) for one in page], next_cursor=following)


@router.post("", status_code=201, responses=refusals(409, 429))
async def create_camera(
    new: NewCamera,
    request: Request,
    caller: Integrator,
    response: Response,
    key: IdempotencyKey = None,
) -> CameraReply:
    """Register a camera; it is watched from now on.

    The stream is opened first unless `probe` is false. The same registration again gives the same
    reply, so a list of cameras may be sent again as a whole. A 429 asks for a slower pace.
    """
    service = _service(request, caller)
    scope = f"{caller.grant.id} POST /v1/cameras"
    made = await state_of(request).replies.once(scope, key, new, lambda: service.create(new))
    response.headers["Location"] = f"/v1/cameras/{made.id}"
    return _tagged(made, response)


@router.post("/probe", responses=refusals(429))
async def probe_stream(body: ProbeRequest, request: Request, caller: Integrator) -> ProbeResult:
    """Look at a stream without registering it."""
    return await _service(request, caller).probe(body.url)


@router.get("/stream", response_class=Response, responses=EVENT_STREAM)
def stream_cameras(request: Request, caller: Staff) -> Response:
    """Whether each camera is watched, live.

    Server-sent events `cameras`: an array of `{id, watch}`, at first and whenever it changes.
    """
    state = state_of(request)
    panel = PanelPart(state.board.cameras_panel)
    return EventStream(state.streams.open(caller.grant, (panel,)))


@router.get("/{camera}", responses=refusals(404))
def get_camera(
    camera: CameraPath, request: Request, caller: Staff, response: Response
) -> CameraReply:
    """One camera."""
    service = _service(request, caller)
    return _tagged(service.reply(service.get(camera)), response)


@router.patch("/{camera}", responses=refusals(404, 412, 429))
async def change_camera(
    camera: CameraPath,
    change: CameraChange,
    request: Request,
    caller: Integrator,
    version: IfMatch,
    response: Response,
) -> CameraReply:
    """Change a camera; no restart."""
    return _tagged(await _service(request, caller).change(camera, change, version), response)


@router.delete("/{camera}", status_code=204, responses=refusals(404, 412))
def remove_camera(
    camera: CameraPath, request: Request, caller: Integrator, version: IfMatch
) -> None:
    """Stop watching a camera and forget its address."""
    _service(request, caller).remove(camera, version)


@router.get("/{camera}/scene", responses=refusals(404))
def get_scene(camera: CameraPath, request: Request, caller: Staff, response: Response) -> SceneJson:
    """What matters in a camera's picture."""
    found = _service(request, caller).get(camera)
    response.headers["ETag"] = etag(found.version)
    return found.scene


@router.put("/{camera}/scene", responses=refusals(404, 412))
def put_scene(
    camera: CameraPath,
    scene: Annotated[SceneJson, Body(examples=[EXAMPLE_SCENE])],
    request: Request,
    caller: Integrator,
    version: IfMatch,
    response: Response,
) -> CameraReply:
    """Judge by another scene from the next frame on."""
    return _tagged(_service(request, caller).set_scene(camera, scene, version), response)


@router.get("/{camera}/snapshot", response_class=Response, responses={**JPEG, **refusals(404, 409)})
async def get_snapshot(camera: CameraPath, request: Request, caller: Staff) -> Response:
    """The latest analysed frame as JPEG.

    A 409 when nobody watches this camera at present.
    """
    await run_in_threadpool(_service(request, caller).get, camera)
    jpeg = await services_of(request).nodes.snapshot(CameraId(camera))
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
