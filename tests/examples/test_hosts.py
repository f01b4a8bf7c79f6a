"""Hosts, room, projects: what `Conductor` decides and what is told to all servers."""

import datetime as dt
import uuid

import pytest
from pydantic import JsonValue

from demo.common.v1 import NotFound, Page, Project
from demo.compute.v2 import (
    BootSourceVolume,
    HostStatus,
    HostUnavailable,
    InstanceState,
    NoRoom,
    NoValidHost,
    Placement,
    PlacementRequest,
    QuotaExceeded,
    Resources,
)
from tests.examples.world import IMAGE, NOBODY, PROJECT, VOLUME, World, flavor, wanted

TEN_MINUTES = dt.timedelta(minutes=10)


def room(vcpus: int, *, gpus: int = 0) -> Resources:
    return flavor(vcpus, gpus=gpus).resources


def test_hosts_are_listed_by_name_and_zone(world: World) -> None:
    names = [it.name for it in world.compute.list_hosts()]
    assert names == ["anna", "bert", "cleo", "dora", "emil"]
    assert [it.name for it in world.compute.list_hosts(zone="south")] == ["dora", "emil"]


def test_a_report_tells_what_happens_on_a_host(world: World) -> None:
    world.compute.stop_instance(world.build().id)
    world.build()
    claim = world.conductor.claim_resources("anna", room(1))
    report = world.compute.get_host("anna")
    assert report.instances == {InstanceState.stopped: 1, InstanceState.active: 1}
    assert (report.claims, report.host.used.vcpus) == ([claim], 5)
    with pytest.raises(NotFound):
        world.compute.get_host("zoe")


def test_a_host_tells_how_long_it_runs_unless_it_is_down(world: World) -> None:
    world.now += TEN_MINUTES
    assert world.compute.get_host_uptime("anna") == dt.timedelta(days=3) + TEN_MINUTES
    world.set_status("anna", HostStatus.down)
    with pytest.raises(HostUnavailable):
        world.compute.get_host_uptime("anna")
    with pytest.raises(NotFound):
        world.compute.get_host_uptime("zoe")


def test_a_new_status_is_told_with_the_old_one(world: World) -> None:
    before = world.compute.set_host_status("anna", HostStatus.disabled, reason="too loud")
    assert before is HostStatus.enabled
    world.heard.wait_for("anna is disabled")
    with pytest.raises(NoValidHost) as caught:
        world.conductor.select_destinations(PlacementRequest(resources=room(99)))
    assert caught.value.reasons["anna"] == "disabled: too loud"
    with pytest.raises(NotFound):
        world.compute.set_host_status("zoe", HostStatus.down)


def test_spread_takes_the_emptiest_host_and_pack_the_fullest(world: World) -> None:
    world.build("bert")
    spread = PlacementRequest(resources=room(2))
    chosen = world.conductor.select_destinations(spread, count=3)
    assert [it.host for it in chosen] == ["anna", "dora", "anna"]
    assert [it.free.vcpus for it in chosen] == [16, 16, 14]
    pack = PlacementRequest(resources=room(2), placement=Placement.pack)
    assert [it.host for it in world.conductor.select_destinations(pack)] == ["bert"]


def test_zones_exclusions_resources_and_hints_narrow_the_choice(world: World) -> None:
    def best(request: PlacementRequest) -> str:
        return world.conductor.select_destinations(request)[0].host

    assert best(PlacementRequest(resources=room(2), zone="south")) == "dora"
    assert best(PlacementRequest(resources=room(2), exclude=["anna"])) == "bert"
    assert best(PlacementRequest(resources=room(2, gpus=1))) == "emil"
    world.conductor.cache_images([IMAGE], hosts=["cleo", "zoe"])
    world.after_cast("Conductor.cache_images")
    hints: dict[str, JsonValue] = {"cached_image": str(IMAGE), "colour": "blue"}
    assert best(PlacementRequest(resources=room(2), hints=hints)) == "cleo"


def test_a_claim_keeps_room_until_it_is_given_up(world: World) -> None:
    claim = world.conductor.claim_resources("cleo", room(8))
    assert claim.expires_at == world.now + TEN_MINUTES
    with pytest.raises(NoRoom):
        world.conductor.claim_resources("cleo", room(1))
    for _ in range(2):
        world.conductor.release_claim(claim.id)
        world.after_cast("Conductor.release_claim")
    assert world.conductor.claim_resources("cleo", room(8)).id != claim.id


def test_a_claim_that_nobody_uses_expires(world: World) -> None:
    long = world.conductor.claim_resources("anna", room(1), valid_for=dt.timedelta(hours=1))
    short = world.conductor.claim_resources("bert", room(1))
    assert world.conductor.list_claims() == [short, long]
    assert world.conductor.list_claims(host="anna") == [long]
    world.now += TEN_MINUTES
    assert world.conductor.list_claims() == [long]
    world.heard.wait_for("claim expired")


def test_a_claim_needs_a_host_that_takes_instances(world: World) -> None:
    world.set_status("anna", HostStatus.disabled)
    with pytest.raises(HostUnavailable):
        world.conductor.claim_resources("anna", room(1))
    with pytest.raises(NotFound):
        world.conductor.claim_resources("zoe", room(1))


def test_instances_are_built_each_on_the_best_host(world: World) -> None:
    made = world.conductor.build_instances(wanted(), count=3)
    assert [it.host for it in made] == ["anna", "bert", "dora"]
    assert {it.state for it in made} == {InstanceState.active}
    packed = world.conductor.build_instances(wanted(), placement=Placement.pack, zone="south")
    assert [it.host for it in packed] == ["dora"]


def test_instances_are_built_all_or_none(world: World) -> None:
    with pytest.raises(NoValidHost):
        world.conductor.build_instances(wanted(9), count=4)
    with pytest.raises(QuotaExceeded):
        world.conductor.build_instances(wanted(), count=25)
    with pytest.raises(NotFound):
        volume = BootSourceVolume(volume_id=VOLUME)
        world.conductor.build_instances(wanted(boot=volume), count=2)
    assert world.compute.list_instances() == []


def test_more_than_any_host_has_is_refused_like_any_other_amount(world: World) -> None:
    with pytest.raises(QuotaExceeded) as caught:
        world.conductor.build_instances(wanted(4096), count=100)
    assert caught.value.wanted == 409_600
    vast = Resources(vcpus=1, memory_mb=2**63 - 1, disk_gb=0)
    request = wanted().model_copy(
        update={"flavor": flavor(1).model_copy(update={"resources": vast})}
    )
    with pytest.raises(QuotaExceeded):
        world.conductor.build_instances(request, count=2)


def test_a_disabled_project_gets_nothing_new(world: World) -> None:
    disabled = Project(id=uuid.UUID(int=40_000), name="gone", enabled=False)
    request = wanted().model_copy(update={"project": disabled})
    with pytest.raises(QuotaExceeded) as caught:
        world.conductor.build_instances(request)
    assert caught.value.limit == 0


def test_usage_adds_up_and_the_quota_is_what_was_set(world: World) -> None:
    world.conductor.build_instances(wanted(), count=2)
    world.conductor.set_quota(PROJECT.id, room(4))
    usage = world.conductor.get_usage(PROJECT.id)
    assert (usage.instances, usage.used, usage.limit) == (2, room(4), room(4))
    assert str(usage.price_per_hour) == "1.0"
    with pytest.raises(QuotaExceeded):
        world.build(vcpus=1)


def test_a_project_without_instances_is_not_known(world: World) -> None:
    with pytest.raises(NotFound):
        world.conductor.get_usage(NOBODY)
    with pytest.raises(NotFound):
        world.conductor.set_quota(NOBODY, room(1))


def test_moves_are_listed_the_newest_first(world: World) -> None:
    built = world.build()
    first = world.conductor.live_migrate_instance(built.id)
    second = world.conductor.live_migrate_instance(built.id)
    assert world.conductor.get_migration(first.id) == first
    assert world.conductor.list_migrations() == [second, first]
    assert world.conductor.list_migrations(page=Page(after=second.id)) == [first]
    assert world.conductor.list_migrations(page=Page(limit=1)) == [second]
    assert world.conductor.list_migrations(instance_id=NOBODY) == []
    assert world.conductor.list_migrations(page=Page(after=NOBODY)) == []
    with pytest.raises(NotFound):
        world.conductor.get_migration(NOBODY)


def test_a_host_that_reports_is_known_from_then_on(world: World) -> None:
    anna = world.compute.get_host("anna").host
    world.conductor.report_host(anna.model_copy(update={"name": "fritz", "used": room(10)}))
    world.heard.wait_for("fritz is enabled")
    with pytest.raises(NoRoom):
        world.build("fritz", vcpus=7)
    world.conductor.refresh_host_cache(host="fritz")
    world.after_cast("Conductor.refresh_host_cache")
    assert world.build("fritz", vcpus=7).host == "fritz"


def test_cached_images_are_dropped_by_name_or_all(world: World) -> None:
    world.conductor.cache_images([IMAGE, NOBODY])
    world.after_cast("Conductor.cache_images")
    world.compute.drop_cached_images([NOBODY])
    world.after_cast("Compute.drop_cached_images")
    assert {tuple(it.cached_images) for it in world.compute.list_hosts()} == {(IMAGE,)}
    world.compute.drop_cached_images()
    world.after_cast("Compute.drop_cached_images")
    assert {tuple(it.cached_images) for it in world.compute.list_hosts()} == {()}


def test_the_rules_of_a_security_group_are_read_again(world: World) -> None:
    world.compute.refresh_security_rules(NOBODY)
    world.after_cast("Compute.refresh_security_rules")
    assert world.cloud.rules_read_at == {NOBODY: world.now}


def test_each_call_is_counted_by_its_name(world: World) -> None:
    world.build()
    world.compute.list_hosts()
    world.compute.list_hosts()
    assert world.conductor.get_counters() == {
        "Compute.build_instance": 1,
        "Compute.list_hosts": 2,
        "Conductor.get_counters": 1,
    }
