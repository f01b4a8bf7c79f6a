"""Where the promises are tried: each transport, with sync and with async clients.

An async client is driven from the test's own thread through a loop aside, so that one sentence
holds for both kinds. What a place started is ended with it, clients first.
"""

import asyncio
import http.client
import inspect
import json
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

from rpcgen_runtime import Endpoint, Server, connect, connect_async
from rpcgen_runtime.generated_v1 import Client
from tests.broker.reached import Broker

C = TypeVar("C", bound=Client)
T = TypeVar("T")

PATIENCE = 20.0
"""Seconds after which a test gives up on what should long have happened."""


class Aside:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="aside", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, or raise what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Blocking:
    """An async client with the manners of a sync one."""

    def __init__(self, client: Any, aside: Aside) -> None:
        self._client, self._aside = client, aside

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *args, **named: self._aside.run(_in_order(found, args, named))

    def with_options(self, **options: Any) -> "Blocking":
        """See Client."""
        return Blocking(self._client.with_options(**options), self._aside)


async def _in_order(call: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    return await call(*args, **named)


@dataclass(frozen=True)
class Answer:
    """A raw HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


def post(
    url: str,
    body: bytes | str,
    headers: Mapping[str, str] | None = None,
    *,
    verb: str = "POST",
    path: str | None = None,
) -> Answer:
    """Send raw HTTP, as no client of ours would."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
    try:
        payload = body.encode() if isinstance(body, str) else body
        fields = {"content-type": "application/json", **(headers or {})}
        kept = {name: value for name, value in fields.items() if value != ""}
        connection.request(verb, parts.path if path is None else path, payload, kept)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def ask(
    url: str, method: str, params: object = None, headers: Mapping[str, str] | None = None
) -> Any:
    """Call a method as a stranger would, and return the whole response object."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method}
    if params is not None:
        request["params"] = params
    return post(url, json.dumps(request), headers).json


@dataclass
class Place:
    """One transport with one kind of client."""

    scheme: str
    style: str
    aside: Aside
    broker: Broker | None = None
    """Where the transport goes through one."""
    _servers: ExitStack = field(default_factory=ExitStack)
    _clients: ExitStack = field(default_factory=ExitStack)

    @property
    def is_http(self) -> bool:
        """Whether it is JSON-RPC over HTTP."""
        return self.scheme.startswith("http")

    def fresh_url(self) -> str:
        """Return an address that nobody serves yet."""
        if self.broker is not None:
            return self._servers.enter_context(self.broker.fresh())
        if self.scheme == "http+unix":
            folder = self._servers.enter_context(TemporaryDirectory(prefix="rpcgen-"))
            return f"http+unix://{folder}/s"
        return "http://127.0.0.1:0" if self.is_http else f"memory://{uuid4().hex}"

    def serve(self, *endpoints: Endpoint, url: str | None = None, **options: Any) -> Server:
        """Return a started server, which ends with the place."""
        server = Server(url or self.fresh_url(), endpoints, **options)
        return self._servers.enter_context(server)

    def transport(self, url: str, **options: Any) -> Any:
        """Return a transport of this place's style, which ends with the place."""
        if self.style == "sync":
            return self._clients.enter_context(connect(url, **options))
        transport = connect_async(url, **options)
        self._clients.callback(lambda: self.aside.run(transport.close()))
        return transport

    def stub(self, kind: type[C], transport: Any) -> C:
        """Return a client of this place's style through a transport."""
        if self.style == "sync":
            return kind(transport)
        sibling = getattr(sys.modules[kind.__module__], f"Async{kind.__name__}")
        return cast("C", Blocking(sibling(transport), self.aside))

    def client(self, kind: type[C], server: Server | str, **options: Any) -> C:
        """Return a client of a server, or of a URL."""
        url = server if isinstance(server, str) else server.url
        return self.stub(kind, self.transport(url, **options))

    def close(self) -> None:
        """End the clients, then the servers."""
        with self._servers, self._clients:
            pass


@contextmanager
def in_threads(count: int, work: Any) -> Iterator[list[threading.Thread]]:
    """Run `work(number)` in threads, and wait for all of them."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(PATIENCE)


def eventually(happened: Callable[[], bool]) -> bool:
    """Wait until it happened; False when it still has not after a long time."""
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True
