"""The state of the simulation: what there is, how it is found, how it changes and who hears of it.

`Compute` and `Conductor` share one `Cloud`. Its lock is held by `turn`; nothing here takes it.
"""

import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from uuid import UUID, uuid4

from demo.common.v1 import NotFound, Project
from demo.compute.v2 import (
    Claim,
    ComputeEvents,
    ConductorEvents,
    Host,
    HostStatus,
    Instance,
    InstanceState,
    InvalidState,
    Migration,
    MigrationStatus,
    Resources,
    Snapshot,
)
from examples.compute import seed
from rpcgen_runtime import RpcError

T = TypeVar("T")
E = TypeVar("E", ComputeEvents, ConductorEvents)

log = logging.getLogger("examples.compute")


def utc_now() -> dt.datetime:
    """Return the time of the real clock."""
    return dt.datetime.now(dt.UTC)


class Cloud:
    """Hosts, and what happens on them.

    `now` and `new_id` make times and ids. Without `compute_events` or `conductor_events`, nobody
    hears of what happens.
    """

    def __init__(
        self,
        *,
        compute_events: ComputeEvents | None = None,
        conductor_events: ConductorEvents | None = None,
        now: Callable[[], dt.datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self.lock = threading.Lock()
        self.now = now
        self.new_id = new_id
        self.compute_events = compute_events
        self.conductor_events = conductor_events
        self.hosts: dict[str, Host] = {it.name: it for it in seed.hosts(now())}
        self.reported: dict[str, Resources] = {}
        """The room that a host said is taken, until it is asked again."""
        self.reasons: dict[str, str] = {}
        """Why a host is not enabled, by its name."""
        self.instances: dict[UUID, Instance] = {}
        self.started_at: dict[UUID, dt.datetime] = {}
        """When an instance was booted last, by its id."""
        self.consoles: dict[UUID, bytearray] = {}
        """What an instance has written, by its id."""
        self.deleted_volumes: set[UUID] = set()
        self.claims: dict[UUID, Claim] = {}
        self.migrations: dict[UUID, Migration] = {}
        """In the order of their start."""
        self.snapshots: dict[UUID, Snapshot] = {}
        self.projects: dict[UUID, Project] = {}
        self.quotas: dict[UUID, Resources] = {}
        self.rules_read_at: dict[UUID, dt.datetime] = {}
        """When the rules of a security group were read last."""
        self.counters: Counter[str] = Counter()

    def host(self, name: str) -> Host:
        """Return a host. Raises NotFound."""
        return _found(self.hosts.get(name), "host", name)

    def instance(self, instance_id: UUID) -> Instance:
        """Return an instance. Raises NotFound."""
        return _found(self.instances.get(instance_id), "instance", instance_id)

    def migration(self, migration_id: UUID) -> Migration:
        """Return a move. Raises NotFound."""
        return _found(self.migrations.get(migration_id), "migration", migration_id)

    def change(self, instance: Instance, update: Mapping[str, object]) -> Instance:
        """Replace an instance by one with other values in some fields, and return that."""
        changed = instance.model_copy(update=update)
        self.instances[changed.id] = changed
        return changed

    def require(self, instance_id: UUID, allowed: Iterable[InstanceState]) -> Instance:
        """Return an instance that is in one of the states. Raises NotFound, InvalidState."""
        instance = self.instance(instance_id)
        states = list(allowed)
        if instance.state not in states:
            raise InvalidState(instance_id=instance_id, state=instance.state, allowed=[*states])
        return instance

    def move(
        self,
        instance_id: UUID,
        to: InstanceState,
        allowed: Iterable[InstanceState] = tuple(InstanceState),
        *,
        reason: str | None = None,
        update: Mapping[str, object] | None = None,
    ) -> Instance:
        """Put an instance into another state and tell the listeners.

        Does nothing where it is in that state. Raises NotFound, InvalidState.
        """
        instance = self.instance(instance_id)
        if instance.state is to:
            return self.change(instance, update or {})
        instance = self.require(instance_id, allowed)
        now = self.now()
        changed = self.change(instance, {"fault": None, "state": to, **(update or {})})
        self.write(instance_id, f"{to.name}: {reason}" if reason else to.name)
        old = state_of(instance)
        tell(
            self.compute_events,
            lambda it: it.instance_state_changed(instance_id, old, to, now, reason),
        )
        return changed

    def write(self, instance_id: UUID, line: str) -> None:
        """Let an instance write a line to its console."""
        text = f"[{self.now():%H:%M:%S}] {line}\n"
        self.consoles.setdefault(instance_id, bytearray()).extend(text.encode())

    def boot(self, instance_id: UUID, source: str) -> None:
        """Note that an instance starts now, and from what."""
        self.started_at[instance_id] = self.now()
        self.write(instance_id, f"booted from {source}")

    def keep(self, migration: Migration) -> Migration:
        """Take a move into the list, or its next version; returns it."""
        self.migrations[migration.id] = migration
        return migration

    def end(
        self, migration: Migration, status: MigrationStatus, reason: str | None = None
    ) -> Migration:
        """Keep how a move ended, tell the listeners and return it."""
        at = migration.finished_at or self.now()
        update = {"status": status, "reason": reason, "finished_at": at}
        ended = self.keep(migration.model_copy(update=update))
        tell(self.conductor_events, lambda it: it.migration_ended(ended))
        return ended


def state_of(instance: Instance) -> InstanceState:
    """Return the state of one of our instances, which is never one that we do not know."""
    assert isinstance(instance.state, InstanceState)
    return instance.state


def host_of(instance: Instance) -> str:
    """Return where an instance is that is neither shelved nor deleted after shelving."""
    assert instance.host is not None
    return instance.host


def status_of(host: Host) -> HostStatus:
    """Return the status of one of our hosts, which is never one that we do not know."""
    assert isinstance(host.status, HostStatus)
    return host.status


def tell(events: E | None, publish: Callable[[E], None]) -> None:
    """Publish an event, if there is a publisher; what happened has happened even if that fails."""
    if events is None:
        return
    try:
        publish(events)
    except RpcError as error:
        log.warning("an event was lost: %s", error)


def _found(item: T | None, kind: str, key: object) -> T:
    if item is None:
        raise NotFound(kind=kind, key=str(key))
    return item
