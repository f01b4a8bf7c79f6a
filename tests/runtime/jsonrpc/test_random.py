"""A random attacker, for as long as it is let: what it sends is broken in every place there is.

`RPCGEN_RANDOM_SECONDS=300` and `RPCGEN_RANDOM_SEED=7` set how long and how. Whatever comes, the
server answers the next good request; each answer is well-formed, tells no secret and is to the id
that was sent; each connection ends; and nothing is left behind.
"""

import json
import logging
import os
import random
import select
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from tests.runtime.jsonrpc.answers import Answer, WireError, take
from tests.runtime.jsonrpc.judge import check
from tests.runtime.jsonrpc.mutations import Attack, Attacker
from tests.runtime.jsonrpc.play import Address
from tests.runtime.jsonrpc.served import serving
from tests.runtime.jsonrpc.test_conversations import check_log
from tests.runtime.jsonrpc.wire import Wire

SECONDS = float(os.environ.get("RPCGEN_RANDOM_SECONDS", "3"))
SEED = int(os.environ.get("RPCGEN_RANDOM_SEED", "1"))
AT_ONCE = 256
"""Connections that are open at once."""
END = 15.0
"""Seconds in which a connection ends on which nothing more is said: all timeouts are far less."""
SLOW = 0.5
TIMEOUTS = {
    "header_timeout": "1",
    "body_timeout": "1",
    "keep_alive": "1",
    "write_timeout": "2",
    "max_timeout": "3",
    "max_body": "100000",
    "max_header": "4096",
    "max_depth": "50",
    "max_keys": "500",
    "max_batch": "20",
    "max_response": "1000000",
}
GOOD = b'{"jsonrpc":"2.0","id":"good","method":"subtract","params":[42,23]}'
REQUEST = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@dataclass
class Exchange:
    """One attack under way."""

    number: int
    attack: Attack
    wire: Wire
    begun: float = field(default_factory=time.monotonic)
    was_slow: bool = False
    """Whether we took so long to send that the server may have lost patience."""
    answers: list[Answer] = field(default_factory=list)

    def goes_on(self) -> bool:
        """Take what has come; False once the server has ended the connection."""
        goes_on = self.wire.receive()
        while (answer := take(self.wire.pending)) is not None:
            self.answers.append(answer)
        return goes_on

    def judge(self) -> None:
        """Hold what came to what may come. Raises AssertionError."""
        if self.wire.pending:
            raise WireError(f"the connection ended after {bytes(self.wire.pending[:200])!r}")
        for answer in self.answers:
            check(answer)
        if not self.was_slow:
            self.attack.judge(self.answers)


class Siege:
    """Attacks on one server."""

    def __init__(self, address: Address, seed: int) -> None:
        self._address = address
        self._seed = seed
        self._open: dict[int, Exchange] = {}
        self._last: deque[tuple[int, Sequence[bytes]]] = deque(maxlen=4)
        self.rounds = 0
        self.statuses: Counter[str] = Counter()

    def go_on(self) -> None:
        """Attack once, look at what came of the others, and ask for something good."""
        attacker = Attacker(random.Random(f"{self._seed}:{self.rounds}"))
        exchange = Exchange(self.rounds, attacker.attack(), self._address.connect())
        self._last.append((self.rounds, exchange.attack.pieces))
        self.rounds += 1
        self._open[exchange.wire.socket.fileno()] = exchange
        for piece in exchange.attack.pieces:
            exchange.wire.send(piece)
        exchange.was_slow = time.monotonic() - exchange.begun > SLOW
        if exchange.attack.is_left:
            del self._open[exchange.wire.socket.fileno()]
            exchange.wire.close()
        self._look(0.0)
        while len(self._open) >= AT_ONCE:
            self._look(0.1)
        self._ask_for_something_good()

    def end(self) -> None:
        """Wait for what is under way."""
        while self._open:
            self._look(0.1)

    @contextmanager
    def telling_the_last(self) -> Iterator[None]:
        """Say which attacks were the last where something is found that any of them may have done."""
        try:
            yield
        except AssertionError as error:
            last = "\n".join(f"{number}: {sent!r:.2000}" for number, sent in self._last)
            raise AssertionError(
                f"{error}\nseed {self._seed}, the last attacks:\n{last}"
            ) from error

    def _look(self, seconds: float) -> None:
        ready, _, _ = select.select(list(self._open), [], [], seconds)
        for number in ready:
            exchange = self._open[number]
            with _told(self._seed, exchange):
                if not exchange.goes_on():
                    exchange.wire.close()
                    del self._open[number]
                    exchange.judge()
                    said = " ".join(str(it.status) for it in exchange.answers)
                    self.statuses[said or "nothing"] += 1
        for exchange in self._open.values():
            with _told(self._seed, exchange):
                assert time.monotonic() - exchange.begun < END, "the connection does not end"

    def _ask_for_something_good(self) -> None:
        with closing(self._address.connect()) as wire:
            wire.send(REQUEST + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD)
            answer = wire.read()
        assert json.loads(answer.body) == {"jsonrpc": "2.0", "id": "good", "result": 19}


class _told:
    """Says which attack it was."""

    def __init__(self, seed: int, exchange: Exchange) -> None:
        self._seed, self._exchange = seed, exchange

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AssertionError):
            attack = self._exchange.attack
            said = b"".join(attack.pieces)
            raise AssertionError(
                f"seed {self._seed}, round {self._exchange.number}, {attack.kind}: {error}\n"
                f"sent {len(said)} bytes: {said[:3000]!r}\nanswered: {self._exchange.answers!r:.3000}"
            ) from error


def test_a_random_attacker_does_no_harm(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    until = time.monotonic() + SECONDS
    with serving(TIMEOUTS) as served:
        siege = Siege(served.address, SEED)
        while time.monotonic() < until:
            siege.go_on()
            with siege.telling_the_last():
                check_log(caplog)
            caplog.clear()
        siege.end()
        served.settle()
    check_log(caplog)
    assert siege.rounds > SECONDS, "hardly anything was tried"
    if SECONDS > 60:
        with capsys.disabled():
            print(f"\n{siege.rounds} attacks, seed {SEED}: {siege.statuses.most_common(40)}")
