"""`Compute`: other sizes, other hosts, and the hosts themselves."""

import datetime as dt
from collections import Counter
from uuid import UUID

from demo.compute.v2 import (
    ComputeServer,
    Flavor,
    Host,
    HostReport,
    HostStatus,
    LiveMigrationCheck,
    Migration,
    MigrationKind,
    MigrationStatus,
)
from examples.compute.cloud import Cloud, status_of, tell
from examples.compute.moves import MOVABLE, begin, compare, estimated, migrate
from examples.compute.resizes import confirm, resize, revert
from examples.compute.resources import shortage
from examples.compute.room import answering, free, used
from examples.compute.turns import OnCloud, nobody_waits, turn
from rpcgen_runtime import Context, DeclaredError


class Hosts(OnCloud, ComputeServer):
    """Where instances are, and where they could be."""

    @turn
    def resize_instance(self, ctx: Context, instance_id: UUID, flavor: Flavor) -> Migration:
        return resize(self.cloud, instance_id, flavor)

    @turn
    def confirm_resize(self, ctx: Context, migration_id: UUID) -> Migration:
        return confirm(self.cloud, migration_id)

    @turn
    def confirm_resize_later(self, ctx: Context, migration_id: UUID) -> None:
        with nobody_waits():
            confirm(self.cloud, migration_id)

    @turn
    def revert_resize(self, ctx: Context, migration_id: UUID) -> Migration:
        return revert(self.cloud, migration_id)

    @turn
    def check_can_live_migrate_destination(
        self, ctx: Context, instance_id: UUID, destination: str, copy_disk: bool
    ) -> LiveMigrationCheck:
        instance = self.cloud.instance(instance_id)
        host = answering(self.cloud, destination)
        check = compare(self.cloud, instance, host, copy_disk=copy_disk)
        lack = shortage(instance.flavor.resources, free(self.cloud, destination))
        return check.model_copy(update={"possible": check.possible and lack is None})

    @turn
    def check_can_live_migrate_source(
        self, ctx: Context, instance_id: UUID, destination_check: LiveMigrationCheck
    ) -> LiveMigrationCheck:
        return estimated(self.cloud.require(instance_id, MOVABLE), destination_check)

    @turn
    def live_migration(
        self, ctx: Context, instance_id: UUID, destination: str, copy_disk: bool
    ) -> None:
        with nobody_waits():
            try:
                migrate(self.cloud, instance_id, destination, copy_disk=copy_disk)
            except DeclaredError as error:
                _note_failure(self.cloud, instance_id, destination, str(error))
                raise

    @turn
    def list_hosts(self, ctx: Context, zone: str | None) -> list[Host]:
        hosts = [it for _, it in sorted(self.cloud.hosts.items())]
        return [self._seen(it) for it in hosts if zone is None or it.zone == zone]

    @turn
    def get_host(self, ctx: Context, host: str) -> HostReport:
        found = self.cloud.host(host)
        states = Counter(it.state for it in self.cloud.instances.values() if it.host == host)
        claims = [it for it in self.cloud.claims.values() if it.host == host]
        return HostReport(host=self._seen(found), instances=dict(states), claims=claims)

    @turn
    def get_host_uptime(self, ctx: Context, host: str) -> dt.timedelta:
        return self.cloud.now() - answering(self.cloud, host).booted_at

    @turn
    def set_host_status(
        self, ctx: Context, host: str, status: HostStatus, reason: str | None
    ) -> HostStatus:
        before = self.cloud.host(host)
        self.cloud.hosts[host] = before.model_copy(update={"status": status})
        self.cloud.reasons.pop(host, None)
        if reason is not None:
            self.cloud.reasons[host] = reason
        if before.status is not status:
            now = self.cloud.now()
            tell(self.cloud.compute_events, lambda it: it.host_status_changed(host, status, now))
        return status_of(before)

    @turn
    def refresh_security_rules(self, ctx: Context, group_id: UUID) -> None:
        self.cloud.rules_read_at[group_id] = self.cloud.now()

    @turn
    def drop_cached_images(self, ctx: Context, image_ids: list[UUID] | None) -> None:
        for name, host in self.cloud.hosts.items():
            kept = [
                it for it in host.cached_images if image_ids is not None and it not in image_ids
            ]
            self.cloud.hosts[name] = host.model_copy(update={"cached_images": kept})

    def _seen(self, host: Host) -> Host:
        """Return a host with the room that is taken on it now."""
        return host.model_copy(update={"used": used(self.cloud, host.name)})


def _note_failure(cloud: Cloud, instance_id: UUID, destination: str, reason: str) -> None:
    """Keep a move that did not come about, if there is something that could have moved."""
    instance = cloud.instances.get(instance_id)
    if instance is not None and instance.host is not None:
        migration = begin(cloud, instance, MigrationKind.live_migration, destination)
        cloud.end(migration, MigrationStatus.failed, reason)
