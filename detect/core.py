"""The detection core, wired: everything between a camera's packets and a change of an incident.

    reader (thread a camera) -> kept packets -> decode threads -> mailbox -> batcher -> pipeline

Decoding and inference on processors share the cores by turns (`ingest.turns`), so that no more
threads compute than there are cores and the most urgent work comes first. A node, the bench and
the guard all run this same core.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from detect.batching import MAX_FRAMES, Batcher
from detect.cameras import CameraSet, Finish, MakeWorker
from detect.costs import CostTable
from detect.detector import Detector
from detect.fixtures import Fixtures
from detect.ids import uuid7
from detect.incident import IncidentId
from detect.load import LoadMeter, Work
from detect.looking.attention import Attention
from detect.looking.audit import Auditor
from detect.looking.eye import PackedEye, Sight
from detect.looking.guides import GuideMaker
from detect.mode import Economy, Mode
from detect.moment import utc_now
from detect.overload import Cost, Service
from detect.pipeline import Keep, Pipeline
from detect.scene import Scene
from detect.second_stage import SecondStage
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId
from ingest.decoding import DecodePool
from ingest.pace import Pace
from ingest.turns import Turns

USUAL_SOURCE_FPS = 25.0
"""What a camera is taken to send that does not say."""


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """How a core is to work."""

    mode: Mode
    cores: int
    """Threads that may compute at a time."""
    economy: Economy = "when_needed"


class Core:
    """Cameras in, changes of incidents out. `make_worker` plays a camera over `pool`; `fixtures`
    has what was learnt of its place before.
    """

    def __init__(
        self,
        detector: Detector,
        options: CoreOptions,
        keep: Keep,
        make_worker: MakeWorker,
        finish: Finish = lambda watch: None,
        fixtures: Callable[[CameraId], Fixtures] = Fixtures,
    ) -> None:
        self.detector = detector
        self._fixtures = fixtures
        self.turns = Turns(options.cores)
        self.pool = DecodePool(options.cores, self.turns)
        self.service = Service()
        self.audit = Auditor(detector.classes, key=os.urandom(16))  # nobody can tell which frames
        self.meter = LoadMeter(options.cores, self.service, sheds=options.mode.shed)
        self._costs = CostTable()
        detector.observe = self._costs.learn
        self._guides = GuideMaker(
            detector.classes, options.mode, options.economy, self.service, self.audit
        )
        self._aids = SecondStage.beside(detector)
        self._packs = options.mode.regions and options.mode.packing
        self._batcher = Batcher(
            MAX_FRAMES if self._packs else detector.batch_frames,
            devices=1 if detector.is_accelerated else options.cores,
            run_s=self._run_s,
        )
        self.cameras = CameraSet(self._batcher, make_worker, self._attend, finish)
        self.pipeline = Pipeline(
            self._batcher,
            PackedEye(
                detector,
                self._costs,
                Sight.of(detector.manifest),
                shares=options.mode.packing,
                matters=self._guides.matters,
            ),
            self.cameras.attentions,
            keep,
            now=utc_now,
            monotonic=time.monotonic,
            threads=options.cores,
            turn=_at_once if detector.is_accelerated else self.turns.turn,
            may_go_on=self.turns.may_go_on,
        )

    def start(self) -> None:
        self.pipeline.start()

    async def close(self, timeout_s: float) -> None:
        """Stop everything; what takes longer is left to the end of the process."""
        self._batcher.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.cameras.close(), timeout_s)
        await asyncio.to_thread(self.pipeline.stop, timeout_s)
        self.pool.close()

    def measure(self) -> None:
        """Measure the load and adapt the service to it; about once a second."""
        tally, health = self.pipeline.tally, self.cameras.health()
        late = sum(
            count
            for drops in self.cameras.drops().values()
            for reason, count in drops.items()
            if reason != "closed"
        )
        work = Work(
            busy_s=self.turns.busy_s,
            looking_s=tally.looking_s,
            pictures=sum(one.worth for one in health.values()),
            looked=tally.analysed.total(),
            late=late + sum(one.late_decode for one in health.values()),
            alone=sum(one.alone for one in health.values()),
        )
        costs = [
            Cost(health[name].source_fps or USUAL_SOURCE_FPS, camera.fps)
            for name, camera in self.cameras.cameras().items()
            if health[name].state == "live"
        ]
        self.meter.step(time.monotonic(), work, costs)

    def forget(self, camera: CameraId) -> None:
        """It is no longer watched."""
        self.pipeline.forget(camera)
        self.service.forget(camera)
        self.audit.forget(camera)
        self._guides.forget(camera)

    def _run_s(self, frames: int) -> float:
        """Expected seconds of a run over so many frames."""
        tally, size = self.pipeline.tally, self.detector.size
        if self.detector.is_accelerated:
            return self._costs.seconds(frames, size)
        looked = tally.analysed.total()
        share = tally.canvases / looked if looked else 1.0
        return frames * share * self._costs.seconds(1, size)

    def _attend(self, camera: Camera, scene: Scene, pace: Pace) -> Attention:
        watch = CameraWatch(
            camera.id,
            scene,
            self.detector.classes,
            self.detector.ref,
            new_id=lambda: IncidentId(uuid7(utc_now())),
            aids=self._aids,
            fixtures=self._fixtures(camera.id),
        )
        make = self._guides.of(camera, pace)
        return Attention(watch, make(scene), make)


def _at_once(deadline_s: float) -> contextlib.AbstractContextManager[object]:
    """An accelerator takes no processor's turn."""
    return nullcontext()
