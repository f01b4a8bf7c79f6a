"""What comes to a client as a reply and is none: dropped, or the end of that one call."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import msgpack
import pika
import pytest

from rpcgen_runtime import NO_RETRY, BadReply, InternalError, RpcError, UnknownRemoteError
from tests.amqp import raw
from tests.amqp.poison import SECRET, packed
from tests.amqp.raw import Answer, Raw
from tests.amqp.scene import TARGET, Scene, route_of
from tests.broker.reached import Broker
from tests.runtime.generated.new.trial.work.v1 import Refused, WorkClient
from tests.runtime.generated.new.trial.work.v1.methods import WORK_RUN
from tests.runtime.places import eventually

MAX_REPLY = 65_536
TIMEOUT = 10.0
"""Seconds: a call that only its deadline ends has not ended as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One reply. `expected` is how its call ends; None: as if it had not come."""

    name: str
    expected: type[RpcError] | None
    change: Mapping[str, bytes] = field(default_factory=dict)
    without: Sequence[str] = ()
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b'"poisoned"'


def _error(name: str, expected: type[RpcError], body: bytes) -> Poison:
    return Poison(name=name, expected=expected, change={"type": raw.short(b"error")}, body=body)


def _told(code: int, message: str, data: object = None) -> bytes:
    return json.dumps({"code": code, "message": message, "data": data}).encode()


def _msgpack(name: str, body: bytes) -> Poison:
    change = {"content_type": raw.short(b"application/msgpack")}
    return Poison(name=f"msgpack {name}", expected=BadReply, change=change, body=body)


def _media(name: bytes) -> Poison:
    return Poison(
        name=f"content type {name.decode()}",
        expected=BadReply,
        change={"content_type": raw.short(name)},
    )


POISONS: Sequence[Poison] = [
    Poison(
        name="a header with a moment of the year 36812",
        expected=None,
        headers=[(b"strange", raw.moment(2**63))],
    ),
    Poison(
        name="a header 3,000 deep", expected=None, headers=[(b"strange", raw.nested_tables(3_000))]
    ),
    Poison(name="no correlation", expected=None, without=["correlation_id"]),
    Poison(
        name="a correlation that is not UTF-8",
        expected=None,
        change={"correlation_id": raw.short(b"\xff")},
    ),
    Poison(
        name="somebody else's correlation",
        expected=None,
        change={"correlation_id": raw.short(b"0" * 32)},
    ),
    _media(b"application/x-python-serialize"),
    _media(b"text/html"),
    Poison(name="no content type", expected=BadReply, without=["content_type"]),
    Poison(name="no type", expected=BadReply, without=["type"]),
    Poison(name="a request as a reply", expected=BadReply, change={"type": raw.short(b"call")}),
    Poison(name="an empty body", expected=BadReply, body=b""),
    Poison(name="a truncated body", expected=BadReply, body=b'"' + SECRET),
    Poison(name="another type than the contract's", expected=BadReply, body=b'{"a": 1}'),
    Poison(name="100,000 levels", expected=BadReply, body=b"[" * 30_000 + b"]" * 30_000),
    Poison(name="a body above the limit", expected=BadReply, body=b'"' + b"x" * MAX_REPLY + b'"'),
    _msgpack("with an extension", packed(msgpack.ExtType(5, SECRET))),
    _msgpack("60,000 deep", b"\x91" * 60_000 + b"\xc0"),
    _msgpack("of 2^32-1 items", b"\xdd\xff\xff\xff\xff"),
    _msgpack("of another type", packed([1])),
    _error("an error that is no object", BadReply, b"[]"),
    _error("an error without a code", BadReply, b'{"message": "x"}'),
    _error("a code that is no number", BadReply, b'{"code": "os.system", "message": "x"}'),
    _error("a code beyond 32 bits", BadReply, b'{"code": 4294967296, "message": "x"}'),
    _error("a code that is a truth", BadReply, b'{"code": true, "message": "x"}'),
    _error(
        "an error that names a class",
        UnknownRemoteError,
        _told(7, "os.system", {"class": "SystemExit", "module": "builtins", "args": ["true"]}),
    ),
    _error("a message of 50 kB", UnknownRemoteError, _told(7, "x" * 50_000)),
    _error("a message that is no text", UnknownRemoteError, b'{"code": 7, "message": {"a": 1}}'),
    _error("a declared error with other data", UnknownRemoteError, _told(2001, "x", {"reason": 5})),
    _error("a declared error", Refused, _told(2001, "x", {"reason": "y"})),
    _error("a traceback", InternalError, _told(-32603, "Traceback: " + SECRET.decode())),
]


@dataclass(frozen=True)
class Stranger:
    """Who takes a client's calls and answers them with bytes."""

    channel: Any
    queue: str
    raw: Raw
    scene: Scene
    client: WorkClient
    callers: ThreadPoolExecutor

    def called(self) -> "tuple[Future[str], str, bytes]":
        """Let the client call; return what it gets, where the reply goes, and the correlation."""
        future = self.callers.submit(self.client.run, "x")
        found: list[Any] = []

        def is_there() -> bool:
            _, properties, _ = self.channel.basic_get(self.queue, auto_ack=True)
            if properties is not None:
                found.append(properties)
            return bool(found)

        assert eventually(is_there)
        return future, found[0].reply_to, found[0].correlation_id.encode()

    def reply(self, reply_to: str, correlation: bytes, poison: Poison) -> Answer:
        """Send a reply that is good but for what the poison changes."""
        good = {
            "content_type": raw.short(b"application/json"),
            "correlation_id": raw.short(correlation),
            "headers": raw.table(poison.headers),
            "type": raw.short(b"result"),
            **poison.change,
        }
        fields = {name: value for name, value in good.items() if name not in poison.without}
        return self.raw.publish(b"", reply_to.encode(), raw.properties(fields), poison.body)


GOOD = Poison(name="good", expected=None, body=b'"good"')


@pytest.fixture(scope="module")
def stranger(broker: Broker) -> Iterator[Stranger]:
    """One with whom a client talks all the time."""
    if broker.api is None:
        pytest.skip("which connections there are is asked of the broker's HTTP API")
    route = route_of(WORK_RUN)
    with (
        broker.fresh() as url,
        Scene(url, broker.api) as scene,
        Raw(url) as by_hand,
        ThreadPoolExecutor(4) as callers,
        pika.BlockingConnection(pika.URLParameters(url)) as connection,
    ):
        channel = connection.channel()
        arguments = {"alternate-exchange": f"{TARGET.exchange}.unserved"}
        channel.exchange_declare(route.exchange, "direct", durable=True, arguments=arguments)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, route.exchange, route.key)
        client = scene.client(WorkClient, timeout=TIMEOUT, retry=NO_RETRY, max_reply=MAX_REPLY)
        made = Stranger(channel, queue, by_hand, scene, client, callers)
        future, reply_to, correlation = made.called()
        made.reply(reply_to, correlation, GOOD)
        assert future.result() == "good"
        assert eventually(lambda: len(scene.connections("client")) == 2)
        yield made


@pytest.mark.parametrize("poison", POISONS, ids=lambda it: it.name)
def test_a_bad_reply_ends_its_own_call_at_most(
    stranger: Stranger, poison: Poison, caplog: pytest.LogCaptureFixture
) -> None:
    connections = stranger.scene.connections("client")
    neighbour, there, other = stranger.called()
    future, reply_to, correlation = stranger.called()
    assert there == reply_to
    assert stranger.reply(reply_to, correlation, poison) == Answer(taken=True)
    if poison.expected is None:
        assert stranger.reply(reply_to, correlation, GOOD).taken
        assert future.result() == "good"
    else:
        with pytest.raises(poison.expected) as caught:
            future.result()
        assert type(caught.value) is poison.expected
        assert SECRET.decode() not in str(caught.value)
        assert len(str(caught.value)) < 5_000
    assert stranger.reply(there, other, GOOD).taken
    assert neighbour.result() == "good"
    assert stranger.scene.connections("client") == connections
    assert not [it for it in caplog.records if it.exc_info or it.name in {"asyncio", "pika"}]


def test_a_second_reply_and_a_late_one_are_dropped(stranger: Stranger) -> None:
    connections = stranger.scene.connections("client")
    future, reply_to, correlation = stranger.called()
    for _ in range(2):
        assert stranger.reply(reply_to, correlation, GOOD).taken
    assert future.result() == "good"
    other, _, next_one = stranger.called()
    for _ in range(100):
        assert stranger.reply(reply_to, correlation, POISONS[-1]).taken
    assert stranger.reply(reply_to, next_one, GOOD).taken
    assert other.result() == "good"
    assert stranger.scene.connections("client") == connections
