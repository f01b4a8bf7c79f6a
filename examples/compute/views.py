"""`Compute`: what can be seen of instances."""

import datetime as dt
from uuid import UUID

from pydantic import JsonValue

from demo.common.v1 import Page
from demo.compute.v2 import (
    ComputeServer,
    Console,
    ConsoleKind,
    Diagnostics,
    DiskUsage,
    Instance,
    InstanceState,
)
from examples.compute.disks import BOOT_DEVICE
from examples.compute.turns import OnCloud, turn
from rpcgen_runtime import Context

State = InstanceState
VISIBLE = (State.active, State.paused, State.rescued, State.resized)
"""States in which there is something to see."""
CONSOLE_TIME = dt.timedelta(minutes=10)


class Views(OnCloud, ComputeServer):
    """What instances are, show and measure."""

    @turn
    def get_instance(self, ctx: Context, instance_id: UUID) -> Instance:
        return self.cloud.instance(instance_id)

    @turn
    def list_instances(
        self,
        ctx: Context,
        host: str | None,
        project_id: UUID | None,
        states: list[InstanceState],
        page: Page | None,
        tags: list[str],
    ) -> list[Instance]:
        page = page or Page()
        found = [
            it
            for id_, it in sorted(self.cloud.instances.items())
            if (host is None or it.host == host)
            and (project_id is None or it.project.id == project_id)
            and (not states or it.state in states)
            and set(tags) <= set(it.tags)
            and (page.after is None or id_ > page.after)
        ]
        return found[: page.limit]

    @turn
    def get_console_output(self, ctx: Context, instance_id: UUID, max_bytes: int) -> bytes:
        self.cloud.instance(instance_id)
        return bytes(self.cloud.consoles[instance_id][-max_bytes:])

    @turn
    def get_console(self, ctx: Context, instance_id: UUID, kind: ConsoleKind) -> Console:
        instance = self.cloud.require(instance_id, VISIBLE)
        url = f"wss://{instance.host}.example/{kind.value}/{self.cloud.new_id()}"
        return Console(kind=kind, url=url, valid_for=CONSOLE_TIME)

    @turn
    def get_diagnostics(self, ctx: Context, instance_id: UUID) -> JsonValue:
        found = self._diagnostics(instance_id)
        return {
            "uptime": found.uptime.total_seconds(),
            "cpu_time": [it.total_seconds() for it in found.cpu_times],
            **{f"{device}_read": it.read_bytes for device, it in found.disks.items()},
        }

    @turn
    def get_instance_diagnostics(self, ctx: Context, instance_id: UUID) -> Diagnostics:
        return self._diagnostics(instance_id)

    def _diagnostics(self, instance_id: UUID) -> Diagnostics:
        """Return made-up measures that grow with time: a processor works a tenth of it."""
        instance = self.cloud.require(instance_id, VISIBLE)
        uptime = self.cloud.now() - self.cloud.started_at[instance_id]
        usage = DiskUsage(
            read_bytes=int(uptime.total_seconds()) * 4096,
            written_bytes=len(self.cloud.consoles[instance_id]),
        )
        return Diagnostics(
            state=instance.state,
            uptime=uptime,
            cpu_times=[uptime / 10] * instance.flavor.resources.vcpus,
            disks=dict.fromkeys(sorted({BOOT_DEVICE, *instance.volumes}), usage),
        )
