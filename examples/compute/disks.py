"""What instances have and boot from: images, volumes, snapshots."""

import hashlib
from string import ascii_lowercase
from uuid import UUID

from demo.common.v1 import NotFound
from demo.compute.v2 import (
    BootSource,
    BootSourceImage,
    BootSourceSnapshot,
    BootSourceVolume,
    DeviceInUse,
    Instance,
    InstanceState,
    Snapshot,
    TooManyVolumes,
    VolumeAttachment,
    VolumeInUse,
    max_volumes,
)
from examples.compute.cloud import Cloud, tell
from rpcgen_runtime import UnrecognizedVariant

BOOT_DEVICE = "/dev/vda"

COPYABLE = (
    InstanceState.active,
    InstanceState.paused,
    InstanceState.suspended,
    InstanceState.stopped,
)
"""States in which the disk can be copied."""


def holder(cloud: Cloud, volume_id: UUID) -> Instance | None:
    """Return the instance that has a volume."""
    for instance in cloud.instances.values():
        if any(it.volume_id == volume_id for it in instance.volumes.values()):
            return instance
    return None


def check_boot(
    cloud: Cloud, boot: BootSource | UnrecognizedVariant, count: int = 1, *, own: UUID | None = None
) -> None:
    """Raise NotFound where `count` instances cannot boot from this; `own` may have the volume."""
    if isinstance(boot, BootSourceSnapshot) and boot.snapshot_id not in cloud.snapshots:
        raise NotFound(kind="snapshot", key=str(boot.snapshot_id))
    if isinstance(boot, BootSourceVolume):
        found = holder(cloud, boot.volume_id)
        is_taken = count > 1 or (found is not None and found.id != own)
        if is_taken or boot.volume_id in cloud.deleted_volumes:
            raise NotFound(kind="volume that is free", key=str(boot.volume_id))


def boot_name(boot: BootSource | UnrecognizedVariant) -> str:
    """Return what people call a source."""
    match boot:
        case BootSourceImage():
            return f"image {boot.image_id}"
        case BootSourceVolume():
            return f"volume {boot.volume_id}"
        case BootSourceSnapshot():
            return f"snapshot {boot.snapshot_id}"
        case UnrecognizedVariant():
            return boot.type


def with_boot_disk(
    cloud: Cloud, volumes: dict[str, VolumeAttachment], boot: BootSource | UnrecognizedVariant
) -> dict[str, VolumeAttachment]:
    """Return the volumes of an instance once it boots from this."""
    boot_id = boot.volume_id if isinstance(boot, BootSourceVolume) else None
    others = {
        device: it
        for device, it in volumes.items()
        if device != BOOT_DEVICE and it.volume_id != boot_id
    }
    if boot_id is None:
        return others
    disk = VolumeAttachment(volume_id=boot_id, device=BOOT_DEVICE, attached_at=cloud.now())
    return {BOOT_DEVICE: disk, **others}


def attach(
    cloud: Cloud, instance: Instance, volume_id: UUID, device: str | None, *, read_only: bool
) -> VolumeAttachment:
    """Give a volume to an instance. Raises NotFound and what is wrong with volume or device."""
    check_volume(cloud, volume_id)
    if len(instance.volumes) >= max_volumes:
        raise TooManyVolumes(limit=max_volumes)
    # `/dev/vda` is the instance's own disk, even where that is no volume.
    taken = {BOOT_DEVICE, *instance.volumes}
    place = device or next(it for it in _devices() if it not in taken)
    if place in taken:
        raise DeviceInUse(device=place)
    attachment = VolumeAttachment(
        volume_id=volume_id, device=place, attached_at=cloud.now(), read_only=read_only
    )
    cloud.change(instance, {"volumes": {**instance.volumes, place: attachment}})
    tell(cloud.compute_events, lambda it: it.volume_attached(instance.id, attachment))
    return attachment


def detach(cloud: Cloud, instance: Instance, volume_id: UUID) -> VolumeAttachment:
    """Take a volume away from an instance. Raises NotFound; the disk it boots from stays."""
    for device, attachment in instance.volumes.items():
        if attachment.volume_id == volume_id and device != BOOT_DEVICE:
            left = {name: it for name, it in instance.volumes.items() if name != device}
            cloud.change(instance, {"volumes": left})
            tell(
                cloud.compute_events,
                lambda it: it.volume_detached(instance.id, volume_id, cloud.now()),
            )
            return attachment
    raise NotFound(kind="volume that can be detached", key=str(volume_id))


def check_volume(cloud: Cloud, volume_id: UUID) -> None:
    """Raise NotFound or VolumeInUse where a volume cannot be given to an instance."""
    if volume_id in cloud.deleted_volumes:
        raise NotFound(kind="volume", key=str(volume_id))
    has = holder(cloud, volume_id)
    if has is not None:
        raise VolumeInUse(volume_id=volume_id, instance_id=has.id)


def copy_disk(cloud: Cloud, instance: Instance, name: str) -> Snapshot:
    """Keep a copy of an instance's disk; what it wrote to its console stands for the content."""
    content = bytes(cloud.consoles[instance.id])
    snapshot = Snapshot(
        id=cloud.new_id(),
        instance_id=instance.id,
        name=name,
        size_gb=instance.flavor.resources.disk_gb,
        created_at=cloud.now(),
        checksum=hashlib.sha256(content).digest(),
    )
    cloud.snapshots[snapshot.id] = snapshot
    return snapshot


def _devices() -> list[str]:
    return [f"/dev/vd{letter}" for letter in ascii_lowercase]
