"""`Compute`: volumes and network cards."""

from uuid import UUID

from demo.common.v1 import NotFound
from demo.compute.v2 import (
    ComputeServer,
    InstanceState,
    Interface,
    VolumeAttachment,
)
from examples.compute.cards import new_card
from examples.compute.disks import attach, check_volume, detach
from examples.compute.turns import OnCloud, nobody_waits, turn
from rpcgen_runtime import Context

State = InstanceState
PLUGGABLE = (State.active, State.paused, State.stopped)
"""States in which an instance takes volumes and cards."""


class Devices(OnCloud, ComputeServer):
    """What instances are given and what is taken away from them."""

    @turn
    def attach_volume(
        self, ctx: Context, instance_id: UUID, volume_id: UUID, device: str | None, read_only: bool
    ) -> VolumeAttachment:
        instance = self.cloud.require(instance_id, PLUGGABLE)
        return attach(self.cloud, instance, volume_id, device, read_only=read_only)

    @turn
    def detach_volume(self, ctx: Context, instance_id: UUID, volume_id: UUID) -> None:
        with nobody_waits():
            detach(self.cloud, self.cloud.require(instance_id, PLUGGABLE), volume_id)

    @turn
    def swap_volume(
        self, ctx: Context, instance_id: UUID, old_volume_id: UUID, new_volume_id: UUID
    ) -> VolumeAttachment:
        instance = self.cloud.require(instance_id, [State.active])
        check_volume(self.cloud, new_volume_id)
        old = detach(self.cloud, instance, old_volume_id)
        left = self.cloud.instance(instance_id)
        return attach(self.cloud, left, new_volume_id, old.device, read_only=old.read_only)

    @turn
    def attach_interface(
        self, ctx: Context, instance_id: UUID, network_id: UUID, address: str | None
    ) -> Interface:
        instance = self.cloud.require(instance_id, PLUGGABLE)
        card = new_card(self.cloud, network_id, address)
        self.cloud.change(instance, {"interfaces": [*instance.interfaces, card]})
        return card

    @turn
    def detach_interface(self, ctx: Context, instance_id: UUID, port_id: UUID) -> None:
        with nobody_waits():
            instance = self.cloud.require(instance_id, PLUGGABLE)
            left = [it for it in instance.interfaces if it.port_id != port_id]
            if len(left) == len(instance.interfaces):
                raise NotFound(kind="port", key=str(port_id))
            self.cloud.change(instance, {"interfaces": left})
