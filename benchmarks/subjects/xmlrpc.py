"""The standard library's XML-RPC, with a thread for each connection."""

from socketserver import ThreadingMixIn
from typing import Any
from xmlrpc.client import Binary, ServerProxy
from xmlrpc.server import SimpleXMLRPCServer

from benchmarks.subject import Host, PerThread, Place
from benchmarks.work import DATA, Work, records


class _Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True
    request_queue_size = 512


class _Client:
    def __init__(self, place: Place) -> None:
        self._proxies = PerThread(lambda: ServerProxy(place.url), lambda it: it("close")())
        self._records = records()

    def call(self, work: Work) -> object:
        proxy = self._proxies.get()
        match work:
            case Work.ADD:
                return proxy.add(2, 3)
            case Work.RECORDS:
                return proxy.echo(self._records)
            case _:
                return proxy.length(Binary(DATA))

    def close(self) -> None:
        self._proxies.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    with _Server(("127.0.0.1", place.port), logRequests=False) as server:
        server.register_function(_add, "add")
        server.register_function(_echo, "echo")
        server.register_function(_length, "length")
        host.ready()
        server.serve_forever()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


def _add(a: Any, b: Any) -> Any:
    return a + b


def _echo(records: Any) -> Any:
    return records


def _length(data: Any) -> int:
    return len(data.data)
