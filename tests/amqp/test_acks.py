"""What is done is acknowledged, nothing else is, and many at once cost one frame."""

import asyncio
import struct
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from rpcgen_runtime.amqp.acks import Acks
from rpcgen_runtime.amqp.connection import Connection, open_connection
from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.messages import Delivery, Message, Queue
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.url import parse_url
from tests.amqp.scene import Scene
from tests.runtime.places import PATIENCE

ACK = struct.Struct(">BHIIQBB")
CHANNEL = 7
MESSAGES = 20

STEPS = st.lists(st.tuples(st.sampled_from(["add", "done", "drop", "take"]), st.integers(0, 9)))


class Broker:
    """What a broker knows of a channel (AMQP 0-9-1, section 1.8.3.13)."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.frames = 0

    def take(self, data: bytes) -> None:
        for kind, channel, size, method, tag, multiple, end in ACK.iter_unpack(data):
            assert (kind, channel, size, method, end) == (1, CHANNEL, 13, 0x003C0050, 0xCE)
            meant = {it for it in self.open if it <= tag} if multiple else {tag}
            assert tag in self.open, "else the broker closes the channel"
            self.open -= meant
            self.frames += 1


@given(STEPS)
def test_in_whatever_order_things_are_done_the_broker_knows_the_same(
    steps: list[tuple[str, int]],
) -> None:
    acks, broker = Acks(CHANNEL), Broker()
    ours: list[int] = []
    for tag, (step, which) in enumerate(steps, start=1):
        if step == "add":
            acks.add(tag)
            ours.append(tag)
            broker.open.add(tag)
        elif step == "done" and which < len(ours):
            acks.done(ours.pop(which))
        elif step == "drop" and which < len(ours):
            broker.take(acks.take())
            broker.open.discard(ours[which])
            acks.drop(ours.pop(which))
        elif step == "take":
            broker.take(acks.take())
            assert broker.open == set(ours)


def test_what_is_done_in_its_order_is_one_frame() -> None:
    acks, broker = Acks(CHANNEL), Broker()
    for tag in range(1, 101):
        acks.add(tag)
        broker.open.add(tag)
    told = [acks.done(tag) for tag in reversed(range(1, 100))]
    assert told == [True, *[False] * 98]
    broker.take(acks.take())
    assert (broker.open, broker.frames) == ({100}, 1)


def test_what_is_done_twice_or_was_never_here_is_not_said() -> None:
    acks = Acks(CHANNEL)
    acks.add(1)
    assert acks.done(1)
    assert acks.take()
    assert not acks.done(1)
    assert not acks.done(2)
    assert acks.take() == b""


def test_a_broker_keeps_what_is_open_and_forgets_what_was_acknowledged_just_before_the_end(
    scene: Scene,
) -> None:
    async def left() -> list[bytes]:
        first = await _connected(scene)
        await _fill(first)
        taken = await _taken(first)
        for delivery in taken:
            if delivery.message.body not in {b"3", b"7", b"19"}:
                delivery.ack()
        taken[7].give_back()
        await first.close()
        second = await _connected(scene)
        channel = await second.channel()
        found = [await channel.get("some") for _ in range(4)]
        await second.close()
        return [it.message.body for it in found if it is not None]

    assert asyncio.run(left()) == [b"3", b"7", b"19"]


async def _connected(scene: Scene) -> Connection:
    url = parse_url(scene.at(""))
    return await open_connection(url.hosts[0], access_of(url, AmqpOptions(), None, "test"))


async def _fill(connection: Connection) -> None:
    channel = await connection.channel()
    await channel.declare_queue(Queue(name="some", durable=True))
    for number in range(MESSAGES):
        channel.publish("", "some", Message(body=b"%d" % number), mandatory=False)
    await channel.close()


async def _taken(connection: Connection) -> list[Delivery]:
    """Return all that is in the queue, handed out."""
    taken: deque[Delivery] = deque()
    all_came = asyncio.Event()

    def took(delivery: Delivery) -> None:
        taken.append(delivery)
        if len(taken) == MESSAGES:
            all_came.set()

    channel = await connection.channel()
    await channel.consume("some", took, prefetch=MESSAGES)
    async with asyncio.timeout(PATIENCE):
        await all_came.wait()
    return list(taken)
