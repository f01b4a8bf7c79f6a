"""The client of `examples/foreign/zabbix.rpc` with a Zabbix that knows nothing of us."""

from collections.abc import Iterator

import pytest

from rpcgen_runtime import InvalidArguments, UnknownRemoteError, Unreachable, Unrecognized
from tests.examples.foreign.scripts import nobody, run
from tests.examples.foreign.zabbix_server import (
    PASSWORD,
    SESSION,
    TOKEN,
    USER,
    Zabbix,
    serving,
)
from tests.runtime.places import Place
from zabbix.v7 import (
    Availability,
    GroupField,
    GroupRef,
    HostField,
    InterfaceField,
    InterfaceType,
    InventoryMode,
    ItemField,
    ItemType,
    Macro,
    NewInterface,
    Order,
    ProblemField,
    Severity,
    SnmpDetails,
    SnmpVersion,
    State,
    Status,
    Tag,
    TagEvaluation,
    TagField,
    TagOperator,
    TagQuery,
    TemplateRef,
    TriggerField,
    TriggerValue,
    Truth,
    ValueType,
    ZabbixClient,
    ZabbixCountsClient,
    ZabbixListsClient,
    ZabbixLoginClient,
    acknowledge_event,
    add_message,
)


@pytest.fixture
def url(zabbix: Zabbix) -> Iterator[str]:
    with serving(zabbix) as url:
        yield url


@pytest.fixture
def client(http_place: Place, url: str) -> ZabbixClient:
    return http_place.client(ZabbixClient, url, token=TOKEN)


def test_the_version_is_told_to_anyone(http_place: Place, url: str) -> None:
    assert http_place.client(ZabbixLoginClient, url).api_version() == "7.0.5"


def test_the_version_is_not_told_to_whoever_shows_a_token(http_place: Place, url: str) -> None:
    with pytest.raises(InvalidArguments, match=r"^Invalid params\."):
        http_place.client(ZabbixLoginClient, url, token=TOKEN).api_version()


def test_a_login_opens_a_session_that_is_the_token_until_the_logout(
    http_place: Place, url: str
) -> None:
    session = http_place.client(ZabbixLoginClient, url).user_login(USER, PASSWORD)
    assert session == SESSION
    client = http_place.client(ZabbixClient, url, token=lambda: session)
    assert client.user_logout() is True
    with pytest.raises(InvalidArguments):
        client.host_get()


def test_a_wrong_password_is_refused_with_a_reason(http_place: Place, url: str) -> None:
    with pytest.raises(UnknownRemoteError) as caught:
        http_place.client(ZabbixLoginClient, url).user_login(USER, "guess")
    error = caught.value
    assert (error.code, error.message) == (-32500, "Application error.")
    assert error.data == "Incorrect user name or password or account is temporarily blocked."


@pytest.mark.parametrize("token", [None, "e" * 64, "6" * 32])
def test_who_is_not_known_is_refused(http_place: Place, url: str, token: str | None) -> None:
    client = http_place.client(ZabbixClient, url, token=token)
    with pytest.raises(InvalidArguments, match=r"^Invalid params\."):
        client.host_get()


def test_only_what_was_asked_for_is_there(client: ZabbixClient) -> None:
    (host,) = client.host_get(
        output=[HostField.host, HostField.status],
        filter={HostField.host: ["web-1", "web-2"]},
        select_interfaces=[InterfaceField.ip, InterfaceField.type, InterfaceField.details],
        select_host_groups=[GroupField.groupid, GroupField.name_],
        select_tags=[TagField.tag, TagField.value_],
    )
    assert (host.hostid, host.host, host.status) == ("10084", "web-1", Status.enabled)
    assert host.name is None
    assert host.interfaces is not None
    (interface,) = host.interfaces
    assert (interface.ip, interface.type) == ("10.0.0.1", InterfaceType.agent)
    assert (interface.details, interface.port) == ([], None)
    assert [it.name for it in host.hostgroups or []] == ["Linux servers"]
    assert host.tags == [Tag(tag="site", value="here")]


def test_all_fields_are_there_where_none_are_chosen(client: ZabbixClient) -> None:
    web, switch = client.host_get()
    assert (web.name, web.active_available) == ("The web server", Availability.available)
    assert (web.maintenance_status, web.inventory_mode) == (Truth.no, InventoryMode.disabled)
    assert web.interfaces is None
    assert switch.hostid == "10085"


def test_a_value_that_the_contract_does_not_know_is_kept(client: ZabbixClient) -> None:
    (switch,) = client.host_get(hostids=["10085"])
    assert isinstance(switch.status, Unrecognized)
    assert switch.status == "7"


def test_parameters_travel_by_the_names_of_the_api(client: ZabbixClient, zabbix: Zabbix) -> None:
    found = client.host_get(
        output=[HostField.name_],
        groupids=["2"],
        templateids=["10001"],
        triggerids=["15112"],
        monitored_hosts=True,
        severities=[Severity.high, Severity.disaster],
        tags=[TagQuery(tag="site", operator=TagOperator.exists)],
        evaltype=TagEvaluation.or_,
        search={HostField.name_: "THE"},
        search_wildcards_enabled=True,
        start_search=True,
        select_interfaces=[InterfaceField.port],
        sortfield=[HostField.name_],
        sortorder=Order.descending,
        limit=10,
    )
    assert [it.name for it in found] == ["The web server"]
    assert zabbix.requests == [
        {
            "output": ["name"],
            "groupids": ["2"],
            "templateids": ["10001"],
            "triggerids": ["15112"],
            "monitored_hosts": True,
            "severities": ["4", "5"],
            "tags": [{"tag": "site", "value": "", "operator": "4"}],
            "evaltype": "2",
            "search": {"name": "THE"},
            "searchWildcardsEnabled": True,
            "startSearch": True,
            "selectInterfaces": ["port"],
            "sortfield": ["name"],
            "sortorder": "DESC",
            "limit": 10,
        }
    ]


def test_what_is_not_given_does_not_travel(client: ZabbixClient, zabbix: Zabbix) -> None:
    client.host_get()
    assert zabbix.requests == [{}]
    assert zabbix.media_types == ["application/json"]


def test_a_wrong_id_is_found_before_it_is_sent(client: ZabbixClient, zabbix: Zabbix) -> None:
    with pytest.raises(InvalidArguments, match="hostids"):
        client.host_get(hostids=["web-1"])
    assert zabbix.requests == []


def test_a_host_is_made_changed_and_deleted(
    http_place: Place, url: str, client: ZabbixClient, zabbix: Zabbix
) -> None:
    made = client.host_create(
        host="db-1",
        groups=[GroupRef(groupid="2")],
        interfaces=[
            NewInterface(
                type=InterfaceType.snmp,
                main=Truth.yes,
                useip=Truth.no,
                ip="",
                dns="db-1.example.com",
                port="161",
                details=SnmpDetails(version=SnmpVersion.v2c, community="{$SNMP}"),
            )
        ],
        templates=[TemplateRef(templateid="10001")],
        tags=[Tag(tag="site", value="there")],
        macros=[Macro(macro="{$SNMP}", value="public")],
        inventory_mode=InventoryMode.manual,
        inventory={"os": "Linux"},
    )
    (hostid,) = made.hostids
    assert zabbix.requests[0]["interfaces"] == [
        {
            "type": "2",
            "main": "1",
            "useip": "0",
            "ip": "",
            "dns": "db-1.example.com",
            "port": "161",
            "details": {"version": "2", "community": "{$SNMP}"},
        }
    ]
    assert client.host_update(hostid, name="Data", status=Status.disabled).hostids == [hostid]
    (host,) = client.host_get(hostids=[hostid])
    assert (host.name, host.status) == ("Data", Status.disabled)
    lists = http_place.client(ZabbixListsClient, url, token=TOKEN)
    assert lists.host_delete(hostid).hostids == [hostid]
    assert client.host_get(hostids=[hostid]) == []


def test_an_empty_list_takes_the_place_of_the_former_one(
    client: ZabbixClient, zabbix: Zabbix
) -> None:
    client.host_update("10084", tags=[])
    assert zabbix.requests == [{"hostid": "10084", "tags": []}]


def test_zabbix_says_why_it_refuses(http_place: Place, url: str, client: ZabbixClient) -> None:
    reason = "No permissions to referred object or it does not exist!"
    with pytest.raises(UnknownRemoteError) as caught:
        client.host_update("1", name="x")
    assert (caught.value.code, caught.value.data) == (-32500, reason)
    with pytest.raises(UnknownRemoteError) as caught:
        http_place.client(ZabbixListsClient, url, token=TOKEN).host_delete("1")
    assert caught.value.data == reason
    with pytest.raises(InvalidArguments, match=r"^Invalid params\."):
        client.host_create(host="web-1", groups=[GroupRef(groupid="2")])


def test_things_are_counted(http_place: Place, url: str) -> None:
    counts = http_place.client(ZabbixCountsClient, url, token=TOKEN)
    assert counts.host_count(count_output=True) == "2"
    assert counts.host_count(count_output=True, monitored_hosts=True) == "1"
    assert counts.problem_count(count_output=True, severities=[Severity.disaster]) == "1"


def test_items_are_found(client: ZabbixClient, zabbix: Zabbix) -> None:
    (item,) = client.item_get(
        output=[
            ItemField.key,
            ItemField.type,
            ItemField.value_type,
            ItemField.lastvalue,
            ItemField.lastclock,
            ItemField.state,
        ],
        hostids=["10084"],
        search={ItemField.key: "cpu"},
        sortfield=[ItemField.name_],
    )
    assert (item.key, item.type, item.value_type) == (
        "system.cpu.load",
        ItemType.agent,
        ValueType.float,
    )
    assert (item.lastvalue, item.lastclock, item.state) == ("0.25", "1767225600", State.normal)
    assert zabbix.requests[0]["search"] == {"key_": "cpu"}


def test_problems_are_found(client: ZabbixClient) -> None:
    (problem,) = client.problem_get(
        output=[ProblemField.name_, ProblemField.severity, ProblemField.acknowledged],
        severities=[Severity.high, Severity.disaster],
        acknowledged=False,
        recent=True,
        time_from=1_767_000_000,
        select_tags=[TagField.tag, TagField.value_],
        sortfield=[ProblemField.eventid],
    )
    assert (problem.name, problem.severity) == ("web-1 is down", Severity.disaster)
    assert problem.acknowledged is Truth.no
    assert problem.tags == [Tag(tag="scope", value="capacity")]


def test_triggers_are_found_with_their_hosts(client: ZabbixClient, zabbix: Zabbix) -> None:
    (trigger,) = client.trigger_get(
        output=[TriggerField.description, TriggerField.priority, TriggerField.value_],
        min_severity=Severity.warning,
        only_true=True,
        skip_dependent=True,
        expand_description=True,
        select_hosts=[HostField.host],
    )
    assert (trigger.priority, trigger.value) == (Severity.warning, TriggerValue.problem)
    assert [it.host for it in trigger.hosts or []] == ["web-1"]
    assert zabbix.requests[0]["min_severity"] == "2"


def test_events_are_acknowledged(client: ZabbixClient, zabbix: Zabbix) -> None:
    changed = client.event_acknowledge(
        ["1245463", "1245464"], acknowledge_event + add_message, message="we look into it"
    )
    assert changed.eventids == [1245463, 1245464]
    assert zabbix.acknowledged[0]["action"] == 6


def test_the_script_tells_what_there_is(url: str) -> None:
    ended = run("zabbix", url, token=TOKEN)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "zabbix   7.0.5",
        "host     web-1 10.0.0.1:10050",
        "problems 2",
        "         2026-01-01T00:00:00+00:00 disaster web-1 is down",
    ]


def test_the_script_says_that_the_token_may_be_wrong(url: str) -> None:
    ended = run("zabbix", url, token="e" * 64)
    assert ended.returncode == 1
    assert ended.stderr.startswith("zabbix: Invalid params.")
    assert ended.stderr.endswith("Is ZABBIX_TOKEN right?\n")
    assert ended.stderr.count("\n") == 1


def test_the_script_says_that_nobody_is_there() -> None:
    ended = run("zabbix", nobody(), token=TOKEN)
    assert ended.returncode == 1
    assert ended.stderr.startswith("zabbix: no connection")
    assert "`apiinfo.version`" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("token", [None, ""])
def test_the_script_wants_a_token(token: str | None) -> None:
    ended = run("zabbix", nobody(), token=token)
    assert ended.returncode == 2
    assert ended.stderr == "usage: ZABBIX_TOKEN=… python -m examples.foreign.zabbix URL\n"


def test_the_script_takes_no_token_that_cannot_be_one(url: str) -> None:
    ended = run("zabbix", url, token="two words")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "two words" not in ended.stderr


def test_nobody_is_there(http_place: Place) -> None:
    with pytest.raises(Unreachable):
        http_place.client(ZabbixLoginClient, nobody(), timeout=5.0).api_version()
