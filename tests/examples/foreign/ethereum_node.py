"""A node with two blocks, on pjrpc, starlette and uvicorn; nothing in it is ours.

What it answers has the form of what go-ethereum answers.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from pjrpc.server import Dispatcher, MethodRegistry
from pjrpc.server.exceptions import InvalidParamsError, JsonRpcError, MethodNotFoundError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Thing = dict[str, Any]

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
TOKEN_CONTRACT = "0x" + "c0" * 20
TRANSFER = "0x" + "7e" * 32
LEGACY = "0x" + "01" * 32
FUTURE = "0x" + "02" * 32
NOTHING = "0x" + "00" * 32
BLOOM = "0x" + "00" * 256
REVERTS = "0xdead"
REASON = "0x08c379a0" + "00" * 32
RAW = "0xf86c80"
RAW_AGAIN = "0xf86c81"
WORDS = {"earliest": "0x0", "finalized": "0x0", "safe": "0x1", "latest": "0x1", "pending": "0x1"}


class Node:
    """Keeps what it was asked; may lack a method, as older nodes do."""

    def __init__(self, *, lacks: str = "") -> None:
        self.asked: list[tuple[str, Any]] = []
        self.is_syncing = False
        self._lacks = lacks

    def methods(self) -> MethodRegistry:
        """Return the methods by their names on the wire."""
        found = MethodRegistry()
        by_name: dict[str, Callable[..., Any]] = {
            "web3_clientVersion": lambda: "Geth/v1.16.7-stable/linux-amd64/go1.25.0",
            "net_version": lambda: "1337",
            "eth_chainId": lambda: "0x539",
            "eth_blockNumber": lambda: "0x1",
            "eth_gasPrice": lambda: "0x3b9aca00",
            "eth_syncing": self._syncing,
            "eth_getBalance": _balance,
            "eth_getTransactionCount": _count,
            "eth_getCode": _code,
            "eth_getBlockByNumber": _block,
            "eth_getTransactionByHash": lambda hash_: _transactions().get(hash_),
            "eth_getTransactionReceipt": _receipt,
            "eth_getLogs": _logs,
            "eth_call": _call,
            "eth_estimateGas": _estimate,
            "eth_sendRawTransaction": _send,
        }
        by_name.pop(self._lacks, None)
        for name, method in by_name.items():
            found.add_method(method, name)
        return found

    def _syncing(self) -> Any:
        if not self.is_syncing:
            return False
        return {"startingBlock": "0x0", "currentBlock": "0x1", "highestBlock": "0x10"}


@contextmanager
def serving(node: Node) -> Iterator[str]:
    """Serve it on a free port; yield its address."""
    dispatcher: Dispatcher[None] = Dispatcher(middlewares=[_noting(node), _in_its_own_words])
    dispatcher.add_methods(node.methods())

    async def handle(request: Request) -> Response:
        answer = dispatcher.dispatch((await request.body()).decode(), None)
        return Response(answer[0] if answer else "", media_type="application/json")

    app = Starlette(routes=[Route("/", handle, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _noting(node: Node) -> Any:
    def note(request: Any, context: None, handler: Any) -> Any:
        node.asked.append((request.method, request.params))
        return handler(request, context)

    return note


def _in_its_own_words(request: Any, context: None, handler: Any) -> Any:
    """Say no as go-ethereum does."""
    response = handler(request, context)
    if response.error and response.error.code == MethodNotFoundError.CODE:
        text = f"the method {request.method} does not exist/is not available"
        response.error = JsonRpcError(MethodNotFoundError.CODE, text)
    return response


def _state_of(block: str) -> None:
    if WORDS.get(block, block) not in {"0x0", "0x1"}:
        raise JsonRpcError(-32000, "header not found")


def _balance(address: str, block: str) -> str:
    _state_of(block)
    return "0xde0b6b3a7640000" if address == ALICE else "0x0"


def _count(address: str, block: str) -> str:
    _state_of(block)
    return "0x2" if address == ALICE else "0x0"


def _code(address: str, block: str) -> str:
    _state_of(block)
    return "0x6001" if address == TOKEN_CONTRACT else "0x"


def _block(block: str, full: object) -> Thing | None:
    number = WORDS.get(block, block)
    if number not in {"0x0", "0x1"}:
        return None
    transactions = list(_transactions().values())[:2] if number == "0x1" else []
    found = {**_header(number), "transactions": transactions}
    if block == "pending":
        found |= {"number": None, "hash": None, "nonce": None, "logsBloom": None, "miner": None}
    if not full:
        found["transactions"] = [it["hash"] for it in transactions]
    return found


def _header(number: str) -> Thing:
    return {
        "number": number,
        "hash": _hash_of(number),
        "parentHash": NOTHING,
        "nonce": "0x0000000000000000",
        "mixHash": NOTHING,
        "sha3Uncles": NOTHING,
        "logsBloom": BLOOM,
        "transactionsRoot": NOTHING,
        "stateRoot": NOTHING,
        "receiptsRoot": NOTHING,
        "miner": BOB,
        "difficulty": "0x0",
        "extraData": "0x",
        "size": "0x2a4",
        "gasLimit": "0x1c9c380",
        "gasUsed": "0xa410",
        "timestamp": "0x6955b900",
        "baseFeePerGas": "0x7",
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "withdrawals": [{"index": "0x0", "validatorIndex": "0x5", "address": BOB, "amount": "0x9"}],
        "withdrawalsRoot": NOTHING,
        "requestsHash": NOTHING,
        "uncles": [],
    }


def _hash_of(number: str) -> str:
    return "0x" + number[2:].rjust(2, "0") * 32


def _transactions() -> dict[str, Thing]:
    legacy: Thing = {
        "hash": LEGACY,
        "type": "0x0",
        "blockHash": _hash_of("0x1"),
        "blockNumber": "0x1",
        "blockTimestamp": "0x6955b900",
        "transactionIndex": "0x0",
        "from": ALICE,
        "to": None,
        "nonce": "0x0",
        "value": "0x0",
        "gas": "0x5208",
        "gasPrice": "0x3b9aca00",
        "input": "0x6001",
        "v": "0xa95",
        "r": "0x1",
        "s": "0x2",
    }
    transfer: Thing = {
        **legacy,
        "hash": TRANSFER,
        "type": "0x2",
        "transactionIndex": "0x1",
        "to": TOKEN_CONTRACT,
        "nonce": "0x1",
        "maxFeePerGas": "0x77359400",
        "maxPriorityFeePerGas": "0x1",
        "accessList": [{"address": TOKEN_CONTRACT, "storageKeys": [NOTHING]}],
        "chainId": "0x539",
        "v": "0x1",
        "yParity": "0x1",
    }
    # Waits for a block, and is of a kind that came after the contract.
    future = {**transfer, "hash": FUTURE, "type": "0x7e", "blockHash": None, "blockNumber": None}
    future["transactionIndex"] = None
    return {it["hash"]: it for it in (legacy, transfer, future)}


def _receipt(hash_: str) -> Thing | None:
    transaction = _transactions().get(hash_)
    if transaction is None or transaction["blockHash"] is None:
        return None
    is_transfer = hash_ == TRANSFER
    return {
        "transactionHash": hash_,
        "transactionIndex": transaction["transactionIndex"],
        "blockHash": transaction["blockHash"],
        "blockNumber": "0x1",
        "type": transaction["type"],
        "status": "0x1" if is_transfer else "0x0",
        "from": ALICE,
        "to": transaction["to"],
        "contractAddress": None if is_transfer else TOKEN_CONTRACT,
        "gasUsed": "0x5208",
        "cumulativeGasUsed": "0x5208",
        "effectiveGasPrice": "0x8",
        "logs": [_log()] if is_transfer else [],
        "logsBloom": BLOOM,
    }


def _log() -> Thing:
    return {
        "address": TOKEN_CONTRACT,
        "topics": [NOTHING, TRANSFER],
        "data": "0x25",
        "blockNumber": "0x1",
        "blockHash": _hash_of("0x1"),
        "blockTimestamp": "0x6955b900",
        "transactionHash": TRANSFER,
        "transactionIndex": "0x1",
        "logIndex": "0x0",
        "removed": False,
    }


def _logs(wanted: Thing) -> list[Thing]:
    if "blockHash" in wanted and "fromBlock" in wanted:
        text = "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"
        raise JsonRpcError(InvalidParamsError.CODE, text)
    if TOKEN_CONTRACT not in wanted.get("address", [TOKEN_CONTRACT]):
        return []
    places = zip(wanted.get("topics", []), _log()["topics"], strict=False)
    fits = all(choice is None or topic in choice for choice, topic in places)
    return [_log()] if fits else []


def _call(message: Thing, block: str) -> str:
    _state_of(block)
    if message.get("input") == REVERTS:
        raise JsonRpcError(3, "execution reverted: no", REASON)
    return "0x" + "00" * 31 + "2a"


def _estimate(message: Thing, block: str = "latest") -> str:
    _call(message, block)
    return "0x5208"


def _send(transaction: str) -> str:
    if transaction == RAW_AGAIN:
        raise JsonRpcError(-32000, "nonce too low: next nonce 2, tx nonce 0")
    return FUTURE
