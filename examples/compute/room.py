"""What fits where: the room that is taken, the host that is best, what a project may use."""

from collections.abc import Mapping

from demo.common.v1 import Project
from demo.compute.v2 import (
    Claim,
    Host,
    HostStatus,
    HostUnavailable,
    Migration,
    MigrationKind,
    MigrationStatus,
    NoRoom,
    NoValidHost,
    Placement,
    PlacementRequest,
    QuotaExceeded,
    Resources,
    Selection,
)
from examples.compute import seed
from examples.compute.cloud import Cloud, status_of
from examples.compute.resources import amount, larger, minus, nothing, plus, shortage, total

NOBODY: Mapping[str, str] = {}


def used(cloud: Cloud, host: str) -> Resources:
    """Return the room that is taken on a host: by instances, by claims, by resizes that wait.

    Where the host itself said that more is taken, that counts.
    """
    ours = total(
        [
            *(it.flavor.resources for it in cloud.instances.values() if it.host == host),
            *(it.resources for it in cloud.claims.values() if it.host == host),
            *(_kept_for_revert(it) for it in waiting_resizes(cloud) if it.source == host),
        ]
    )
    return larger(ours, cloud.reported.get(host, nothing()))


def free(cloud: Cloud, host: str) -> Resources:
    """Return the room that is left on a host."""
    return minus(cloud.hosts[host].total, used(cloud, host))


def waiting_resizes(cloud: Cloud) -> list[Migration]:
    """Return the resizes that are neither confirmed nor reverted."""
    return [
        it
        for it in cloud.migrations.values()
        if it.kind is MigrationKind.resize and it.status is MigrationStatus.finished
    ]


def need(cloud: Cloud, name: str, wanted: Resources, claim: Claim | None = None) -> Host:
    """Return a host that takes instances and has room, that of `claim` included.

    Raises NotFound, HostUnavailable, NoRoom.
    """
    host = taking(cloud, name)
    available = free(cloud, name)
    if claim is not None:
        available = plus(available, claim.resources)
    lack = shortage(wanted, available)
    if lack is not None:
        raise NoRoom(host=name, resource=lack.resource, wanted=lack.wanted, free=lack.free)
    return host


def taking(cloud: Cloud, name: str) -> Host:
    """Return a host that takes new instances. Raises NotFound, HostUnavailable."""
    host = cloud.host(name)
    if host.status is not HostStatus.enabled:
        raise HostUnavailable(host=name, status=host.status)
    return host


def answering(cloud: Cloud, name: str) -> Host:
    """Return a host that answers, even if it takes no more. Raises NotFound, HostUnavailable."""
    host = cloud.host(name)
    if host.status in {HostStatus.down, HostStatus.maintenance}:
        raise HostUnavailable(host=name, status=host.status)
    return host


def choose(
    cloud: Cloud,
    request: PlacementRequest,
    count: int = 1,
    refused: Mapping[str, str] = NOBODY,
) -> list[Selection]:
    """Return the best host for each of `count` instances, as if each moved in at once.

    `refused` says why hosts are out of the question. Raises NoValidHost.
    """
    room = {name: free(cloud, name) for name in cloud.hosts}
    chosen: list[Selection] = []
    for _ in range(count):
        reasons: dict[str, str] = {}
        fitting: list[tuple[bool, float, str]] = []
        for name, host in sorted(cloud.hosts.items()):
            reason = refused.get(name) or _reason_against(cloud, host, request, room[name])
            if reason is not None:
                reasons[name] = reason
            else:
                fitting.append((_is_wished(host, request), _score(host, request, room[name]), name))
        if not fitting:
            raise NoValidHost(reasons=reasons)
        # Of equals, the first by name.
        _, score, best = max(fitting, key=lambda it: it[:2])
        chosen.append(Selection(host=best, score=score, free=room[best]))
        room[best] = minus(room[best], request.resources)
    return chosen


def used_by(cloud: Cloud, project: Project) -> Resources:
    """Return the room that a project's instances take."""
    return total(
        it.flavor.resources
        for it in cloud.instances.values()
        if it.project.id == project.id and it.host is not None
    )


def limit_of(cloud: Cloud, project: Project) -> Resources:
    """Return how much a project may use; a disabled one gets nothing."""
    if not project.enabled:
        return nothing()
    return cloud.quotas.get(project.id) or seed.quota()


def check_quota(cloud: Cloud, project: Project, more: Resources) -> None:
    """Raise QuotaExceeded where a project may not use `more` than it does."""
    limit = limit_of(cloud, project)
    before = used_by(cloud, project)
    lack = shortage(more, minus(limit, before))
    if lack is not None:
        raise QuotaExceeded(
            resource=lack.resource,
            limit=amount(limit, lack.resource),
            used=amount(before, lack.resource),
            wanted=lack.wanted,
        )


def _kept_for_revert(resize: Migration) -> Resources:
    """Return the room that a resize keeps at its old place."""
    assert resize.old_flavor is not None
    assert resize.new_flavor is not None
    old, new = resize.old_flavor.resources, resize.new_flavor.resources
    return old if resize.destination != resize.source else minus(old, new)


def _reason_against(
    cloud: Cloud, host: Host, request: PlacementRequest, room: Resources
) -> str | None:
    if host.name in request.exclude:
        return "excluded"
    if request.zone is not None and host.zone != request.zone:
        return f"in zone {host.zone}"
    if host.status is not HostStatus.enabled:
        told = cloud.reasons.get(host.name)
        return status_of(host).name + (f": {told}" if told else "")
    lack = shortage(request.resources, room)
    return None if lack is None else str(lack)


def _score(host: Host, request: PlacementRequest, room: Resources) -> float:
    if request.placement is Placement.pack:
        return -room.memory_mb / max(host.total.memory_mb, 1)
    return float(room.memory_mb)


def _is_wished(host: Host, request: PlacementRequest) -> bool:
    """Whether a host meets the one hint that we understand: `cached_image`, an image's id."""
    wished = request.hints.get("cached_image")
    return wished is not None and wished in {str(it) for it in host.cached_images}
