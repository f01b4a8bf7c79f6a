"""What clients send: how much, of which kinds, how long it takes. Pure."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.faults.work import Job, Kind

_KEY = re.compile(rb"k\.\w+\.\w+\.k")

MIX: Mapping[Kind, float] = {Kind.ONCE: 0.5, Kind.AGAIN: 0.4, Kind.LATER: 0.1}


@dataclass(frozen=True, slots=True)
class Load:
    """The load of one row; the phases are in seconds."""

    clients: int
    servers: int
    rate: float
    """Requests a second of all clients together."""
    timeout: float = 10.0
    """Deadline of each request."""
    seconds: float = 0.005
    """How long a handler works,"""
    slow_seconds: float = 2.0
    """and how long one of a hundred does."""
    slow_share: float = 0.01
    before: float = 5.0
    after: float = 30.0
    """How long is looked on after healing."""
    padding: int = 0
    """Characters that make a request larger."""

    def described(self) -> str:
        """Return it for people."""
        return (
            f"{self.clients} clients, {self.servers} servers, {self.rate:g} requests/s, "
            f"deadline {self.timeout:g} s"
        )


FULL = Load(clients=4, servers=3, rate=200.0)
BRIEF = Load(
    clients=2, servers=2, rate=60.0, slow_seconds=0.5, slow_share=0.05, before=1.5, after=3.0
)
"""The same in the time that a test may take."""

ONE_AT_A_TIME = ("pika",)
"""Sides whose servers take no second request before the first is done."""


def fitting(side: str, load: Load) -> Load:
    """Return a load that a side can bear without any fault."""
    return replace(load, rate=load.rate / 10) if side in ONE_AT_A_TIME else load


def key(client: str, number: int | str) -> str:
    """Return a key that is found in any message, however that is encoded; see `keys_in`."""
    return f"k.{client}.{number}.k"


def keys_in(body: bytes) -> list[str]:
    """Return the keys in a message."""
    return [it.decode() for it in _KEY.findall(body)]


def request(load: Load, seed: int, client: str, number: int) -> tuple[Kind, Job]:
    """Return the request with a number; the same for the same seed."""
    # The seed makes load that can be had again, no secrets.
    dice = random.Random(f"{seed}/{client}/{number}")
    kind = dice.choices(list(MIX), list(MIX.values()))[0]
    is_slow = dice.random() < load.slow_share
    job = Job(
        key(client, number),
        load.slow_seconds if is_slow else load.seconds,
        padding="x" * load.padding,
    )
    return kind, job
