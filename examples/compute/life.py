"""`Compute`: the life of an instance."""

import datetime as dt
from uuid import UUID

from demo.compute.v2 import (
    BootSource,
    BootSourceImage,
    BuildRequest,
    ClaimExpired,
    ComputeServer,
    Instance,
    InstanceState,
    PlacementRequest,
    RebootKind,
    Snapshot,
)
from examples.compute.cloud import host_of
from examples.compute.disks import COPYABLE, boot_name, check_boot, copy_disk, with_boot_disk
from examples.compute.instances import accept_resize, delete, make, start
from examples.compute.room import answering, check_quota, choose, need
from examples.compute.turns import OnCloud, nobody_waits, turn
from rpcgen_runtime import Context

State = InstanceState
RUNNING = (State.active, State.resized, State.rescued)


class Life(OnCloud, ComputeServer):
    """How instances are made, switched on and off, kept, repaired and deleted."""

    @turn
    def build_instance(
        self, ctx: Context, request: BuildRequest, host: str, claim_id: UUID | None
    ) -> Instance:
        claim = self.cloud.claims.get(claim_id) if claim_id else None
        if claim_id is not None and (claim is None or claim.host != host):
            raise ClaimExpired(claim_id=claim_id)
        check_boot(self.cloud, request.boot)
        check_quota(self.cloud, request.project, request.flavor.resources)
        need(self.cloud, host, request.flavor.resources, claim)
        if claim is not None:
            del self.cloud.claims[claim.id]
        return make(self.cloud, request, host)

    @turn
    def start_instance(self, ctx: Context, instance_id: UUID) -> None:
        instance = self.cloud.require(instance_id, (State.stopped, *RUNNING))
        if instance.state is State.stopped:
            self._run(instance)

    @turn
    def stop_instance(self, ctx: Context, instance_id: UUID, patience: dt.timedelta) -> None:
        instance = self.cloud.require(instance_id, (State.active, State.error, State.stopped))
        if instance.state is not State.stopped:
            told = f"given {patience.total_seconds():g} s to shut down"
            self.cloud.move(instance_id, State.stopped, reason=told)

    @turn
    def reboot_instance(self, ctx: Context, instance_id: UUID, kind: RebootKind) -> None:
        by_force = (State.paused, State.suspended, State.stopped, State.error)
        allowed = RUNNING if kind is RebootKind.soft else (*RUNNING, *by_force)
        with nobody_waits():
            instance = self.cloud.require(instance_id, allowed)
            if instance.state in RUNNING:
                start(self.cloud, instance)
            else:
                self._run(instance)

    @turn
    def pause_instance(self, ctx: Context, instance_id: UUID) -> None:
        self.cloud.move(instance_id, State.paused, [State.active])

    @turn
    def unpause_instance(self, ctx: Context, instance_id: UUID) -> None:
        self.cloud.move(instance_id, State.active, [State.paused])

    @turn
    def suspend_instance(self, ctx: Context, instance_id: UUID) -> None:
        self.cloud.move(instance_id, State.suspended, [State.active])

    @turn
    def resume_instance(self, ctx: Context, instance_id: UUID) -> None:
        instance = self.cloud.require(instance_id, [State.suspended, State.active])
        if instance.state is State.suspended:
            answering(self.cloud, host_of(instance))
            self.cloud.move(instance_id, State.active)

    @turn
    def shelve_instance(self, ctx: Context, instance_id: UUID) -> Snapshot:
        instance = self.cloud.require(instance_id, COPYABLE)
        snapshot = copy_disk(self.cloud, instance, f"{instance.name[:55]}-shelved")
        self.cloud.move(instance_id, State.shelved, update={"host": None})
        return snapshot

    @turn
    def unshelve_instance(self, ctx: Context, instance_id: UUID, host: str | None) -> Instance:
        instance = self.cloud.require(instance_id, [State.shelved])
        wanted = instance.flavor.resources
        if host is None:
            host = choose(self.cloud, PlacementRequest(resources=wanted))[0].host
        else:
            need(self.cloud, host, wanted)
        start(self.cloud, self.cloud.change(instance, {"host": host}))
        return self.cloud.move(instance_id, State.active)

    @turn
    def rescue_instance(self, ctx: Context, instance_id: UUID, image_id: UUID | None) -> None:
        instance = self.cloud.require(instance_id, [State.active, State.stopped])
        source = boot_name(BootSourceImage(image_id=image_id) if image_id else instance.boot)
        self.cloud.boot(instance_id, source)
        self.cloud.move(instance_id, State.rescued, reason=f"from {source}")

    @turn
    def unrescue_instance(self, ctx: Context, instance_id: UUID) -> None:
        instance = self.cloud.require(instance_id, [State.rescued, State.active])
        if instance.state is State.rescued:
            self._run(instance)

    @turn
    def rebuild_instance(
        self, ctx: Context, instance_id: UUID, boot: BootSource, metadata: dict[str, str] | None
    ) -> Instance:
        allowed = [State.active, State.stopped, State.rescued, State.error]
        instance = self.cloud.require(instance_id, allowed)
        check_boot(self.cloud, boot, own=instance_id)
        fresh = {
            "boot": boot,
            "volumes": with_boot_disk(self.cloud, instance.volumes, boot),
            "metadata": instance.metadata if metadata is None else metadata,
        }
        start(self.cloud, self.cloud.move(instance_id, State.building, update=fresh))
        return self.cloud.move(instance_id, State.active)

    @turn
    def snapshot_instance(self, ctx: Context, instance_id: UUID, name: str) -> Snapshot:
        return copy_disk(self.cloud, self.cloud.require(instance_id, COPYABLE), name)

    @turn
    def terminate_instance(self, ctx: Context, instance_id: UUID) -> None:
        instance = self.cloud.instances.get(instance_id)
        if instance is not None:
            delete(self.cloud, instance)

    @turn
    def soft_delete_instance(self, ctx: Context, instance_id: UUID, keep_for: dt.timedelta) -> None:
        instance = self.cloud.instance(instance_id)
        if instance.state is State.soft_deleted:
            return
        accept_resize(self.cloud, instance)
        until = self.cloud.now() + keep_for
        self.cloud.move(instance_id, State.soft_deleted, update={"delete_at": until})

    @turn
    def restore_instance(self, ctx: Context, instance_id: UUID) -> Instance:
        instance = self.cloud.instance(instance_id)
        if instance.state is not State.soft_deleted:
            return instance
        # A shelved instance has no host to be switched off on.
        back = State.stopped if instance.host is not None else State.shelved
        return self.cloud.move(instance_id, back, update={"delete_at": None})

    @turn
    def change_instance_metadata(
        self, ctx: Context, instance_id: UUID, diff: dict[str, str | None]
    ) -> dict[str, str]:
        instance = self.cloud.instance(instance_id)
        after = {**instance.metadata, **diff}
        metadata = {name: text for name, text in after.items() if text is not None}
        return self.cloud.change(instance, {"metadata": metadata}).metadata

    def _run(self, instance: Instance) -> None:
        """Boot an instance that does not run. Raises HostUnavailable."""
        answering(self.cloud, host_of(instance))
        start(self.cloud, instance)
        self.cloud.move(instance.id, State.active)
