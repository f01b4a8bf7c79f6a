"""How instances come and go, whoever asks for it."""

from demo.compute.v2 import (
    BootSourceImage,
    BootSourceVolume,
    BuildRequest,
    Claim,
    Instance,
    InstanceState,
    MigrationStatus,
)
from examples.compute.cards import new_card
from examples.compute.cloud import Cloud, tell
from examples.compute.disks import boot_name, with_boot_disk
from examples.compute.room import waiting_resizes


def make(cloud: Cloud, request: BuildRequest, host: str) -> Instance:
    """Make an instance on a host that has room, and return it once it runs."""
    instance = Instance(
        id=cloud.new_id(),
        name=request.name,
        project=request.project,
        flavor=request.flavor,
        boot=request.boot,
        state=InstanceState.building,
        host=host,
        volumes=with_boot_disk(cloud, {}, request.boot),
        metadata=request.metadata,
        created_at=cloud.now(),
        tags=request.tags,
    )
    cloud.projects[request.project.id] = request.project
    cloud.instances[instance.id] = instance
    for network_id in request.networks:
        # One after the other, so that each finds the addresses of those before.
        instance = cloud.change(
            instance, {"interfaces": [*instance.interfaces, new_card(cloud, network_id)]}
        )
    made = instance
    tell(cloud.compute_events, lambda it: it.instance_created(made))
    if request.user_data is not None:
        cloud.write(instance.id, f"user data: {len(request.user_data)} bytes")
    start(cloud, instance)
    return cloud.move(instance.id, InstanceState.active)


def start(cloud: Cloud, instance: Instance) -> None:
    """Let an instance boot; its host has the image from then on."""
    cloud.boot(instance.id, boot_name(instance.boot))
    if isinstance(instance.boot, BootSourceImage) and instance.host is not None:
        host = cloud.hosts[instance.host]
        if instance.boot.image_id not in host.cached_images:
            images = [*host.cached_images, instance.boot.image_id]
            cloud.hosts[host.name] = host.model_copy(update={"cached_images": images})


def delete(cloud: Cloud, instance: Instance) -> None:
    """Delete an instance for good, with the volume that was to go with it."""
    accept_resize(cloud, instance)
    boot = instance.boot
    if isinstance(boot, BootSourceVolume) and boot.delete_with_instance:
        cloud.deleted_volumes.add(boot.volume_id)
    del cloud.instances[instance.id], cloud.consoles[instance.id], cloud.started_at[instance.id]
    tell(cloud.compute_events, lambda it: it.instance_deleted(instance.id, cloud.now()))


def accept_resize(cloud: Cloud, instance: Instance) -> None:
    """Give up the old place of a resize that waits, because the instance goes elsewhere."""
    for resize in waiting_resizes(cloud):
        if resize.instance_id == instance.id:
            cloud.end(resize, MigrationStatus.confirmed)


def expire(cloud: Cloud) -> None:
    """Give up what is over: claims that nobody used, instances that were kept for a while."""
    now = cloud.now()
    for claim in [it for it in cloud.claims.values() if it.expires_at <= now]:
        _expire_claim(cloud, claim)
    for instance in list(cloud.instances.values()):
        if instance.delete_at is not None and instance.delete_at <= now:
            delete(cloud, instance)


def _expire_claim(cloud: Cloud, claim: Claim) -> None:
    del cloud.claims[claim.id]
    tell(cloud.conductor_events, lambda it: it.claim_expired(claim))
