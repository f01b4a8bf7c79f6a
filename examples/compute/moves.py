"""Instances on their way to another host: live migration, evacuation."""

import datetime as dt
from uuid import UUID

from demo.compute.v2 import (
    BootSourceVolume,
    Fault,
    Flavor,
    Host,
    HostAlive,
    HostStatus,
    Instance,
    InstanceState,
    LiveMigrationCheck,
    Migration,
    MigrationKind,
    MigrationRefused,
    MigrationStatus,
    NoValidHost,
    PlacementRequest,
)
from examples.compute.cloud import Cloud, host_of
from examples.compute.instances import accept_resize, start
from examples.compute.resources import shortage
from examples.compute.room import answering, choose, free, taking

MOVABLE = (InstanceState.active, InstanceState.paused)
"""States in which an instance can change its host while it runs."""


def compare(
    cloud: Cloud, instance: Instance, destination: Host, *, copy_disk: bool
) -> LiveMigrationCheck:
    """Return whether an instance could run on; hosts of one zone share their disks."""
    if instance.host is None or instance.host == destination.name:
        return LiveMigrationCheck(possible=False)
    source = cloud.hosts[instance.host]
    there = destination.cpu.features if destination.cpu else []
    missing = [it for it in (source.cpu.features if source.cpu else []) if it not in there]
    has_own_disk = not isinstance(instance.boot, BootSourceVolume)
    copies = has_own_disk and copy_disk
    reaches_disk = copies or not has_own_disk or source.zone == destination.zone
    return LiveMigrationCheck(
        possible=not missing and reaches_disk, copies_disk=copies, missing_features=missing
    )


def estimated(instance: Instance, check: LiveMigrationCheck) -> LiveMigrationCheck:
    """Return what the source adds: how long memory and disk take at 10 Gbit/s."""
    room = instance.flavor.resources
    megabytes = room.memory_mb + (room.disk_gb * 1024 if check.copies_disk else 0)
    return check.model_copy(update={"estimate": dt.timedelta(seconds=megabytes // 1200 + 1)})


def migrate(
    cloud: Cloud, instance_id: UUID, destination: str | None, *, copy_disk: bool
) -> Migration:
    """Move an instance while it runs. Raises what `Conductor.live_migrate_instance` declares."""
    instance = cloud.require(instance_id, MOVABLE)
    answering(cloud, host_of(instance))
    if destination is None:
        destination = _best_destination(cloud, instance, copy_disk=copy_disk)
    else:
        _check_destination(cloud, instance, destination, copy_disk=copy_disk)
    migration = begin(cloud, instance, MigrationKind.live_migration, destination)
    cloud.change(instance, {"host": destination})
    cloud.write(instance_id, f"moved from {migration.source} to {destination}")
    return cloud.end(migration, MigrationStatus.finished)


def begin(
    cloud: Cloud,
    instance: Instance,
    kind: MigrationKind,
    destination: str,
    new_flavor: Flavor | None = None,
) -> Migration:
    """Return a move that has begun."""
    return cloud.keep(
        Migration(
            id=cloud.new_id(),
            instance_id=instance.id,
            kind=kind,
            status=MigrationStatus.running,
            source=host_of(instance),
            destination=destination,
            old_flavor=None if new_flavor is None else instance.flavor,
            new_flavor=new_flavor,
            started_at=cloud.now(),
        )
    )


def evacuate(cloud: Cloud, name: str) -> list[Migration]:
    """Start the instances of a lost host on others. Raises NotFound, HostAlive."""
    host = cloud.host(name)
    if host.status is not HostStatus.down:
        raise HostAlive(host=name, status=host.status)
    lost = [
        it
        for _, it in sorted(cloud.instances.items())
        if it.host == name and it.state is not InstanceState.soft_deleted
    ]
    return [_evacuate_one(cloud, it) for it in lost]


def _check_destination(
    cloud: Cloud, instance: Instance, destination: str, *, copy_disk: bool
) -> None:
    host = taking(cloud, destination)
    lack = shortage(instance.flavor.resources, free(cloud, destination))
    if lack is not None:
        raise NoValidHost(reasons={destination: str(lack)})
    check = compare(cloud, instance, host, copy_disk=copy_disk)
    if not check.possible:
        raise MigrationRefused(destination=destination, check=check)


def _best_destination(cloud: Cloud, instance: Instance, *, copy_disk: bool) -> str:
    refused: dict[str, str] = {}
    for name, host in cloud.hosts.items():
        check = compare(cloud, instance, host, copy_disk=copy_disk)
        if name == instance.host:
            refused[name] = "it is there already"
        elif not check.possible:
            lacks = ", ".join(check.missing_features)
            refused[name] = f"its processor lacks {lacks}" if lacks else "its disk is out of reach"
    wanted = PlacementRequest(resources=instance.flavor.resources)
    return choose(cloud, wanted, refused=refused)[0].host


def _evacuate_one(cloud: Cloud, instance: Instance) -> Migration:
    accept_resize(cloud, instance)
    try:
        wanted = PlacementRequest(resources=instance.flavor.resources)
        destination = choose(cloud, wanted)[0].host
    except NoValidHost as error:
        migration = begin(cloud, instance, MigrationKind.evacuation, host_of(instance))
        reason = "it fits on no other host"
        fault = Fault(reason=reason, at=cloud.now(), details={**error.reasons})
        cloud.move(instance.id, InstanceState.error, reason=reason, update={"fault": fault})
        return cloud.end(migration, MigrationStatus.failed, reason)
    migration = begin(cloud, instance, MigrationKind.evacuation, destination)
    moved = cloud.change(instance, {"host": destination})
    if instance.state is not InstanceState.stopped:
        start(cloud, moved)
        cloud.move(instance.id, InstanceState.active, reason=f"{instance.host} is lost")
    return cloud.end(migration, MigrationStatus.finished)
