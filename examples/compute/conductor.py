"""`Conductor`: chooses hosts, keeps room, leads what takes several hosts."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from demo.common.v1 import NotFound, Page, Project
from demo.compute.v2 import (
    BuildRequest,
    Claim,
    ConductorServer,
    Host,
    Instance,
    Migration,
    MigrationStatus,
    Placement,
    PlacementRequest,
    Resources,
    Selection,
    Usage,
)
from examples.compute.cloud import status_of, tell
from examples.compute.disks import check_boot
from examples.compute.instances import make
from examples.compute.moves import evacuate, migrate
from examples.compute.resources import total
from examples.compute.room import check_quota, choose, limit_of, need, used_by
from examples.compute.turns import OnCloud, log, turn
from rpcgen_runtime import Context


class Conductor(OnCloud, ConductorServer):
    """Chooses hosts and leads what takes several of them."""

    service: ClassVar[str] = "Conductor"

    @turn
    def select_destinations(
        self, ctx: Context, request: PlacementRequest, count: int
    ) -> list[Selection]:
        return choose(self.cloud, request, count)

    @turn
    def claim_resources(
        self, ctx: Context, host: str, resources: Resources, valid_for: dt.timedelta
    ) -> Claim:
        need(self.cloud, host, resources)
        until = self.cloud.now() + valid_for
        claim = Claim(id=self.cloud.new_id(), host=host, resources=resources, expires_at=until)
        self.cloud.claims[claim.id] = claim
        return claim

    @turn
    def release_claim(self, ctx: Context, claim_id: UUID) -> None:
        self.cloud.claims.pop(claim_id, None)

    @turn
    def list_claims(self, ctx: Context, host: str | None) -> list[Claim]:
        found = [it for it in self.cloud.claims.values() if host is None or it.host == host]
        return sorted(found, key=lambda it: it.expires_at)

    @turn
    def build_instances(
        self,
        ctx: Context,
        request: BuildRequest,
        count: int,
        placement: Placement,
        zone: str | None,
    ) -> list[Instance]:
        """All or nothing: what can go wrong is found before the first one is made."""
        one = request.flavor.resources
        check_boot(self.cloud, request.boot, count)
        check_quota(self.cloud, request.project, total([one] * count))
        wanted = PlacementRequest(resources=one, zone=zone, placement=placement)
        return [make(self.cloud, request, it.host) for it in choose(self.cloud, wanted, count)]

    @turn
    def live_migrate_instance(
        self, ctx: Context, instance_id: UUID, destination: str | None, copy_disk: bool
    ) -> Migration:
        return migrate(self.cloud, instance_id, destination, copy_disk=copy_disk)

    @turn
    def evacuate_host(self, ctx: Context, host: str) -> list[Migration]:
        return evacuate(self.cloud, host)

    @turn
    def get_migration(self, ctx: Context, migration_id: UUID) -> Migration:
        return self.cloud.migration(migration_id)

    @turn
    def list_migrations(
        self,
        ctx: Context,
        instance_id: UUID | None,
        status: MigrationStatus | None,
        page: Page | None,
    ) -> list[Migration]:
        page = page or Page()
        newest_first = reversed(self.cloud.migrations.values())
        found = [
            it
            for it in _behind(newest_first, page.after)
            if (instance_id is None or it.instance_id == instance_id)
            and (status is None or it.status is status)
        ]
        return found[: page.limit]

    @turn
    def report_host(self, ctx: Context, host: Host) -> None:
        before = self.cloud.hosts.get(host.name)
        self.cloud.hosts[host.name] = host
        self.cloud.reported[host.name] = host.used
        if before is None or before.status is not host.status:
            now, status = self.cloud.now(), status_of(host)
            tell(
                self.cloud.compute_events,
                lambda it: it.host_status_changed(host.name, status, now),
            )

    @turn
    def cache_images(self, ctx: Context, image_ids: list[UUID], hosts: list[str]) -> None:
        for name in hosts or list(self.cloud.hosts):
            host = self.cloud.hosts.get(name)
            if host is None:
                log.warning("not done: there is no host `%s` to cache images", name)
                continue
            images = list(dict.fromkeys([*host.cached_images, *image_ids]))
            self.cloud.hosts[name] = host.model_copy(update={"cached_images": images})

    @turn
    def get_usage(self, ctx: Context, project_id: UUID) -> Usage:
        project = self._project(project_id)
        theirs = [it for it in self.cloud.instances.values() if it.project.id == project_id]
        return Usage(
            project=project,
            instances=len(theirs),
            used=used_by(self.cloud, project),
            limit=limit_of(self.cloud, project),
            price_per_hour=sum((it.flavor.price_per_hour for it in theirs), start=Decimal(0)),
        )

    @turn
    def set_quota(self, ctx: Context, project_id: UUID, limit: Resources) -> None:
        self.cloud.quotas[self._project(project_id).id] = limit

    @turn
    def get_counters(self, ctx: Context) -> dict[str, int]:
        return dict(self.cloud.counters)

    @turn
    def refresh_host_cache(self, ctx: Context, host: str | None) -> None:
        for name in [host] if host is not None else list(self.cloud.reported):
            self.cloud.reported.pop(name, None)

    def _project(self, project_id: UUID) -> Project:
        """Return a project that has had an instance. Raises NotFound."""
        project = self.cloud.projects.get(project_id)
        if project is None:
            raise NotFound(kind="project", key=str(project_id))
        return project


def _behind(migrations: Iterable[Migration], after: UUID | None) -> list[Migration]:
    """Return the moves that follow `after`; all of them where it is None."""
    found = list(migrations)
    ids = [it.id for it in found]
    if after is None:
        return found
    return found[ids.index(after) + 1 :] if after in ids else []
