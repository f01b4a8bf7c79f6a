"""Other sizes and other hosts."""

import datetime as dt

import pytest

from demo.common.v1 import NotFound
from demo.compute.v2 import (
    BootSourceVolume,
    HostAlive,
    HostStatus,
    HostUnavailable,
    InstanceState,
    InvalidState,
    MigrationKind,
    MigrationRefused,
    MigrationStatus,
    NoValidHost,
    QuotaExceeded,
)
from tests.examples.world import NOBODY, VOLUME, World, flavor

State = InstanceState


def test_a_resize_stays_on_its_host_if_there_is_room(world: World) -> None:
    built = world.build()
    migration = world.compute.resize_instance(built.id, flavor(8))
    assert (migration.kind, migration.status) == (MigrationKind.resize, MigrationStatus.finished)
    assert (migration.source, migration.destination) == ("anna", "anna")
    assert world.state(built) is State.resized
    confirmed = world.compute.confirm_resize(migration.id)
    assert confirmed.status is MigrationStatus.confirmed
    assert confirmed == world.compute.confirm_resize(migration.id)
    assert (world.state(built), world.used("anna")) == (State.active, 8)


def test_the_old_place_is_kept_until_the_new_size_is_accepted(world: World) -> None:
    built = world.build("cleo", vcpus=4)
    migration = world.compute.resize_instance(built.id, flavor(12))
    assert (world.used("cleo"), world.used("anna")) == (4, 12)
    world.compute.confirm_resize_later(migration.id)
    world.after_cast("Compute.confirm_resize_later")
    assert (world.used("cleo"), world.used("anna")) == (0, 12)


def test_a_smaller_size_keeps_the_room_that_going_back_takes(world: World) -> None:
    built = world.build(vcpus=8)
    migration = world.compute.resize_instance(built.id, flavor(2))
    assert world.used("anna") == 8
    world.compute.confirm_resize(migration.id)
    assert world.used("anna") == 2


def test_a_reverted_resize_changes_nothing(world: World) -> None:
    built = world.build("cleo", vcpus=4)
    migration = world.compute.resize_instance(built.id, flavor(12))
    for _ in range(2):
        reverted = world.compute.revert_resize(migration.id)
        assert reverted.status is MigrationStatus.reverted
    after = world.compute.get_instance(built.id)
    assert (after.host, after.flavor, after.state) == ("cleo", built.flavor, State.active)
    with pytest.raises(InvalidState) as caught:
        world.compute.confirm_resize(migration.id)
    assert caught.value.allowed == [State.resized]


def test_a_deleted_instance_gives_up_the_old_place_of_its_resize(world: World) -> None:
    built = world.build("cleo", vcpus=4)
    migration = world.compute.resize_instance(built.id, flavor(12))
    world.compute.soft_delete_instance(built.id)
    assert world.conductor.get_migration(migration.id).status is MigrationStatus.confirmed
    assert (world.used("cleo"), world.used("anna")) == (0, 12)


def test_a_resize_is_refused_beyond_quota_room_and_state(world: World) -> None:
    built = world.build()
    with pytest.raises(QuotaExceeded):
        world.compute.resize_instance(built.id, flavor(100))
    with pytest.raises(NoValidHost):
        world.compute.resize_instance(built.id, flavor(17))
    world.compute.pause_instance(built.id)
    with pytest.raises(InvalidState):
        world.compute.resize_instance(built.id, flavor(4))
    with pytest.raises(NotFound):
        world.compute.confirm_resize(NOBODY)
    with pytest.raises(NotFound):
        world.compute.revert_resize(NOBODY)


def test_both_hosts_are_asked_before_a_move(world: World) -> None:
    built = world.build()
    check = world.compute.check_can_live_migrate_destination(built.id, "bert")
    assert (check.possible, check.estimate) == (True, None)
    check = world.compute.check_can_live_migrate_source(built.id, check)
    assert (check.possible, check.estimate) == (True, dt.timedelta(seconds=4))


@pytest.mark.parametrize(
    ("destination", "copy_disk", "possible", "missing"),
    [
        ("bert", False, True, []),
        ("cleo", False, False, ["avx2"]),
        ("dora", False, False, []),
        ("dora", True, True, []),
        ("anna", False, False, []),
    ],
)
def test_a_destination_needs_the_processor_and_the_disk(
    world: World, *, destination: str, copy_disk: bool, possible: bool, missing: list[str]
) -> None:
    check = world.compute.check_can_live_migrate_destination(
        world.build().id, destination, copy_disk
    )
    assert (check.possible, check.missing_features) == (possible, missing)


def test_a_check_is_refused_by_a_host_that_is_down_and_a_source_that_stands_still(
    world: World,
) -> None:
    built = world.build()
    check = world.compute.check_can_live_migrate_destination(built.id, "bert")
    world.set_status("bert", HostStatus.down)
    with pytest.raises(HostUnavailable):
        world.compute.check_can_live_migrate_destination(built.id, "bert")
    world.compute.stop_instance(built.id)
    with pytest.raises(InvalidState):
        world.compute.check_can_live_migrate_source(built.id, check)


def test_an_instance_moves_to_the_best_host(world: World) -> None:
    built = world.build()
    migration = world.conductor.live_migrate_instance(built.id)
    assert (migration.source, migration.destination) == ("anna", "bert")
    assert migration.kind is MigrationKind.live_migration
    assert world.compute.get_instance(built.id).host == "bert"
    assert (world.used("anna"), world.used("bert")) == (0, 2)
    world.heard.wait_for("move finished")


def test_an_instance_moves_to_another_zone_with_its_disk(world: World) -> None:
    built = world.build()
    with pytest.raises(MigrationRefused) as caught:
        world.conductor.live_migrate_instance(built.id, destination="dora")
    assert (caught.value.destination, caught.value.check.possible) == ("dora", False)
    world.conductor.live_migrate_instance(built.id, destination="dora", copy_disk=True)
    assert world.compute.get_instance(built.id).host == "dora"


def test_a_disk_that_is_a_volume_can_be_reached_from_everywhere(world: World) -> None:
    built = world.build(boot=BootSourceVolume(volume_id=VOLUME))
    assert world.conductor.live_migrate_instance(built.id, destination="dora").destination == "dora"


def test_a_move_is_refused_by_state_status_and_room(world: World) -> None:
    built = world.build(vcpus=9)
    world.build("bert", vcpus=8)
    with pytest.raises(NoValidHost) as caught:
        world.conductor.live_migrate_instance(built.id, destination="bert")
    assert caught.value.reasons == {"bert": "too little vcpus: 9 wanted, 8 free"}
    with pytest.raises(NoValidHost) as caught:
        world.conductor.live_migrate_instance(built.id)
    assert caught.value.reasons["cleo"] == "its processor lacks avx2"
    world.set_status("bert", HostStatus.disabled)
    with pytest.raises(HostUnavailable):
        world.conductor.live_migrate_instance(built.id, destination="bert")
    with pytest.raises(NotFound):
        world.conductor.live_migrate_instance(built.id, destination="zoe")
    world.compute.stop_instance(built.id)
    with pytest.raises(InvalidState):
        world.conductor.live_migrate_instance(built.id)


def test_a_move_that_nobody_waits_for_is_told_by_an_event(world: World) -> None:
    built = world.build()
    world.compute.live_migration(built.id, "bert")
    world.heard.wait_for("move finished")
    assert world.compute.get_instance(built.id).host == "bert"
    world.compute.live_migration(built.id, "cleo")
    world.heard.wait_for("move failed")
    failed = world.conductor.list_migrations(status=MigrationStatus.failed)
    assert [it.destination for it in failed] == ["cleo"]
    assert failed[0].reason is not None
    world.compute.live_migration(NOBODY, "cleo")
    world.after_cast("Compute.live_migration")


def test_the_instances_of_a_lost_host_start_on_others(world: World) -> None:
    running, off = world.build(), world.build()
    world.compute.stop_instance(off.id)
    world.set_status("anna", HostStatus.down)
    moves = world.conductor.evacuate_host("anna")
    assert {it.instance_id for it in moves} == {running.id, off.id}
    assert {it.kind for it in moves} == {MigrationKind.evacuation}
    assert (world.state(running), world.state(off)) == (State.active, State.stopped)
    assert world.used("anna") == 0


def test_an_instance_that_fits_nowhere_gets_a_fault_and_recovers_later(world: World) -> None:
    built = world.build(vcpus=16)
    world.build("bert", vcpus=1)
    world.build("dora", vcpus=1)
    world.set_status("anna", HostStatus.down)
    failed = world.conductor.evacuate_host("anna")[0]
    assert (failed.status, failed.reason) == (MigrationStatus.failed, "it fits on no other host")
    lost = world.compute.get_instance(built.id)
    assert lost.state is State.error
    assert lost.fault is not None
    assert isinstance(lost.fault.details, dict)
    assert lost.fault.details["cleo"] == "too little vcpus: 16 wanted, 8 free"
    world.set_status("anna", HostStatus.enabled)
    world.compute.stop_instance(built.id)
    world.compute.start_instance(built.id)
    assert world.compute.get_instance(built.id).fault is None


def test_only_a_host_that_is_down_is_evacuated(world: World) -> None:
    with pytest.raises(HostAlive) as caught:
        world.conductor.evacuate_host("anna")
    assert caught.value.status is HostStatus.enabled
    with pytest.raises(NotFound):
        world.conductor.evacuate_host("zoe")
