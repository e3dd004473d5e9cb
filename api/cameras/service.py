"""What the API does with cameras: check the address, look at the stream, seal it, tell nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool

from alerts.alert import Actor, Place
from alerts.errors import NotFound, VersionConflict
from alerts.registry import RegisteredCamera, SealedAddress
from api.cameras.probes import Probes
from api.cameras.schemas import (
    CameraChange,
    CameraReply,
    FailingRuleReply,
    NewCamera,
    ProbeResult,
    Watch,
)
from api.log import audit, line
from api.nodes import WatchState
from api.problem import Problem, Wrong, bad_value
from api.wiring import Services
from detect.errors import SceneError
from detect.scene import Scene
from ingest.camera import CameraId, StreamUrl
from ingest.errors import IngestError, NoSuchStream, StreamUnreachable, WrongPassword

ADVICE: dict[type[IngestError], str] = {
    WrongPassword: "the camera refused the user name or password",
    NoSuchStream: "the camera has no stream at this path",
    StreamUnreachable: "nothing answered at this address",
}


SUBSTREAM = "/substream_url"


@dataclass(frozen=True, slots=True)
class Address:
    """A camera's address as given, and pinned to a number."""

    url: StreamUrl
    pinned: str


class CameraService:
    """Registers, changes and removes cameras on behalf of one caller."""

    def __init__(self, services: Services, probes: Probes, actor: Actor) -> None:
        self._services = services
        self._probes = probes
        self._actor = actor

    def all(self) -> list[RegisteredCamera]:
        return self._services.cameras.list()

    def get(self, camera: str) -> RegisteredCamera:
        """Raises `NotFound`."""
        found = self._services.cameras.get(CameraId(camera))
        if found is None:
            raise NotFound(f"there is no camera {camera[:64]}")
        return found

    async def create(self, new: NewCamera) -> CameraReply:
        """Register a camera. The same registration again gives the same reply.

        Raises a 409 when the id means another camera, a 422 when something is wrong with it.
        """
        scene = scene_of(new.scene if new.scene is not None else {"version": 1}, "/scene")
        with addressed():
            url = StreamUrl.parse(new.url)
        with addressed(SUBSTREAM):
            substream = StreamUrl.parse(new.substream_url) if new.substream_url else None
        known = await run_in_threadpool(self._services.cameras.get, CameraId(new.id))
        if known is None:
            address = await self._address(url, look=new.probe)
            camera = RegisteredCamera(
                id=CameraId(new.id),
                place=Place(new.name, new.latitude, new.longitude),
                url_sealed=self._services.vault.seal(url, CameraId(new.id)),
                url_hidden=url.hidden(),
                pinned_address=address.pinned,
                fps=new.fps,
                scene=scene,
                enabled=new.enabled,
                created_at=self._services.now(),
                substream=await self._sealed(substream, CameraId(new.id), look=new.probe),
            )
            if await run_in_threadpool(self._services.cameras.add, camera):
                self._tell("camera_created", camera.id)
                return self.reply(camera)
            known = await run_in_threadpool(self.get, new.id)
        if not self._same(known, new, (url, substream), scene):
            taken = "This id is taken by a camera that is not the same."
            raise Problem(409, taken, [Wrong("/id", taken)])
        return self.reply(known)

    async def change(self, camera: str, change: CameraChange, version: int | None) -> CameraReply:
        """Change what is given. Nodes follow without a restart."""
        known = await run_in_threadpool(self.get, camera)
        _expect(known, version)
        given = change.model_dump(exclude_unset=True, exclude={"probe"})
        place = {key: given[key] for key in ("name", "latitude", "longitude") if key in given}
        rest = {key: given[key] for key in ("fps", "enabled") if key in given}
        changed = replace(known, place=replace(known.place, **place), **rest)
        if "url" in given:
            with addressed():
                url = StreamUrl.parse(change.url)
            address = await self._address(url, look=change.probe)
            changed = replace(
                changed,
                url_sealed=self._services.vault.seal(url, known.id),
                url_hidden=url.hidden(),
                pinned_address=address.pinned,
            )
        if "substream_url" in given:
            with addressed(SUBSTREAM):
                text = change.substream_url
                substream = None if text is None else StreamUrl.parse(text)
            sealed = await self._sealed(substream, known.id, look=change.probe)
            changed = replace(changed, substream=sealed)
        if changed == known:
            return self.reply(known)
        facts = {"changed": ",".join(sorted(given))}
        return await run_in_threadpool(self._store, changed, known.version, facts)

    def set_scene(self, camera: str, scene: object, version: int | None) -> CameraReply:
        """Judge by another scene. The same scene again changes nothing."""
        checked = scene_of(scene)
        known = self.get(camera)
        _expect(known, version)
        changed = replace(known, scene=checked)
        if changed == known:
            return self.reply(known)
        return self._store(changed, known.version, {"changed": "scene"})

    def remove(self, camera: str, version: int | None) -> None:
        """Stop watching and forget the address. Raises `NotFound`, `VersionConflict`."""
        _expect(self.get(camera), version)
        if not self._services.cameras.remove(CameraId(camera)):
            raise NotFound(f"there is no camera {camera}")
        self._tell("camera_removed", camera)

    async def probe(self, text: str) -> ProbeResult:
        """Look at a stream without registering it."""
        with addressed():
            pinned = await self._probes.pin(StreamUrl.parse(text))
            info = await self._probes.look(pinned)
        return ProbeResult(
            codec=info.codec, width=info.width_px, height=info.height_px, fps=info.fps
        )

    def reply(self, camera: RegisteredCamera) -> CameraReply:
        """A camera as the API gives it."""
        return CameraReply(
            id=camera.id,
            name=camera.place.name,
            url=camera.url_hidden,
            substream_url=camera.substream.hidden if camera.substream else None,
            latitude=camera.place.latitude,
            longitude=camera.place.longitude,
            fps=camera.fps,
            enabled=camera.enabled,
            scene=camera.scene,
            version=camera.version,
            watch=watch_reply(self._services.nodes.watch(camera.id)),
        )

    async def _sealed(
        self, url: StreamUrl | None, camera: CameraId, *, look: bool
    ) -> SealedAddress | None:
        """A substream's address as it is stored."""
        if url is None:
            return None
        address = await self._address(url, look=look, pointer=SUBSTREAM)
        return SealedAddress(self._services.vault.seal(url, camera), url.hidden(), address.pinned)

    async def _address(self, url: StreamUrl, *, look: bool, pointer: str = "/url") -> Address:
        """The address pinned, after a look at the stream."""
        with addressed(pointer):
            pinned = await self._probes.pin(url)
            if look:
                await self._probes.look(pinned)
        return Address(url, pinned.host)

    def _same(
        self,
        known: RegisteredCamera,
        new: NewCamera,
        urls: tuple[StreamUrl, StreamUrl | None],
        scene: dict[str, Any],
    ) -> bool:
        """Whether a camera is what a registration asks for."""
        given = (Place(new.name, new.latitude, new.longitude), new.fps, new.enabled, scene)
        if given != (known.place, known.fps, known.enabled, known.scene):
            return False
        opened, small = self._services.vault.open, known.substream
        there = opened(small.sealed, known.id) if small else None
        return (opened(known.url_sealed, known.id), there) == urls

    def _store(
        self, camera: RegisteredCamera, version: int, facts: Mapping[str, object]
    ) -> CameraReply:
        stored = self._services.cameras.replace(camera, version)
        self._tell("camera_changed", stored.id, **facts)
        return self.reply(stored)

    def _tell(self, event: str, camera: str, **facts: object) -> None:
        self._services.nodes.changed()
        audit.info(line(event, camera=camera, by=self._actor, **facts))


def watch_reply(watch: WatchState) -> Watch:
    """A watch state as the API gives it."""
    looking = watch.looking
    coverage: Literal["full", "degraded"] | None = None
    if looking.is_degraded is not None:
        coverage = "degraded" if looking.is_degraded else "full"
    return Watch(
        state=watch.state,
        reason=watch.reason,
        last_frame_at=watch.last_frame_at,
        analysed_fps=watch.analysed_fps,
        since=watch.since,
        target_fps=looking.target_fps,
        decoding=looking.decoding,
        substream_reason=looking.substream_reason,
        looking=looking.kind,
        whole_look_at=watch.whole_look_at,
        coverage=coverage,
        coverage_reason=looking.reason,
        failing_rules=[
            FailingRuleReply(
                kind=one.kind,
                zone=one.zone,
                since=one.since,
                failures=one.failures,
                error=one.error,
            )
            for one in watch.failing
        ],
    )


def scene_of(scene: object, pointer: str = "") -> dict[str, Any]:
    """A checked scene as it is stored. Raises a 422 with the scene's pointer below `pointer`."""
    try:
        return Scene.parse(scene).to_dict()
    except SceneError as error:
        where = f"{pointer}{error.pointer}"
        raise Problem(
            422, f"{where or '/'}: {error.message}", [Wrong(where, error.message)]
        ) from error


def _expect(camera: RegisteredCamera, version: int | None) -> None:
    if version is not None and version != camera.version:
        raise VersionConflict(
            f"camera {camera.id} is at version {camera.version}, not {version}: read it again"
        )


@contextmanager
def addressed(pointer: str = "/url") -> Iterator[None]:
    """Turns what is wrong with an address or its stream into a 422 about `pointer`."""
    try:
        yield
    except IngestError as error:
        advice = ADVICE.get(type(error))
        raise bad_value(pointer, f"{error}" if advice is None else f"{advice} ({error})") from error
