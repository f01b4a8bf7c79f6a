"""Messages that no well-meaning program sends: headers that kill who decodes them carelessly."""

import datetime as dt
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

pika: Any = import_module("pika")

DEPTH = 3_000
"""Tables in each other; Python gives up at 1,000."""


class _Beyond(dt.datetime):
    """A moment after the year 9999: the wire can say it, Python cannot."""

    def utctimetuple(self) -> time.struct_time:
        return time.struct_time((1970, 1, 1, 0, 0, 1 << 60, 3, 1, 0))


def poisonous() -> Mapping[str, Mapping[str, Any]]:
    """Return headers, by what is wrong with them."""
    nested: dict[str, Any] = {}
    for _ in range(DEPTH):
        nested = {"n": nested}
    return {"timestamp": {"when": _Beyond(2000, 1, 1)}, "depth": {"tables": nested}}


@contextmanager
def deep() -> Iterator[None]:
    """Let Python write and read them, while this lasts."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def is_open(url: str) -> bool:
    """Whether a client may connect."""
    try:
        pika.BlockingConnection(pika.URLParameters(url)).close()
    except pika.exceptions.AMQPError:
        return False
    return True


def publish(url: str, queue: str, body: bytes, headers: Mapping[str, Any]) -> None:
    """Publish to a queue and wait until the broker has it."""
    properties = pika.BasicProperties(
        headers=dict(headers), content_type="application/json", delivery_mode=2
    )
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        with deep():
            channel.basic_publish("", queue, body, properties, mandatory=True)
    finally:
        connection.close()
