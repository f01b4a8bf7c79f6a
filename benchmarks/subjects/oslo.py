"""oslo.messaging: its RPC client and server as its documentation has them."""

import base64
import threading
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

messaging: Any = import_module("oslo_messaging")
cfg: Any = import_module("oslo_config.cfg")
TOPIC = "bench"


class _Bench:
    """What a remote caller reaches by name."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def add(self, context: object, a: int, b: int) -> int:
        return a + b

    def echo(self, context: object, records: list[object]) -> list[object]:
        return records

    def length(self, context: object, data: str) -> int:
        return len(base64.b64decode(data))

    def note(self, context: object, number: int) -> None:
        self._host.heard()


class _Client:
    def __init__(self, place: Place) -> None:
        self._transport = _transport(place)
        self._client = messaging.get_rpc_client(self._transport, messaging.Target(topic=TOPIC))
        self._every = self._client.prepare(fanout=True)
        self._records = records()

    def call(self, work: Work) -> object:
        match work:
            case Work.ADD:
                return self._client.call({}, "add", a=2, b=3)
            case Work.RECORDS:
                return self._client.call({}, "echo", records=self._records)
            case Work.BYTES:
                return self._client.call({}, "length", data=base64.b64encode(DATA).decode())
            case Work.CASTS:
                return self._client.cast({}, "note", number=1)
            case _:
                return self._every.cast({}, "note", number=1)

    def close(self) -> None:
        self._transport.cleanup()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    for number in range(place.receivers):
        target = messaging.Target(topic=TOPIC, server=f"bench-{number}")
        endpoints = [_Bench(host)]
        messaging.get_rpc_server(_transport(place), target, endpoints, executor="threading").start()
    host.ready()
    threading.Event().wait()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


def _transport(place: Place) -> Any:
    # Its metrics know no other configuration than that of the process.
    return messaging.get_rpc_transport(cfg.CONF, place.url.replace("amqp:", "rabbit:"))
