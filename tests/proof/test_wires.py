"""What is compatible within one process is so over HTTP and through a broker: some pairs of each."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from rpcgen.contract.changes import verdict
from rpcgen.contract.compare import compare
from tests.broker.reached import Broker
from tests.proof.conversation import Conversation
from tests.proof.failures import Failure
from tests.proof.judge import COMPATIBLE
from tests.proof.line import Ends
from tests.proof.pairs import Pair, bases
from tests.proof.sides import Compiler, Refused, imported

SEED = 4
HTTP, AMQP = 40, 12
TRIES = 3


def test_compatible_pairs_understand_each_other_over_http(tmp_path: Path) -> None:
    for pair, ends in islice(_compatible(tmp_path), HTTP):
        assert not _failures(ends, pair, "http://127.0.0.1:0"), pair.text()


def test_compatible_pairs_understand_each_other_through_a_broker(
    tmp_path: Path, broker: Broker
) -> None:
    for pair, ends in islice(_compatible(tmp_path), AMQP):
        with broker.fresh() as url:
            assert not _failures(ends, pair, url), pair.text()


def _failures(ends: Ends, pair: Pair, url: str) -> list[str]:
    """Return what does not get through there, although it does within the process."""
    there = _held(Conversation(ends=ends, seed=pair.name, tries=TRIES, url=url, all_methods=True))
    here = _held(Conversation(ends=ends, seed=pair.name, tries=TRIES, all_methods=True))
    known = {(it.method, it.part) for it in here}
    return [it.text() for it in there if (it.method, it.part) not in known]


def _held(conversation: Conversation) -> list[Failure]:
    return [*asyncio.run(conversation.held()).failures]


def _compatible(folder: Path) -> Iterator[tuple[Pair, Ends]]:
    """Yield pairs whose verdict is that old clients are served."""
    compiler = Compiler(folder)
    for base in bases(SEED):
        for pair in base.pairs():
            with suppress(Refused), _ends(pair, compiler) as ends:
                if verdict(compare(ends.client.packages, ends.server.packages)) in COMPATIBLE:
                    yield pair, ends


@contextmanager
def _ends(pair: Pair, compiler: Compiler) -> Iterator[Ends]:
    was, now = compiler.compile(pair.was), compiler.compile(pair.now)
    with imported(was) as client, imported(now) as server:
        yield Ends(client, server, is_late=False)
