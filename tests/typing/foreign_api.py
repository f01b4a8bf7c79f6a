"""Read by type checkers, never run: contracts of other people's services, as `generated_api` says."""

from typing import assert_type

from pydantic import JsonValue

from ethereum.v1 import (
    AsyncEthereumClient,
    Block,
    EthereumClient,
    FullBlock,
    FullBlocksClient,
    Outcome,
    Receipt,
    Transaction,
)
from rpcgen_runtime import Unrecognized, connect
from zabbix.v7 import (
    Host,
    HostField,
    ProblemField,
    Severity,
    Status,
    ZabbixClient,
    ZabbixCountsClient,
)


def what_a_node_answers(node: EthereumClient, full: FullBlocksClient, receipt: Receipt) -> None:
    assert_type(node.block_number(), str)
    assert_type(node.syncing(), JsonValue)
    assert_type(node.get_block_by_number("latest", full=False), Block | None)
    assert_type(full.get_block_by_number("latest", full=True), FullBlock | None)
    assert_type(node.get_transaction_by_hash("0x"), Transaction | None)
    assert_type(receipt.status, Outcome | Unrecognized | None)


async def what_a_node_answers_later(node: AsyncEthereumClient) -> None:
    assert_type(await node.chain_id(), str)


def what_zabbix_answers(zabbix: ZabbixClient, counts: ZabbixCountsClient) -> None:
    assert_type(zabbix.host_get(output=[HostField.host]), list[Host])
    assert_type(zabbix.host_get()[0].status, Status | Unrecognized | None)
    assert_type(counts.problem_count(count_output=True), str)


def wrong_calls(node: EthereumClient, zabbix: ZabbixClient) -> None:
    node.eth_blockNumber()  # type: ignore[attr-defined]
    node.get_balance("0x")  # type: ignore[call-arg]
    node.get_balance("0x", 12)  # type: ignore[arg-type]
    node.get_block_by_number("latest", full=False).number  # type: ignore[union-attr]
    zabbix.host_get(output=["host"])  # type: ignore[list-item]
    zabbix.host_get(output=[ProblemField.name_])  # type: ignore[list-item]
    zabbix.host_get(selectInterfaces=["ip"])  # type: ignore[call-arg]
    zabbix.problem_get(severities=[5])  # type: ignore[list-item]


def a_host_may_lack_what_was_not_asked_for(host: Host) -> str:
    return host.name  # type: ignore[return-value]


def a_branch_is_missing(severity: Severity | Unrecognized) -> str:  # type: ignore[return]
    match severity:
        case Severity.high | Severity.disaster:
            return "at once"
        case Unrecognized():
            return "who knows"


def a_token_is_a_text() -> None:
    connect("http://127.0.0.1/", token="x")
    connect("http://127.0.0.1/", token=lambda: "x")
    connect("http://127.0.0.1/", token=1)  # type: ignore[arg-type]
