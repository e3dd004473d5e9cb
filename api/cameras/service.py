"""What the API does with cameras: check the address, look at the stream, seal it, tell nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anyio import from_thread

from alerts.alert import Place
from alerts.errors import NotFound, VersionConflict
from alerts.registry import RegisteredCamera
from api.cameras.schemas import (
    CameraChange,
    CameraReply,
    NewCamera,
    ProbeResult,
    Watch,
)
from api.nodes import WatchState
from api.problem import Problem, Wrong, bad_value
from api.wiring import Services
from detect.errors import SceneError
from detect.scene import Scene
from ingest.camera import CameraId, StreamUrl
from ingest.errors import IngestError, NoSuchStream, StreamUnreachable, WrongPassword

if TYPE_CHECKING:
    from ingest.sources.base import SourceInfo

EMPTY_SCENE: dict[str, Any] = {"version": 1, "rules": []}

ADVICE: dict[type[IngestError], str] = {
    WrongPassword: "the camera refused the user name or password",
    NoSuchStream: "the camera has no stream at this path",
    StreamUnreachable: "nothing answered at this address",
}


class CameraService:
    """Registers, changes and removes cameras."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def all(self) -> list[CameraReply]:
        return [self._reply(camera) for camera in self._services.cameras.list()]

    def get(self, camera: str) -> CameraReply:
        return self._reply(self._found(camera))

    def create(self, new: NewCamera) -> CameraReply:
        """Register a camera. The same registration again gives the same reply."""
        services = self._services
        url = self._address(new.url, look=new.probe)
        camera = RegisteredCamera(
            id=CameraId(new.id),
            place=Place(new.name, new.latitude, new.longitude),
            url_sealed=services.vault.seal(url[0], CameraId(new.id)),
            url_hidden=url[0].hidden(),
            pinned_address=url[1].host,
            fps=new.fps,
            scene=scene_of(new.scene) if new.scene else EMPTY_SCENE,
            created_at=services.now(),
        )
        if not services.cameras.add(camera):
            known = self._found(new.id)
            same = services.vault.open(known.url_sealed, known.id) == url[0]
            if not same or known.place != camera.place:
                raise Problem(409, f"There is already a camera {new.id}.", [Wrong("/id", "taken")])
            camera = known
        services.nodes.changed()
        return self._reply(camera)

    def change(self, camera: str, change: CameraChange, version: int | None) -> CameraReply:
        """Change what is given. Nodes follow without a restart."""
        services = self._services
        known = self._found(camera)
        given = change.model_dump(exclude_none=True)
        place = Place(
            given.get("name", known.place.name),
            given.get("latitude", known.place.latitude),
            given.get("longitude", known.place.longitude),
        )
        changed = replace(
            known,
            place=place,
            fps=given.get("fps", known.fps),
            enabled=given.get("enabled", known.enabled),
        )
        if change.url is not None:
            url, pinned = self._address(change.url, look=change.probe)
            changed = replace(
                changed,
                url_sealed=services.vault.seal(url, known.id),
                url_hidden=url.hidden(),
                pinned_address=pinned.host,
            )
        return self._store(changed, version if version is not None else known.version)

    def set_scene(self, camera: str, scene: object, version: int | None) -> CameraReply:
        known = self._found(camera)
        changed = replace(known, scene=scene_of(scene))
        return self._store(changed, version if version is not None else known.version)

    def remove(self, camera: str) -> None:
        if not self._services.cameras.remove(CameraId(camera)):
            raise Problem(404, f"There is no camera {camera}.")
        self._services.nodes.changed()

    def probe(self, url: str) -> ProbeResult:
        """Look at a stream without registering it."""
        with addressed():
            pinned = self._services.resolve(StreamUrl.parse(url))
            return _result(from_thread.run(self._services.probe, pinned))

    def _address(self, text: str, *, look: bool) -> tuple[StreamUrl, StreamUrl]:
        """The address and its pinned form, after a look at the stream."""
        with addressed():
            url = StreamUrl.parse(text)
            pinned = self._services.resolve(url)
            if look:
                from_thread.run(self._services.probe, pinned)
        return url, pinned

    def _store(self, camera: RegisteredCamera, version: int) -> CameraReply:
        try:
            stored = self._services.cameras.replace(camera, version)
        except VersionConflict as error:
            raise Problem(412, f"{error}: read it again.") from error
        except NotFound as error:
            raise Problem(404, str(error)) from error
        self._services.nodes.changed()
        return self._reply(stored)

    def _found(self, camera: str) -> RegisteredCamera:
        found = self._services.cameras.get(CameraId(camera))
        if found is None:
            raise Problem(404, f"There is no camera {camera[:64]}.")
        return found

    def _reply(self, camera: RegisteredCamera) -> CameraReply:
        watch = self._services.nodes.watch(camera.id)
        return CameraReply(
            id=camera.id,
            name=camera.place.name,
            url=camera.url_hidden,
            latitude=camera.place.latitude,
            longitude=camera.place.longitude,
            fps=camera.fps,
            enabled=camera.enabled,
            scene=camera.scene,
            version=camera.version,
            watch=watch_reply(watch),
        )


def watch_reply(watch: WatchState) -> Watch:
    """A watch state as the API gives it."""
    return Watch(
        state=watch.state,
        reason=watch.reason,
        last_frame_at=watch.last_frame_at,
        analysed_fps=watch.analysed_fps,
        since=watch.since,
    )


def scene_of(scene: object) -> dict[str, Any]:
    """A checked scene as it is stored. Raises a 422 with the scene's pointer."""
    try:
        return Scene.parse(scene).to_dict()
    except SceneError as error:
        raise bad_value(f"/scene{error.pointer}", error.message) from error


@contextmanager
def addressed() -> Iterator[None]:
    """Turns what is wrong with an address or its stream into a 422 about `/url`."""
    try:
        yield
    except IngestError as error:
        advice = ADVICE.get(type(error))
        raise bad_value("/url", f"{error}" if advice is None else f"{advice} ({error})") from error


def _result(info: SourceInfo) -> ProbeResult:
    return ProbeResult(codec=info.codec, width=info.width_px, height=info.height_px, fps=info.fps)
