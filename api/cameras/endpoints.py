"""`/v1/cameras`: parse, call, reply."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Request, Response

from api.auth.access import GuardedRoute, Integrator, Staff, still_allowed
from api.cameras.schemas import (
    CAMERA_ID,
    CameraChange,
    CameraList,
    CameraReply,
    NewCamera,
    ProbeRequest,
    ProbeResult,
)
from api.cameras.service import CameraService
from api.etag import IfMatch, etag
from api.nodes import NotWatched
from api.problem import Problem
from api.sse import Event
from api.wiring import services_of, state_of
from ingest.camera import CameraId

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], route_class=GuardedRoute)

Id = Annotated[str, Path(pattern=CAMERA_ID)]


def _service(request: Request) -> CameraService:
    return CameraService(services_of(request))


Service = Annotated[CameraService, Depends(_service)]


@router.get("")
def list_cameras(service: Service, caller: Staff) -> CameraList:
    """Every camera, and whether it is being watched."""
    return CameraList(items=service.all())


@router.post("", status_code=201)
def create_camera(
    new: NewCamera, service: Service, caller: Integrator, response: Response
) -> CameraReply:
    """Register a camera; it is watched from now on."""
    made = service.create(new)
    response.headers["ETag"] = etag(made.version)
    response.headers["Location"] = f"/v1/cameras/{made.id}"
    return made


@router.post("/probe")
def probe_stream(body: ProbeRequest, service: Service, caller: Integrator) -> ProbeResult:
    """Look at a stream without registering it."""
    return service.probe(body.url)


@router.get("/stream")
async def stream_cameras(request: Request, caller: Staff) -> Response:
    """Whether each camera is watched, whenever that changes (SSE, event `cameras`)."""
    services, board = services_of(request), state_of(request).board
    last: list[dict[str, Any]] = []

    def poll() -> list[Event]:
        now = board.cameras()
        if now == last:
            return []
        last[:] = now
        return [Event("cameras", now)]

    return state_of(request).streams.respond(
        caller.grant.id, poll, lambda: still_allowed(services, caller), 1.0
    )


@router.get("/{camera}")
def get_camera(camera: Id, service: Service, caller: Staff, response: Response) -> CameraReply:
    """One camera."""
    found = service.get(camera)
    response.headers["ETag"] = etag(found.version)
    return found


@router.patch("/{camera}")
def change_camera(
    camera: Id, change: CameraChange, service: Service, caller: Integrator, version: IfMatch
) -> CameraReply:
    """Change a camera; no restart."""
    return service.change(camera, change, version)


@router.delete("/{camera}", status_code=204)
def remove_camera(camera: Id, service: Service, caller: Integrator) -> None:
    """Stop watching a camera and forget its address."""
    service.remove(camera)


@router.get("/{camera}/scene")
def get_scene(camera: Id, service: Service, caller: Staff) -> dict[str, Any]:
    """A camera's scene."""
    return dict(service.get(camera).scene)


@router.put("/{camera}/scene")
def put_scene(
    camera: Id,
    scene: Annotated[Any, Body()],
    service: Service,
    caller: Integrator,
    version: IfMatch,
) -> CameraReply:
    """Judge by another scene from the next frame on."""
    return service.set_scene(camera, scene, version)


@router.get("/{camera}/snapshot")
async def snapshot(camera: Id, request: Request, caller: Staff) -> Response:
    """The latest analysed frame as JPEG."""
    try:
        jpeg = await services_of(request).nodes.snapshot(CameraId(camera))
    except NotWatched as error:
        raise Problem(409, f"There is no picture: {error}.") from error
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
