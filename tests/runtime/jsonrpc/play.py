"""Plays conversations against a server, wherever it runs.

Of the standard library alone.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

from tests.runtime.jsonrpc.answers import WireError
from tests.runtime.jsonrpc.conversation import (
    Ask,
    Begun,
    Block,
    Ending,
    Expected,
    Pause,
    Raw,
    Step,
    Turn,
)
from tests.runtime.jsonrpc.judge import check_time, judge
from tests.runtime.jsonrpc.wire import PATIENCE, EndedError, Wire


class Address:
    """Where a server listens."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def connect(self) -> Wire:
        """Return a connection. Raises OSError."""
        return Wire(self.host, self.port)


def play(block: Block, address: Address) -> Iterator[str]:
    """Play the turns of one block; yields `line: what went wrong`."""
    with ExitStack() as kept:
        named: dict[str, Wire] = {}
        for turn in block.turns:
            try:
                _play(turn, address, named, kept)
            except (AssertionError, OSError) as error:
                yield str(error) or repr(error)


def play_on_one(turns: Sequence[Turn], address: Address) -> Iterator[str]:
    """Play turns one after the other on one connection."""
    with closing(address.connect()) as wire:
        for turn in turns:
            try:
                _say(turn, wire, address)
            except (AssertionError, OSError) as error:
                yield str(error) or repr(error)
                return


def _play(turn: Turn, address: Address, named: dict[str, Wire], kept: ExitStack) -> None:
    for _ in range(turn.crowd or 0):
        _say(turn, kept.enter_context(closing(address.connect())), address)
    if turn.crowd:
        return
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if turn.connection is None:
                with closing(address.connect()) as wire:
                    _say(turn, wire, address)
                return
            if turn.connection not in named:
                wire = kept.enter_context(closing(address.connect()))
                named[turn.connection] = wire
            _say(turn, named[turn.connection], address)
            return
        except AssertionError:
            if not turn.is_repeated or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _say(turn: Turn, wire: Wire, address: Address) -> None:
    """Play one turn. Raises AssertionError, with the line of the answer that is another one."""
    begun = time.monotonic()
    said = []
    for step in turn.steps:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
        elif isinstance(step, Begun):
            assert wire.has_news(PATIENCE), f"{turn.line}: no answer begins"
        else:
            data = step.encoded(address.name)
            said.append(data[:5] == b"HEAD ")
            wire.send(data, step.drip if isinstance(step, Raw) else None)
    for at, expected in enumerate(turn.expected):
        try:
            _hear(expected, wire, begun, is_head=said[min(at, len(said) - 1)])
        except AssertionError as error:
            raise AssertionError(f"{expected.line}: ({turn.heading}) {error}") from error


def _hear(expected: Expected, wire: Wire, begun: float, *, is_head: bool) -> None:
    if expected.ending is Ending.LATER:
        return
    if expected.ending is Ending.CUT:
        _hear_a_part(wire)
        return
    if expected.status is None:
        wire.ended()
        check_time(expected, time.monotonic() - begun)
        return
    answer = wire.read(is_bodiless=is_head)
    judge(expected, answer)
    if expected.ending is Ending.CLOSED:
        wire.ended()
    check_time(expected, time.monotonic() - begun)


def _hear_a_part(wire: Wire) -> None:
    try:
        wire.read()
    except EndedError as error:
        if not error.begun:
            raise WireError("the connection ended before an answer began") from None
    else:
        raise WireError("the answer is complete")


def claiming(turn: Turn, name: str, value: str) -> Turn:
    """Return the turn with one more header in each request that has not got it."""
    steps: list[Step] = [
        replace(it, headers={name: value, **it.headers}) if isinstance(it, Ask) else it
        for it in turn.steps
    ]
    return replace(turn, steps=steps)
