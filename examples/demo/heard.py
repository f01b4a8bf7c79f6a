"""What the listeners of the tour hear: a line for each event, in order."""

import datetime as dt
import threading
from uuid import UUID

from demo.compute.v2 import (
    Claim,
    ComputeListener,
    ConductorListener,
    HostStatus,
    Instance,
    InstanceState,
    Migration,
    VolumeAttachment,
)
from examples.demo.commands import StepFailed
from rpcgen_runtime import Context, Unrecognized

PATIENCE = 5.0
"""Seconds to wait for an event."""


class Lines:
    """What was heard. Written on the event loop of a server, read by the tour."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._lines: list[str] = []
        self._came = threading.Condition()

    def add(self, line: str) -> None:
        """Take one more."""
        with self._came:
            self._lines.append(line)
            self._came.notify_all()

    def take(self, number: int) -> list[str]:
        """Return the next so many, once they are there. Raises StepFailed."""
        with self._came:
            if not self._came.wait_for(lambda: len(self._lines) >= number, PATIENCE):
                raise StepFailed(f"{number} events should have come, heard: {self._lines}")
            taken, self._lines = self._lines[:number], self._lines[number:]
            return taken


class HeardOfCompute(ComputeListener):
    """Listens to `Compute`. All `async def`: one after the other, in order."""

    def __init__(self, lines: Lines) -> None:
        """Write to `lines`."""
        self._lines = lines

    async def instance_created(self, ctx: Context, instance: Instance) -> None:
        self._lines.add(f"{called(instance.id)} created on {instance.host}")

    async def instance_state_changed(
        self,
        ctx: Context,
        instance_id: UUID,
        old_state: InstanceState | Unrecognized,
        new_state: InstanceState | Unrecognized,
        at: dt.datetime,
        reason: str | None,
    ) -> None:
        states = [it if isinstance(it, str) else it.name for it in (old_state, new_state)]
        self._lines.add(f"{called(instance_id)} {' → '.join(states)}")

    async def instance_deleted(self, ctx: Context, instance_id: UUID, at: dt.datetime) -> None:
        self._lines.add(f"{called(instance_id)} deleted")

    async def volume_attached(
        self, ctx: Context, instance_id: UUID, attachment: VolumeAttachment
    ) -> None:
        self._lines.add(f"{called(instance_id)} has a volume at {attachment.device}")

    async def volume_detached(
        self, ctx: Context, instance_id: UUID, volume_id: UUID, at: dt.datetime
    ) -> None:
        self._lines.add(f"{called(instance_id)} lost a volume")

    async def host_status_changed(
        self, ctx: Context, host: str, status: HostStatus | Unrecognized, at: dt.datetime
    ) -> None:
        self._lines.add(f"host {host} is {status if isinstance(status, str) else status.name}")


class HeardOfConductor(ConductorListener):
    """Listens to `Conductor`."""

    def __init__(self, lines: Lines) -> None:
        """Write to `lines`."""
        self._lines = lines

    async def migration_ended(self, ctx: Context, migration: Migration) -> None:
        way = f"{migration.source} → {migration.destination}"
        self._lines.add(f"{called(migration.instance_id)} moved {way}")

    async def claim_expired(self, ctx: Context, claim: Claim) -> None:
        self._lines.add(f"claim on {claim.host} expired")


def called(instance_id: UUID) -> str:
    """Return a short name; the ids of the tour are 1, 2, 3."""
    return f"web {instance_id.int}"
