"""Ours, with threads: the generated stub and skeleton over the transport that the URL says."""

import threading
from contextlib import ExitStack

from benchmarks.generated.bench import v1
from benchmarks.subject import Host, Place, Tally
from benchmarks.work import DATA, Work, records
from rpcgen_runtime import Context, Server, connect


class _Bench(v1.BenchServer):
    def __init__(self, host: Host) -> None:
        self._host = host

    def add(self, ctx: Context, a: int, b: int) -> int:
        return a + b

    def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:
        return records

    def length(self, ctx: Context, data: bytes) -> int:
        return len(data)

    def note(self, ctx: Context, number: int) -> None:
        self._host.heard()

    def tell(self, ctx: Context, number: int) -> None:
        self._host.heard()


class _Ear(v1.BenchListener):
    def __init__(self, host: Host) -> None:
        self._host = host

    def happened(self, ctx: Context, number: int) -> None:
        self._host.heard()


class _Client:
    def __init__(self, place: Place) -> None:
        self._held = ExitStack()
        self._host = Host(lambda: None)
        if place.url.startswith("memory:"):
            for number in range(place.receivers):
                self._held.enter_context(_server(place, self._host, number))
        transport = self._held.enter_context(connect(place.url))
        self._bench = v1.BenchClient(transport)
        self._events = v1.BenchEvents(transport)
        self._records = [v1.Record.model_validate(it) for it in records()]

    def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return self._bench.add(2, 3)
            case Work.RECORDS:
                return self._bench.echo(self._records)
            case Work.BYTES:
                return self._bench.length(DATA)
            case Work.CASTS:
                self._bench.note(1)
            case Work.EVENTS:
                self._events.happened(1)
            case Work.FANOUT:
                self._bench.tell(1)
        return None

    def tally(self) -> Tally:
        return self._host.tally()

    def close(self) -> None:
        self._held.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    with ExitStack() as held:
        for number in range(place.receivers):
            held.enter_context(_server(place, host, number))
        host.ready()
        threading.Event().wait()


def client(place: Place) -> _Client:
    """Return a client; over `memory://` with its server."""
    return _Client(place)


def _server(place: Place, host: Host, number: int) -> Server:
    name = f"bench-{number}"
    return Server(place.at(number), [_Bench(host), _Ear(host)], server=name)
