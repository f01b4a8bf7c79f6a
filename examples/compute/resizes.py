"""Another size for an instance: made, then confirmed or reverted."""

from uuid import UUID

from demo.compute.v2 import (
    Flavor,
    HostStatus,
    Instance,
    InstanceState,
    InvalidState,
    Migration,
    MigrationKind,
    MigrationStatus,
    PlacementRequest,
)
from examples.compute.cloud import Cloud, host_of
from examples.compute.instances import start
from examples.compute.moves import begin
from examples.compute.resources import minus, plus, shortage
from examples.compute.room import check_quota, choose, free


def resize(cloud: Cloud, instance_id: UUID, flavor: Flavor) -> Migration:
    """Give an instance another size. Raises what `Compute.resize_instance` declares."""
    instance = cloud.require(instance_id, (InstanceState.active, InstanceState.stopped))
    destination = host_of(instance)
    old = instance.flavor.resources
    check_quota(cloud, instance.project, minus(flavor.resources, old))
    lack = shortage(flavor.resources, plus(free(cloud, destination), old))
    if lack is not None or cloud.hosts[destination].status is HostStatus.down:
        wanted = PlacementRequest(resources=flavor.resources)
        own = {destination: str(lack or "down")}
        destination = choose(cloud, wanted, refused=own)[0].host
    migration = begin(cloud, instance, MigrationKind.resize, destination, flavor)
    moved = cloud.change(instance, {"flavor": flavor, "host": destination})
    start(cloud, moved)
    ended = cloud.end(migration, MigrationStatus.finished)
    cloud.move(instance_id, InstanceState.resized)
    return ended


def confirm(cloud: Cloud, migration_id: UUID) -> Migration:
    """Accept a new size. Raises NotFound, InvalidState."""
    migration = cloud.migration(migration_id)
    if migration.status is MigrationStatus.confirmed:
        return migration
    _check_waiting(cloud, migration)
    ended = cloud.end(migration, MigrationStatus.confirmed)
    cloud.move(migration.instance_id, InstanceState.active)
    return ended


def revert(cloud: Cloud, migration_id: UUID) -> Migration:
    """Go back to the old size and place. Raises NotFound, InvalidState."""
    migration = cloud.migration(migration_id)
    if migration.status is MigrationStatus.reverted:
        return migration
    instance = _check_waiting(cloud, migration)
    before = {"flavor": migration.old_flavor, "host": migration.source}
    start(cloud, cloud.change(instance, before))
    ended = cloud.end(migration, MigrationStatus.reverted)
    cloud.move(instance.id, InstanceState.active)
    return ended


def _check_waiting(cloud: Cloud, migration: Migration) -> Instance:
    """Return the instance of a resize that waits for a decision. Raises NotFound, InvalidState."""
    instance = cloud.instance(migration.instance_id)
    is_waiting = migration.status is MigrationStatus.finished
    if migration.kind is not MigrationKind.resize or not is_waiting:
        raise InvalidState(
            instance_id=instance.id, state=instance.state, allowed=[InstanceState.resized]
        )
    return instance
