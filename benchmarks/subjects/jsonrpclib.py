"""jsonrpclib-pelix: its server with a pool of threads, and a proxy for each caller."""

import base64
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, PerThread, Place
from benchmarks.work import DATA, Work, records

jsonrpclib: Any = import_module("jsonrpclib")
WORKERS = 32


class _Client:
    def __init__(self, place: Place) -> None:
        self._proxies: PerThread[Any] = PerThread(
            lambda: jsonrpclib.ServerProxy(place.url), lambda it: it("close")()
        )
        self._records = records()

    def call(self, work: Work) -> object:
        proxy = self._proxies.get()
        if work is Work.ADD:
            return proxy.add(2, 3)
        if work is Work.RECORDS:
            return proxy.echo(self._records)
        return proxy.length(base64.b64encode(DATA).decode())

    def close(self) -> None:
        self._proxies.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    server_module: Any = import_module("jsonrpclib.SimpleJSONRPCServer")
    threads: Any = import_module("jsonrpclib.threadpool")
    pool = threads.ThreadPool(max_threads=WORKERS, min_threads=0)
    pool.start()
    server = server_module.PooledJSONRPCServer(
        ("127.0.0.1", place.port), logRequests=False, thread_pool=pool
    )
    server.register_function(_add, "add")
    server.register_function(_echo, "echo")
    server.register_function(_length, "length")
    host.ready()
    server.serve_forever()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


def _add(a: int, b: int) -> int:
    return a + b


def _echo(records: list[object]) -> list[object]:
    return records


def _length(data: str) -> int:
    return len(base64.b64decode(data))
