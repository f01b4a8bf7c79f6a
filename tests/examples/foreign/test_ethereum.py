"""The client of `examples/foreign/ethereum.rpc` with a node that knows nothing of us."""

from collections.abc import Iterator

import pytest

from ethereum.v1 import (
    Access,
    EthereumClient,
    ExecutionReverted,
    FullBlocksClient,
    LogFilter,
    Message,
    Outcome,
    TransactionType,
    latest,
)
from rpcgen_runtime import (
    BadReply,
    InvalidArguments,
    MethodNotFound,
    UnknownRemoteError,
    Unreachable,
    Unrecognized,
)
from tests.examples.foreign import ethereum_node as chain
from tests.examples.foreign.scripts import nobody, run
from tests.runtime.places import Place


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[chain.Node, str]]:
    node = chain.Node()
    with chain.serving(node) as url:
        yield node, url


@pytest.fixture
def node(served: tuple[chain.Node, str]) -> chain.Node:
    node, _ = served
    node.asked.clear()
    node.is_syncing = False
    return node


@pytest.fixture
def url(served: tuple[chain.Node, str]) -> str:
    return served[1]


@pytest.fixture
def client(http_place: Place, url: str) -> EthereumClient:
    return http_place.client(EthereumClient, url)


def test_the_node_tells_what_it_is(client: EthereumClient) -> None:
    assert client.client_version().startswith("Geth/")
    assert client.network() == "1337"
    assert int(client.chain_id(), 16) == 1337
    assert int(client.block_number(), 16) == 1
    assert int(client.gas_price(), 16) == 10**9


def test_syncing_is_false_or_an_object(client: EthereumClient, node: chain.Node) -> None:
    assert client.syncing() is False
    node.is_syncing = True
    assert client.syncing() == {
        "startingBlock": "0x0",
        "currentBlock": "0x1",
        "highestBlock": "0x10",
    }


def test_parameters_travel_by_position(client: EthereumClient, node: chain.Node) -> None:
    client.chain_id()
    client.get_balance(address=chain.ALICE, block="0x1")
    client.estimate_gas(Message(to=chain.BOB))
    client.estimate_gas(Message(to=chain.BOB), "earliest")
    client.get_block_by_number(latest, full=False)
    assert node.asked == [
        ("eth_chainId", []),
        ("eth_getBalance", [chain.ALICE, "0x1"]),
        ("eth_estimateGas", [{"to": chain.BOB}]),
        ("eth_estimateGas", [{"to": chain.BOB}, "earliest"]),
        ("eth_getBlockByNumber", ["latest", False]),
    ]


def test_accounts_are_read(client: EthereumClient) -> None:
    assert int(client.get_balance(chain.ALICE, latest), 16) == 10**18
    assert client.get_transaction_count(chain.ALICE, "pending") == "0x2"
    assert client.get_code(chain.TOKEN_CONTRACT, "0x1") == "0x6001"
    assert client.get_code(chain.ALICE, "safe") == "0x"


def test_a_block_holds_the_hashes_of_its_transactions(client: EthereumClient) -> None:
    block = client.get_block_by_number(latest, full=False)
    assert block is not None
    assert (block.number, block.miner) == ("0x1", chain.BOB)
    assert block.transactions == [chain.LEGACY, chain.TRANSFER]
    assert [it.validator_index for it in block.withdrawals or []] == ["0x5"]


def test_a_full_block_holds_its_transactions(http_place: Place, url: str) -> None:
    block = http_place.client(FullBlocksClient, url).get_block_by_number("0x1", full=True)
    assert block is not None
    first, second = block.transactions
    assert (first.type, first.to, first.from_) == (TransactionType.legacy, None, chain.ALICE)
    assert first.max_fee_per_gas is None
    assert second.type is TransactionType.dynamic_fee
    assert second.access_list == [
        Access(address=chain.TOKEN_CONTRACT, storage_keys=[chain.NOTHING])
    ]


def test_the_wrong_form_of_a_block_is_a_bad_reply(client: EthereumClient) -> None:
    with pytest.raises(BadReply, match="transactions"):
        client.get_block_by_number(latest, full=True)


def test_a_pending_block_has_neither_number_nor_hash(client: EthereumClient) -> None:
    block = client.get_block_by_number("pending", full=False)
    assert block is not None
    assert (block.number, block.hash, block.miner) == (None, None, None)


def test_what_is_not_there_is_none(http_place: Place, url: str, client: EthereumClient) -> None:
    assert client.get_block_by_number("0x3e8", full=False) is None
    assert http_place.client(FullBlocksClient, url).get_block_by_number("0x2", full=True) is None
    assert client.get_transaction_by_hash(chain.NOTHING) is None
    assert client.get_transaction_receipt(chain.NOTHING) is None


def test_a_kind_of_transaction_that_came_later_is_kept(client: EthereumClient) -> None:
    transaction = client.get_transaction_by_hash(chain.FUTURE)
    assert transaction is not None
    assert isinstance(transaction.type, Unrecognized)
    assert transaction.type == "0x7e"
    assert (transaction.block_hash, transaction.transaction_index) == (None, None)


def test_receipts_tell_how_transactions_ended(client: EthereumClient) -> None:
    made = client.get_transaction_receipt(chain.LEGACY)
    sent = client.get_transaction_receipt(chain.TRANSFER)
    assert made is not None
    assert sent is not None
    assert (made.status, made.contract_address) == (Outcome.failed, chain.TOKEN_CONTRACT)
    assert (sent.status, sent.contract_address) == (Outcome.succeeded, None)
    assert [it.topics for it in sent.logs] == [[chain.NOTHING, chain.TRANSFER]]


def test_logs_are_filtered(client: EthereumClient, node: chain.Node) -> None:
    wanted = LogFilter(
        from_block="0x0",
        to_block=latest,
        address=[chain.TOKEN_CONTRACT],
        topics=[None, [chain.LEGACY, chain.TRANSFER]],
    )
    (log,) = client.get_logs(wanted)
    assert (log.data, log.removed) == ("0x25", False)
    assert node.asked[0][1] == [
        {
            "fromBlock": "0x0",
            "toBlock": "latest",
            "address": [chain.TOKEN_CONTRACT],
            "topics": [None, [chain.LEGACY, chain.TRANSFER]],
        }
    ]
    assert client.get_logs(LogFilter(topics=[[chain.LEGACY]])) == []


def test_messages_are_tried(client: EthereumClient) -> None:
    message = Message(from_=chain.ALICE, to=chain.TOKEN_CONTRACT, value="0x0", input="0x01")
    assert int(client.call(message, latest), 16) == 42
    assert client.estimate_gas(message) == "0x5208"


def test_what_reverts_says_so_with_its_data(client: EthereumClient) -> None:
    message = Message(to=chain.TOKEN_CONTRACT, input=chain.REVERTS)
    with pytest.raises(ExecutionReverted) as called:
        client.call(message, latest)
    with pytest.raises(ExecutionReverted) as estimated:
        client.estimate_gas(message)
    for error in (called.value, estimated.value):
        assert (error.code, error.data) == (3, chain.REASON)
        assert error.__notes__ == ["the peer said: execution reverted: no"]


def test_a_transaction_is_sent(client: EthereumClient) -> None:
    assert client.send_raw_transaction(chain.RAW) == chain.FUTURE


def test_the_codes_of_nodes_arrive_as_they_are(client: EthereumClient) -> None:
    with pytest.raises(UnknownRemoteError) as caught:
        client.send_raw_transaction(chain.RAW_AGAIN)
    error = caught.value
    assert (error.code, error.data) == (-32000, None)
    assert error.message == "nonce too low: next nonce 2, tx nonce 0"
    with pytest.raises(UnknownRemoteError, match="header not found"):
        client.get_balance(chain.ALICE, "0x10")


def test_what_the_node_calls_wrong_is_an_invalid_argument(client: EthereumClient) -> None:
    wanted = LogFilter(block_hash=chain.NOTHING, from_block=latest)
    with pytest.raises(InvalidArguments, match="choose one or the other"):
        client.get_logs(wanted)


def test_a_node_without_a_method_says_so(http_place: Place) -> None:
    with chain.serving(chain.Node(lacks="eth_gasPrice")) as url:
        client = http_place.client(EthereumClient, url)
        assert client.chain_id() == "0x539"
        with pytest.raises(MethodNotFound, match="eth_gasPrice does not exist"):
            client.gas_price()


@pytest.mark.parametrize("address", ["", "0x12", "alice", chain.ALICE[2:], chain.ALICE + "00"])
def test_a_wrong_address_is_found_before_it_is_sent(
    client: EthereumClient, node: chain.Node, address: str
) -> None:
    with pytest.raises(InvalidArguments, match="address"):
        client.get_balance(address, latest)
    assert node.asked == []


@pytest.mark.parametrize("block", ["newest", "12", "0x01", "0xABC"])
def test_a_wrong_block_is_found_before_it_is_sent(
    client: EthereumClient, node: chain.Node, block: str
) -> None:
    with pytest.raises(InvalidArguments, match="block"):
        client.get_balance(chain.ALICE, block)
    assert node.asked == []


def test_nobody_is_there(http_place: Place) -> None:
    with pytest.raises(Unreachable):
        http_place.client(EthereumClient, nobody(), timeout=5.0).chain_id()


def test_the_script_tells_what_the_node_knows(url: str) -> None:
    ended = run("ethereum", url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "node       Geth/v1.16.7-stable/linux-amd64/go1.25.0",
        "chain      1337",
        "gas price  1000000000 wei",
        "synced     yes",
        "block      1 of 2026-01-01T00:00:00+00:00",
        "its gas    42000 of 30000000",
        "its size   2 transactions",
        f"           {chain.LEGACY} failed",
        f"           {chain.TRANSFER} succeeded",
    ]


def test_the_script_says_that_nobody_is_there() -> None:
    ended = run("ethereum", nobody())
    assert ended.returncode == 1
    assert ended.stderr.startswith("ethereum: no connection")
    assert ended.stderr.count("\n") == 1


def test_the_script_says_that_it_is_no_node() -> None:
    with chain.serving(chain.Node(lacks="web3_clientVersion")) as url:
        ended = run("ethereum", url)
    assert ended.returncode == 1
    told = "ethereum: the method web3_clientVersion does not exist/is not available\n"
    assert ended.stderr == told


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["ftp://127.0.0.1/"]])
def test_the_script_says_what_it_takes(arguments: list[str]) -> None:
    ended = run("ethereum", *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
