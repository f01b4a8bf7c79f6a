"""A cloud with a clock that stands still, served on `memory://`, and a listener to its events."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from demo.common.v1 import Project
from demo.compute.v2 import (
    BootSource,
    BootSourceImage,
    BuildRequest,
    Claim,
    ComputeClient,
    ComputeEvents,
    ComputeListener,
    ConductorClient,
    ConductorEvents,
    ConductorListener,
    Flavor,
    HostStatus,
    Instance,
    InstanceState,
    Migration,
    Resources,
    VolumeAttachment,
)
from examples.compute import Cloud, Compute, Conductor
from rpcgen_runtime import NO_RETRY, Context, Server, Transport, Unrecognized, connect

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PROJECT = Project(id=UUID(int=10_001), name="tests")
IMAGE = UUID(int=10_002)
NETWORK = UUID(int=10_003)
NOBODY = UUID(int=10_004)
VOLUME = UUID(int=10_005)


class Heard(ComputeListener):
    """Keeps the events of `Compute` as texts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._came = threading.Condition()

    def wait_for(self, line: str) -> None:
        with self._came:
            assert self._came.wait_for(lambda: line in self.lines, 5), self.lines

    def hear(self, line: str) -> None:
        with self._came:
            self.lines.append(line)
            self._came.notify_all()

    async def instance_created(self, ctx: Context, instance: Instance) -> None:
        self.hear(f"created on {instance.host}")

    async def instance_state_changed(
        self,
        ctx: Context,
        instance_id: UUID,
        old_state: InstanceState | Unrecognized,
        new_state: InstanceState | Unrecognized,
        at: dt.datetime,
        reason: str | None,
    ) -> None:
        assert isinstance(old_state, InstanceState)
        assert isinstance(new_state, InstanceState)
        self.hear(f"{old_state.name} to {new_state.name}")

    async def instance_deleted(self, ctx: Context, instance_id: UUID, at: dt.datetime) -> None:
        self.hear("deleted")

    async def volume_attached(
        self, ctx: Context, instance_id: UUID, attachment: VolumeAttachment
    ) -> None:
        self.hear(f"attached {attachment.device}")

    async def volume_detached(
        self, ctx: Context, instance_id: UUID, volume_id: UUID, at: dt.datetime
    ) -> None:
        self.hear("detached")

    async def host_status_changed(
        self, ctx: Context, host: str, status: HostStatus | Unrecognized, at: dt.datetime
    ) -> None:
        assert isinstance(status, HostStatus)
        self.hear(f"{host} is {status.name}")


class HeardOfConductor(ConductorListener):
    """Adds the events of `Conductor`."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    async def migration_ended(self, ctx: Context, migration: Migration) -> None:
        assert not isinstance(migration.status, Unrecognized)
        self._heard.hear(f"move {migration.status.name}")

    async def claim_expired(self, ctx: Context, claim: Claim) -> None:
        self._heard.hear("claim expired")


class World:
    """Both services through their clients, and the clock. Ids are 1, 2, 3."""

    def __init__(self, transport: Transport) -> None:
        self.now = START
        self.heard = Heard()
        ids = count(1)
        self.cloud = Cloud(
            compute_events=ComputeEvents(transport),
            conductor_events=ConductorEvents(transport),
            now=lambda: self.now,
            new_id=lambda: UUID(int=next(ids)),
        )
        self.compute = ComputeClient(transport).with_options(retry=NO_RETRY)
        self.conductor = ConductorClient(transport).with_options(retry=NO_RETRY)

    def build(
        self,
        host: str = "anna",
        *,
        vcpus: int = 2,
        boot: BootSource | None = None,
        networks: list[UUID] | None = None,
        claim_id: UUID | None = None,
    ) -> Instance:
        request = wanted(vcpus, boot=boot, networks=networks)
        return self.compute.build_instance(request=request, host=host, claim_id=claim_id)

    def state(self, instance: Instance) -> InstanceState:
        state = self.compute.get_instance(instance.id).state
        assert isinstance(state, InstanceState)
        return state

    def used(self, host: str) -> int:
        """Return how many processors of a host are taken."""
        return self.compute.get_host(host).host.used.vcpus

    def set_status(self, host: str, status: HostStatus) -> None:
        self.compute.set_host_status(host=host, status=status)

    def after_cast(self, method: str) -> None:
        """Return once a cast has run."""
        for _ in range(500):
            with self.cloud.lock:
                if self.cloud.counters[method]:
                    self.cloud.counters[method] -= 1
                    return
            time.sleep(0.01)
        raise AssertionError(f"{method} did not run")


@contextmanager
def world() -> Iterator[World]:
    url = f"memory://{uuid4().hex}"
    with connect(url) as transport:
        made = World(transport)
        endpoints = [Compute(made.cloud), Conductor(made.cloud)]
        listeners = [made.heard, HeardOfConductor(made.heard)]
        with Server(url, endpoints), Server(url, listeners):
            yield made


def flavor(vcpus: int, *, gpus: int = 0) -> Flavor:
    room = Resources(vcpus=vcpus, memory_mb=vcpus * 2048, disk_gb=vcpus * 10, gpus=gpus)
    return Flavor(name=f"m{vcpus}", resources=room, price_per_hour=Decimal("0.5"))


def wanted(
    vcpus: int = 2, *, boot: BootSource | None = None, networks: list[UUID] | None = None
) -> BuildRequest:
    return BuildRequest(
        name="web",
        project=PROJECT,
        flavor=flavor(vcpus),
        boot=boot or BootSourceImage(image_id=IMAGE),
        networks=networks or [],
        metadata={"role": "web"},
        user_data=b"hello",
        tags=["blue"],
    )
