"""The life of an instance: what each method changes, and when it refuses."""

import datetime as dt
from uuid import UUID

import pytest

from demo.common.v1 import NotFound, Page
from demo.compute.v2 import (
    BootSourceImage,
    BootSourceSnapshot,
    BootSourceVolume,
    ClaimExpired,
    HostStatus,
    HostUnavailable,
    InstanceState,
    InvalidState,
    NoRoom,
    NoValidHost,
    QuotaExceeded,
    RebootKind,
)
from tests.examples.world import IMAGE, NETWORK, NOBODY, PROJECT, VOLUME, World

State = InstanceState


def test_an_instance_runs_once_it_is_built(world: World) -> None:
    built = world.build(networks=[NETWORK])
    assert (built.state, built.host, built.name) == (State.active, "anna", "web")
    assert built.interfaces[0].addresses[0].ip == "10.0.0.2"
    assert built == world.compute.get_instance(built.id)
    assert world.used("anna") == 2
    world.heard.wait_for("building to active")
    assert world.heard.lines == ["created on anna", "building to active"]


def test_a_host_without_room_refuses_an_instance(world: World) -> None:
    with pytest.raises(NoRoom) as caught:
        world.build("cleo", vcpus=9)
    assert (caught.value.host, caught.value.wanted, caught.value.free) == ("cleo", 9, 8)


def test_a_host_that_takes_nothing_new_refuses_an_instance(world: World) -> None:
    world.set_status("anna", HostStatus.maintenance)
    with pytest.raises(HostUnavailable) as caught:
        world.build("anna")
    assert caught.value.status is HostStatus.maintenance


def test_an_unknown_host_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.build("zoe")
    assert (caught.value.kind, caught.value.key) == ("host", "zoe")


def test_a_project_gets_no_more_than_its_quota(world: World) -> None:
    for host in ("anna", "bert", "dora"):
        world.build(host, vcpus=16)
    with pytest.raises(QuotaExceeded) as caught:
        world.build("cleo", vcpus=1)
    assert (caught.value.limit, caught.value.used, caught.value.wanted) == (48, 48, 1)


def test_a_claim_is_used_up_by_the_instance_that_moves_in(world: World) -> None:
    claim = world.conductor.claim_resources("cleo", world.build("anna", vcpus=8).flavor.resources)
    with pytest.raises(NoRoom):
        world.build("cleo")
    world.build("cleo", vcpus=8, claim_id=claim.id)
    assert world.conductor.list_claims() == []
    with pytest.raises(ClaimExpired):
        world.build("anna", claim_id=claim.id)


def test_an_unknown_instance_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        world.compute.get_instance(NOBODY)
    assert caught.value.kind == "instance"


def test_lists_are_ordered_filtered_and_paged(world: World) -> None:
    one, two, three = (world.build(host).id for host in ("anna", "bert", "anna"))
    world.compute.stop_instance(two)

    def ids(**given: object) -> list[UUID]:
        return [it.id for it in world.compute.list_instances(**given)]  # type: ignore[arg-type]  # a table of filters

    assert ids() == [one, two, three]
    assert ids(host="anna") == [one, three]
    assert ids(states=[State.stopped]) == [two]
    assert ids(project_id=PROJECT.id, tags=["blue"]) == [one, two, three]
    assert ids(project_id=NOBODY) == ids(tags=["red"]) == []
    assert ids(page=Page(limit=1, after=one)) == [two]


def test_an_instance_is_switched_off_and_on_and_twice_changes_nothing(world: World) -> None:
    built = world.build()
    for _ in range(2):
        world.compute.stop_instance(built.id, patience=dt.timedelta(seconds=5))
        assert world.state(built) is State.stopped
    for _ in range(2):
        world.compute.start_instance(built.id)
        assert world.state(built) is State.active
    assert b"given 5 s to shut down" in world.compute.get_console_output(built.id)


def test_an_instance_does_not_start_on_a_host_that_is_down(world: World) -> None:
    built = world.build()
    world.compute.stop_instance(built.id)
    world.set_status("anna", HostStatus.down)
    with pytest.raises(HostUnavailable):
        world.compute.start_instance(built.id)


def test_a_soft_reboot_is_for_what_runs_and_a_hard_one_for_all(world: World) -> None:
    built = world.build()
    world.compute.stop_instance(built.id)
    world.compute.reboot_instance(built.id, RebootKind.soft)
    world.after_cast("Compute.reboot_instance")
    assert world.state(built) is State.stopped
    world.compute.reboot_instance(built.id, RebootKind.hard)
    world.after_cast("Compute.reboot_instance")
    assert world.state(built) is State.active


def test_an_instance_is_paused_and_runs_on(world: World) -> None:
    built = world.build()
    for _ in range(2):
        world.compute.pause_instance(built.id)
        assert world.state(built) is State.paused
    with pytest.raises(InvalidState) as caught:
        world.compute.suspend_instance(built.id)
    assert (caught.value.state, caught.value.allowed) == (State.paused, [State.active])
    for _ in range(2):
        world.compute.unpause_instance(built.id)
        assert world.state(built) is State.active


def test_an_instance_is_suspended_and_resumed(world: World) -> None:
    built = world.build()
    for _ in range(2):
        world.compute.suspend_instance(built.id)
        assert world.state(built) is State.suspended
    world.set_status("anna", HostStatus.down)
    with pytest.raises(HostUnavailable):
        world.compute.resume_instance(built.id)
    world.set_status("anna", HostStatus.enabled)
    for _ in range(2):
        world.compute.resume_instance(built.id)
        assert world.state(built) is State.active


def test_a_shelved_instance_takes_no_room_until_it_runs_again(world: World) -> None:
    built = world.build()
    snapshot = world.compute.shelve_instance(built.id)
    assert (snapshot.instance_id, snapshot.size_gb) == (built.id, 20)
    assert snapshot.checksum is not None
    assert (world.compute.get_instance(built.id).host, world.used("anna")) == (None, 0)
    assert world.compute.unshelve_instance(built.id).host == "anna"
    assert world.state(built) is State.active


def test_an_instance_is_unshelved_only_where_there_is_room(world: World) -> None:
    built = world.build(vcpus=16)
    world.compute.shelve_instance(built.id)
    with pytest.raises(NoRoom):
        world.compute.unshelve_instance(built.id, host="cleo")
    world.set_status("bert", HostStatus.disabled)
    with pytest.raises(HostUnavailable):
        world.compute.unshelve_instance(built.id, host="bert")
    for host in ("anna", "dora"):
        world.build(host, vcpus=1)
    with pytest.raises(NoValidHost) as caught:
        world.compute.unshelve_instance(built.id)
    assert caught.value.reasons["bert"] == "disabled"
    assert world.compute.get_instance(built.id).state is State.shelved


def test_an_instance_is_rescued_and_boots_from_its_own_disk_again(world: World) -> None:
    built = world.build()
    world.compute.rescue_instance(built.id, image_id=NOBODY)
    assert world.state(built) is State.rescued
    assert f"image {NOBODY}".encode() in world.compute.get_console_output(built.id)
    with pytest.raises(InvalidState):
        world.compute.pause_instance(built.id)
    for _ in range(2):
        world.compute.unrescue_instance(built.id)
        assert world.state(built) is State.active


def test_a_rebuilt_instance_keeps_its_id_its_name_and_its_addresses(world: World) -> None:
    built = world.build(networks=[NETWORK])
    rebuilt = world.compute.rebuild_instance(
        built.id, BootSourceImage(image_id=NOBODY), metadata={"new": "yes"}
    )
    assert (rebuilt.id, rebuilt.name) == (built.id, built.name)
    assert rebuilt.interfaces == built.interfaces
    assert (rebuilt.metadata, rebuilt.state) == ({"new": "yes"}, State.active)
    world.heard.wait_for("active to building")


def test_an_instance_boots_from_a_snapshot_of_another(world: World) -> None:
    snapshot = world.compute.snapshot_instance(world.build().id, "before")
    boot = BootSourceSnapshot(snapshot_id=snapshot.id)
    assert world.build(boot=boot).boot == boot
    with pytest.raises(NotFound) as caught:
        world.build(boot=BootSourceSnapshot(snapshot_id=NOBODY))
    assert caught.value.kind == "snapshot"


def test_a_volume_that_an_instance_boots_from_goes_with_it(world: World) -> None:
    boot = BootSourceVolume(volume_id=VOLUME, delete_with_instance=True)
    built = world.build(boot=boot)
    assert built.volumes["/dev/vda"].volume_id == VOLUME
    with pytest.raises(NotFound):
        world.build(boot=boot)
    world.compute.terminate_instance(built.id)
    world.heard.wait_for("deleted")
    with pytest.raises(NotFound):
        world.build(boot=boot)


def test_a_terminated_instance_is_gone_and_so_is_what_it_took(world: World) -> None:
    built = world.build()
    for _ in range(2):
        world.compute.terminate_instance(built.id)
        world.after_cast("Compute.terminate_instance")
    with pytest.raises(NotFound):
        world.compute.get_instance(built.id)
    assert world.used("anna") == 0
    world.heard.wait_for("deleted")


def test_a_deleted_instance_comes_back_if_it_is_restored_in_time(world: World) -> None:
    built = world.build()
    for _ in range(2):
        world.compute.soft_delete_instance(built.id, keep_for=dt.timedelta(hours=1))
    deleted = world.compute.get_instance(built.id)
    assert (deleted.state, deleted.delete_at) == (
        State.soft_deleted,
        world.now + dt.timedelta(hours=1),
    )
    restored = world.compute.restore_instance(built.id)
    assert (restored.state, restored.delete_at) == (State.stopped, None)
    assert world.compute.restore_instance(built.id) == restored


def test_a_deleted_instance_is_gone_when_its_time_is_over(world: World) -> None:
    built = world.build()
    world.compute.soft_delete_instance(built.id, keep_for=dt.timedelta(hours=1))
    world.now += dt.timedelta(hours=1)
    with pytest.raises(NotFound):
        world.compute.restore_instance(built.id)
    world.heard.wait_for("deleted")


def test_metadata_are_changed_name_by_name(world: World) -> None:
    built = world.build()
    after = world.compute.change_instance_metadata(built.id, {"role": None, "tier": "1"})
    assert after == {"tier": "1"} == world.compute.get_instance(built.id).metadata


def test_an_image_stays_on_the_host_that_has_fetched_it(world: World) -> None:
    world.build("anna")
    assert world.compute.get_host("anna").host.cached_images == [IMAGE]


METHODS_THAT_NEED_AN_INSTANCE = (
    "start_instance stop_instance pause_instance unpause_instance suspend_instance "
    "resume_instance shelve_instance unshelve_instance rescue_instance unrescue_instance "
    "soft_delete_instance restore_instance get_console_output get_console "
    "get_instance_diagnostics"
).split()


@pytest.mark.parametrize("method", METHODS_THAT_NEED_AN_INSTANCE)
def test_a_method_without_its_instance_says_so(world: World, method: str) -> None:
    with pytest.raises(NotFound):
        getattr(world.compute, method)(instance_id=NOBODY)


METHODS_BY_STATE = {
    State.shelved: "stop_instance pause_instance unpause_instance suspend_instance "
    "resume_instance shelve_instance rescue_instance unrescue_instance start_instance "
    "get_console get_instance_diagnostics".split(),
    State.active: "unshelve_instance".split(),
}


@pytest.mark.parametrize(
    ("state", "method"), [(state, it) for state, names in METHODS_BY_STATE.items() for it in names]
)
def test_a_method_in_the_wrong_state_says_so(world: World, state: State, method: str) -> None:
    built = world.build()
    if state is State.shelved:
        world.compute.shelve_instance(built.id)
    with pytest.raises(InvalidState) as caught:
        getattr(world.compute, method)(instance_id=built.id)
    assert caught.value.state is state
    assert world.state(built) is state
