"""Volumes, network cards, and what can be seen of an instance."""

import datetime as dt
from uuid import UUID

import pytest

from demo.common.v1 import NotFound
from demo.compute.v2 import (
    AddressInUse,
    ConsoleKind,
    DeviceInUse,
    InvalidState,
    TooManyVolumes,
    VolumeInUse,
)
from tests.examples.world import NETWORK, NOBODY, VOLUME, World

OTHER = UUID(int=20_000)


def test_a_volume_gets_the_first_free_device(world: World) -> None:
    built = world.build()
    given = world.compute.attach_volume(built.id, VOLUME, read_only=True)
    assert (given.device, given.read_only, given.attached_at) == ("/dev/vdb", True, world.now)
    assert world.compute.attach_volume(built.id, OTHER, device="/dev/vdd").device == "/dev/vdd"
    volumes = world.compute.get_instance(built.id).volumes
    assert {device: it.volume_id for device, it in volumes.items()} == {
        "/dev/vdb": VOLUME,
        "/dev/vdd": OTHER,
    }
    world.heard.wait_for("attached /dev/vdd")


def test_a_volume_has_one_instance_at_a_time(world: World) -> None:
    one, two = world.build(), world.build()
    world.compute.attach_volume(one.id, VOLUME)
    with pytest.raises(VolumeInUse) as caught:
        world.compute.attach_volume(two.id, VOLUME)
    assert caught.value.instance_id == one.id


@pytest.mark.parametrize("device", ["/dev/vda", "/dev/vdb"])
def test_a_device_has_one_volume_at_a_time(world: World, device: str) -> None:
    built = world.build()
    world.compute.attach_volume(built.id, VOLUME)
    with pytest.raises(DeviceInUse) as caught:
        world.compute.attach_volume(built.id, OTHER, device=device)
    assert caught.value.device == device


def test_an_instance_holds_sixteen_volumes(world: World) -> None:
    built = world.build()
    for number in range(16):
        world.compute.attach_volume(built.id, UUID(int=30_000 + number))
    with pytest.raises(TooManyVolumes) as caught:
        world.compute.attach_volume(built.id, VOLUME)
    assert caught.value.limit == 16


def test_a_shelved_instance_takes_nothing(world: World) -> None:
    built = world.build()
    world.compute.shelve_instance(built.id)
    with pytest.raises(InvalidState):
        world.compute.attach_volume(built.id, VOLUME)
    with pytest.raises(InvalidState):
        world.compute.attach_interface(built.id, NETWORK)


def test_a_volume_that_is_taken_away_is_free_again(world: World) -> None:
    one, two = world.build(), world.build()
    world.compute.attach_volume(one.id, VOLUME)
    for _ in range(2):
        world.compute.detach_volume(one.id, VOLUME)
        world.after_cast("Compute.detach_volume")
    world.heard.wait_for("detached")
    assert world.compute.get_instance(one.id).volumes == {}
    assert world.compute.attach_volume(two.id, VOLUME).device == "/dev/vdb"


def test_a_volume_takes_the_place_of_another(world: World) -> None:
    built = world.build()
    world.compute.attach_volume(built.id, VOLUME, device="/dev/vdf")
    assert world.compute.swap_volume(built.id, VOLUME, OTHER).device == "/dev/vdf"
    with pytest.raises(NotFound):
        world.compute.swap_volume(built.id, VOLUME, NOBODY)
    with pytest.raises(VolumeInUse):
        world.compute.swap_volume(built.id, OTHER, OTHER)
    world.compute.stop_instance(built.id)
    with pytest.raises(InvalidState):
        world.compute.swap_volume(built.id, OTHER, VOLUME)


def test_cards_of_one_network_have_addresses_of_their_own(world: World) -> None:
    built = world.build(networks=[NETWORK])
    card = world.compute.attach_interface(built.id, NETWORK)
    assert [card.mac, card.addresses[0].ip] == ["fa:16:3e:00:00:02", "10.0.0.3"]
    with pytest.raises(AddressInUse) as caught:
        world.compute.attach_interface(built.id, NETWORK, address="10.0.0.3")
    assert caught.value.port_id == card.port_id
    elsewhere = world.compute.attach_interface(built.id, OTHER, address="10.0.0.3")
    assert elsewhere.addresses == card.addresses


def test_a_card_that_is_taken_away_is_gone(world: World) -> None:
    built = world.build(networks=[NETWORK])
    for _ in range(2):
        world.compute.detach_interface(built.id, built.interfaces[0].port_id)
        world.after_cast("Compute.detach_interface")
    assert world.compute.get_instance(built.id).interfaces == []


def test_the_end_of_the_console_is_returned(world: World) -> None:
    built = world.build()
    output = world.compute.get_console_output(built.id)
    assert output.startswith(b"[00:00:00] user data: 5 bytes\n")
    assert output.endswith(b"active\n")
    assert world.compute.get_console_output(built.id, max_bytes=7) == b"active\n"


def test_a_console_is_open_for_a_while(world: World) -> None:
    console = world.compute.get_console(world.build().id, ConsoleKind.spice)
    assert console.kind is ConsoleKind.spice
    assert console.url.startswith("wss://anna.example/spice/")
    assert console.valid_for == dt.timedelta(minutes=10)


def test_diagnostics_grow_with_time_and_begin_anew_with_a_reboot(world: World) -> None:
    built = world.build()
    world.now += dt.timedelta(seconds=100)
    found = world.compute.get_instance_diagnostics(built.id)
    assert found.uptime == dt.timedelta(seconds=100)
    assert found.cpu_times == [dt.timedelta(seconds=10)] * 2
    assert found.disks["/dev/vda"].read_bytes == 409_600
    world.compute.reboot_instance(built.id)
    world.after_cast("Compute.reboot_instance")
    assert world.compute.get_instance_diagnostics(built.id).uptime == dt.timedelta(0)


def test_the_old_diagnostics_are_still_there(world: World) -> None:
    built = world.build()
    with pytest.warns(DeprecationWarning, match="get_instance_diagnostics"):
        found = world.compute.get_diagnostics(built.id)
    assert found == {"uptime": 0.0, "cpu_time": [0.0, 0.0], "/dev/vda_read": 0}
