"""nameko: a service container, and the proxy for programs that are no services of it."""

import base64
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, PerThread, Place
from benchmarks.work import DATA, Work, records


class _Client:
    def __init__(self, place: Place) -> None:
        standalone: Any = import_module("nameko.standalone.rpc")
        config = {"AMQP_URI": place.url}
        self._proxies: PerThread[Any] = PerThread(
            lambda: standalone.ClusterRpcProxy(config), lambda it: it.stop()
        )
        self._bench: PerThread[Any] = PerThread(
            lambda: self._proxies.get().start().bench, lambda _: None
        )
        self._happened = import_module("nameko.standalone.events").event_dispatcher(config)
        self._records = records()

    def call(self, work: Work) -> object:
        if work is Work.EVENTS:
            return self._happened("bench", "happened", 1)
        bench = self._bench.get()
        if work is Work.ADD:
            return bench.add(2, 3)
        if work is Work.RECORDS:
            return bench.echo(self._records)
        return bench.length(base64.b64encode(DATA).decode())

    def close(self) -> None:
        self._proxies.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    eventlet: Any = import_module("eventlet")
    eventlet.monkey_patch()
    containers: Any = import_module("nameko.containers")
    events: Any = import_module("nameko.events")
    rpc: Any = import_module("nameko.rpc").rpc

    def heard(_self: object, number: int) -> None:
        host.heard()

    class Bench:
        name = "bench"
        add = rpc(_add)
        echo = rpc(_echo)
        length = rpc(_length)
        happened = events.event_handler(
            "bench", "happened", handler_type=events.BROADCAST, reliable_delivery=False
        )(heard)

    running = [
        containers.ServiceContainer(Bench, {"AMQP_URI": place.url}) for _ in range(place.receivers)
    ]
    for container in running:
        container.start()
    host.ready()
    running[0].wait()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


def _add(_self: object, a: int, b: int) -> int:
    return a + b


def _echo(_self: object, records: list[object]) -> list[object]:
    return records


def _length(_self: object, data: str) -> int:
    return len(base64.b64decode(data))
