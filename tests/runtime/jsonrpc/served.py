"""The server that the conversations are played against here, and what its words mean."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import JsonValue

from rpcgen_runtime import Context, HttpLimits, Identity, RoleAccess, Server, Threads, Tokens
from rpcgen_runtime.access import Credentials
from rpcgen_runtime.methods import Method
from tests.runtime.generated.new.trial.specification.v1 import SpecificationServer
from tests.runtime.jsonrpc.generated.suite.v1 import SuiteServer
from tests.runtime.jsonrpc.play import Address
from tests.runtime.places import PATIENCE, eventually


class Specification(SpecificationServer):
    """What the examples of the specification call."""

    def __init__(self) -> None:
        self.taken: list[JsonValue] = []
        """What the casts were given since somebody asked."""

    def subtract(self, ctx: Context, minuend: int, subtrahend: int) -> int:
        return minuend - subtrahend

    def sum(self, ctx: Context, a: int, b: int, c: int) -> int:
        return a + b + c

    def get_data(self, ctx: Context) -> list[JsonValue]:
        return ["hello", 5]

    def update(self, ctx: Context, a: int, b: int, c: int, d: int, e: int) -> None:
        self.taken.append(["update", a, b, c, d, e])

    def notify_hello(self, ctx: Context, value: int) -> None:
        self.taken.append(["notify_hello", value])

    def notify_sum(self, ctx: Context, a: int, b: int, c: int) -> None:
        self.taken.append(["notify_sum", a, b, c])

    def echo(self, ctx: Context, value: JsonValue) -> JsonValue:
        return value

    def fail(self, ctx: Context, text: str) -> str:
        raise RuntimeError(text)

    def large(self, ctx: Context, size: int) -> str:
        return "x" * min(size, 20_000_000)

    def half(self, ctx: Context, a: int, b: int) -> float:
        return a / b


class Suite(SuiteServer):
    """What the conversations call beside."""

    def __init__(self, specification: Specification) -> None:
        self.free = threading.Event()
        """Set when nobody waits for what is held any more."""
        self._specification = specification

    async def hold(self, ctx: Context, seconds: float) -> float:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.free.is_set():
            await asyncio.sleep(0.005)
        return seconds

    async def taken(self, ctx: Context, count: int) -> list[JsonValue]:
        until = time.monotonic() + PATIENCE / 2
        while time.monotonic() < until and len(self._specification.taken) < count:
            await asyncio.sleep(0.005)
        found = self._specification.taken
        self._specification.taken = []
        return list(found)

    def total(self, ctx: Context, numbers: list[int]) -> int:
        return sum(numbers)

    def total_of(self, ctx: Context, numbers: dict[str, int]) -> int:
        return sum(numbers.values())

    def repeated(self, ctx: Context, text: str) -> int:
        return len(text)


def _limit(name: str) -> Callable[[str], dict[str, Any]]:
    kind = type(getattr(HttpLimits(), name))
    return lambda value: {"limits": {name: kind(value)}}


def _tokens(value: str) -> dict[str, Any]:
    """`tokens=good:alice:admin,other:bob`: a token, a name and perhaps a role."""
    found = {}
    for each in value.split(","):
        token, name, *roles = each.split(":")
        found[token] = Identity(name, frozenset(roles))
    return {"authenticator": Tokens(found)}


def _grants(value: str) -> dict[str, Any]:
    """`grants=admin:*,reader:*.get_*`: a role, and what it may call."""
    pairs = (it.partition(":") for it in value.split(","))
    return {"access": RoleAccess({role: [pattern] for role, _, pattern in pairs})}


async def _failing_authenticator(_credentials: Credentials) -> Identity | None:
    raise RuntimeError("secret of the authenticator")


def _failing_access(_identity: Identity | None, _method: Method) -> bool:
    raise RuntimeError("secret of the access policy")


_FAILING: Mapping[str, dict[str, Any]] = {
    "authenticator": {"authenticator": _failing_authenticator},
    "access": {"access": _failing_access},
}

WORDS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    **{name: _limit(name) for name in HttpLimits.__dataclass_fields__},
    "max_in_flight": lambda value: {"max_in_flight": int(value)},
    "workers": lambda value: {"executor": Threads(int(value))},
    "named": lambda value: {"server": value},
    "introspection": lambda value: {"introspection": value == "on"},
    "hosts": lambda value: {"allowed_hosts": value.split(",")},
    "origins": lambda value: {"allowed_origins": value.split(",")},
    "tokens": _tokens,
    "grants": _grants,
    "failing": lambda value: _FAILING[value],
    "path": lambda value: {"path": value},
}
"""What each word of a `@server` line means to ours."""


def options(words: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of our server for the words of a block."""
    found: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for name, value in words.items():
        told = WORDS[name](value)
        limits |= told.pop("limits", {})
        found |= told
    return {**found, "limits": HttpLimits(**limits)} if limits else found


@dataclass(frozen=True)
class Served:
    """A running server."""

    server: Server
    address: Address
    suite: Suite

    def is_idle(self) -> bool:
        """Whether it holds nothing that a client left behind."""
        state = self.server._acceptor._state  # type: ignore[attr-defined]  # of HTTP
        return not (state.connections or state.tasks or self.server.in_flight)

    def settle(self) -> None:
        """Give up what it holds back, and wait until it is idle. Raises AssertionError."""
        self.suite.free.set()
        assert eventually(self.is_idle), "the server holds what nobody waits for any more"


@contextmanager
def serving(words: Mapping[str, str]) -> Iterator[Served]:
    """Run a server; what it holds back ends with it."""
    told = options(words)
    url = f"http://127.0.0.1:0{told.pop('path', '')}"
    specification = Specification()
    suite = Suite(specification)
    with Server(url, [specification, suite], **told) as server:
        parts = urlsplit(server.url)
        try:
            yield Served(server, Address(str(parts.hostname), parts.port or 0), suite)
        finally:
            suite.free.set()
