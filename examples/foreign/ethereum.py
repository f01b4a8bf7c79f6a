"""What an Ethereum node knows: `python -m examples.foreign.ethereum http://127.0.0.1:8545`.

Exit codes: 0 all told, 1 the node did not answer as it should, 2 wrong usage.
"""

import datetime as dt
import sys
from collections.abc import Sequence

from ethereum.v1 import Block, EthereumClient, Outcome, latest
from rpcgen_runtime import RpcError, Unrecognized, connect

MAX_LINES = 10


def main(arguments: Sequence[str]) -> int:
    """Tell what the node at the URL knows; return the exit code."""
    if len(arguments) != 1:
        return _complain("usage: python -m examples.foreign.ethereum URL", 2)
    try:
        with connect(arguments[0], timeout=10.0) as transport:
            _tell(EthereumClient(transport))
    except RpcError as error:
        return _complain(f"ethereum: {error}", 1)
    except ValueError as error:
        return _complain(f"ethereum: {error}", 2)
    return 0


def _tell(node: EthereumClient) -> None:
    print("node      ", node.client_version())
    print("chain     ", _number(node.chain_id()))
    print("gas price ", _number(node.gas_price()), "wei")
    print("synced    ", "yes" if node.syncing() is False else "not yet")
    block = node.get_block_by_number(latest, full=False)
    if block is not None:
        _tell_block(node, block)


def _tell_block(node: EthereumClient, block: Block) -> None:
    made = dt.datetime.fromtimestamp(_number(block.timestamp), dt.UTC)
    print("block     ", _number(block.number or "0x0"), "of", made.isoformat())
    print("its gas   ", _number(block.gas_used), "of", _number(block.gas_limit))
    print("its size  ", len(block.transactions), "transactions")
    for hash_ in block.transactions[:MAX_LINES]:
        receipt = node.get_transaction_receipt(hash_)
        if receipt is not None:
            print("          ", hash_, _ended(receipt.status))


def _ended(outcome: Outcome | Unrecognized | None) -> str:
    return outcome.name if isinstance(outcome, Outcome) else f"ended with {outcome}"


def _number(quantity: str) -> int:
    return int(quantity, 16)


def _complain(why: str, code: int) -> int:
    print(why, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
