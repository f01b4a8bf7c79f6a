"""zerorpc: greenlets on both sides, which stand in for threads in this process."""

from importlib import import_module
from typing import Any

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

monkey: Any = import_module("gevent.monkey")
monkey.patch_all()
zerorpc: Any = import_module("zerorpc")


class _Bench:
    """What a remote caller reaches by name."""

    def add(self, a: int, b: int) -> int:
        return a + b

    def echo(self, records: list[object]) -> list[object]:
        return records

    def length(self, data: bytes) -> int:
        return len(data)


class _Client:
    def __init__(self, place: Place) -> None:
        self._client = zerorpc.Client()
        self._client.connect(place.url.rstrip("/"))
        self._records = records()

    def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return self._client.add(2, 3)
            case Work.RECORDS:
                return self._client.echo(self._records)
            case _:
                return self._client.length(DATA)

    def close(self) -> None:
        self._client.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    server = zerorpc.Server(_Bench())
    server.bind(place.url.rstrip("/"))
    host.ready()
    server.run()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)
