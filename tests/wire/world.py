"""The contract of the vectors, compiled, and the servers that its comments describe."""

import datetime as dt
import importlib
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rpcgen.compile import compile_paths
from rpcgen.python import output
from rpcgen_runtime import (
    Context,
    HttpLimits,
    Identity,
    Invocation,
    RoleAccess,
    Server,
    Tokens,
)
from rpcgen_runtime.codecs import ReplyCodec
from rpcgen_runtime.generated_v1 import Endpoint
from rpcgen_runtime.methods import Method
from tests.wire.raw import post
from tests.wire.vectors import FOLDER

PATIENCE = 20.0
SERVER = "node-7"
TOKEN = "letmein"
OCCUPY = b'{"jsonrpc":"2.0","id":1,"method":"shelf.count"}'
SMALL = HttpLimits(max_body=400, max_batch=2, max_depth=6, max_keys=5, max_response=60)


@dataclass(frozen=True)
class Contract:
    """The generated code: `v` is its package, `methods` its table by `Service.method`."""

    v: Any
    methods: Mapping[str, Method]


@contextmanager
def compiled(folder: Path) -> Iterator[Contract]:
    """Compile docs/wire into `folder` and import it."""
    found = compile_paths([FOLDER], FOLDER)
    assert not found.report, found.report.diagnostics
    output.write(output.changes(folder, found.files, found.folders))
    sys.path.insert(0, str(folder))
    try:
        table = vars(importlib.import_module("wire.vectors.v1.methods"))
        methods = {it.label: it for it in table.values() if isinstance(it, Method)}
        yield Contract(importlib.import_module("wire.vectors.v1"), methods)
    finally:
        sys.path.remove(str(folder))
        for name in [it for it in sys.modules if it == "wire" or it.startswith("wire.")]:
            del sys.modules[name]


@dataclass
class Spy:
    """Sees what handlers are given."""

    contract: Contract
    _received: list[str] = field(default_factory=list)
    _told: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @contextmanager
    def __call__(self, invocation: Invocation) -> Iterator[None]:
        """Note the arguments, as an interceptor."""
        method = self.contract.methods[f"{invocation.service}.{invocation.method}"]
        parts = [
            f'"{it.wire_name}":{_json(it.annotation, invocation.arguments[it.name])}'
            for it in method.params
        ]
        self._received.append("{" + ",".join(parts) + "}")
        self._told.release()
        yield

    def forget(self) -> None:
        """Forget what nobody took."""
        while self._told.acquire(timeout=0.0):
            self._received.pop()

    def take(self) -> str | None:
        """Return the last arguments as JSON; None where nothing comes."""
        if not self._told.acquire(timeout=PATIENCE):
            return None
        return self._received.pop()


def _json(annotation: object, value: object) -> str:
    return ReplyCodec[object](annotation).encode(value).decode()


@dataclass(frozen=True)
class World:
    """The servers of the vectors, by name."""

    urls: Mapping[str, str]
    spy: Spy


@contextmanager
def served(contract: Contract) -> Iterator[World]:
    """Run the servers."""
    spy = Spy(contract)
    is_free, is_busy = threading.Event(), threading.Event()

    def wait(_self: object, _ctx: Context) -> int:
        is_busy.set()
        assert is_free.wait(PATIENCE)
        return 3

    known = Identity("ann", frozenset(["reader"]))
    options: dict[str, dict[str, Any]] = {
        "open": {},
        "watched": {"interceptors": [spy]},
        "small": {"limits": SMALL},
        "guarded": {
            "authenticator": Tokens({TOKEN: known}),
            "access": RoleAccess({"reader": ["Types.*", "Shelf.beside"]}),
        },
        "busy": {"max_in_flight": 1},
    }
    with ExitStack() as stack:
        urls = {}
        for name, each in options.items():
            handlers = endpoints(contract.v, count=wait if name == "busy" else _count)
            server = Server("http://127.0.0.1:0", handlers, server=SERVER, **each)
            urls[name] = stack.enter_context(server).url
        occupied = threading.Thread(target=post, args=(urls["busy"], OCCUPY))
        occupied.start()
        stack.callback(occupied.join)
        stack.callback(is_free.set)
        assert is_busy.wait(PATIENCE)
        yield World(urls, spy)


def endpoints(v: Any, count: Callable[..., int]) -> Sequence[Endpoint]:
    """Return what the comments of the contract describe."""
    types = dict.fromkeys(v.TypesServer.__abstractmethods__, _echo)
    shelf: dict[str, object] = dict.fromkeys(v.ShelfServer.__abstractmethods__, _nothing)
    shelf |= {"put": _putter(v), "beside": _besider(v), "count": count, "large": _large}
    listener = dict.fromkeys(v.ShelfListener.__abstractmethods__, _nothing)
    return [
        _made(v.TypesServer, types),
        _made(v.ShelfServer, shelf),
        _made(v.ShelfListener, listener),
        _made(v.PointsServer, {"place": _place}),
        _made(v.NodeServer, {"block_number": lambda _self, _ctx: "0x10"}),
    ]


def _made(base: Any, handlers: Mapping[str, object]) -> Endpoint:
    made: Endpoint = type(base.__name__, (base,), dict(handlers))()
    return made


def _echo(_self: object, _ctx: Context, value: object) -> object:
    return value


def _nothing(_self: object, _ctx: Context, *_values: object, **_named: object) -> None:
    return None


def _count(_self: object, _ctx: Context) -> int:
    return 3


def _large(_self: object, _ctx: Context, size: int) -> str:
    return "x" * size


def _place(_self: object, _ctx: Context, x: int, y: int, note: str | None, color: Any, tags: dict[str, str]) -> object:  # fmt: skip
    return [x, y, note, color.value, tags]


def _putter(v: Any) -> Callable[..., str]:
    def put(_self: object, _ctx: Context, name: str, *_values: object, **_named: object) -> str:
        if name == "full":
            raise v.ShelfFull(limit=3)
        if name == "fuller":
            east = dt.timezone(dt.timedelta(hours=2))
            until = dt.datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=east)
            raise v.ShelfFull(limit=3, color=v.Color.blue, until=until)
        if name == "gone":
            raise v.Gone
        if name == "lost":
            raise v.Lost(place="behind")
        if name == "fail":
            raise OSError("the disk of the server")
        return name

    return put


def _besider(v: Any) -> Callable[..., object]:
    def beside(_self: object, ctx: Context) -> object:
        return v.Beside(
            version=ctx.version,
            context=dict(ctx.data),
            seconds=math.ceil(ctx.deadline.remaining()),
            server=ctx.server,
            caller=None if ctx.identity is None else ctx.identity.name,
        )

    return beside
