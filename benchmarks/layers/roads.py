"""Where the calls go that are counted and timed: client and server are in one process.

The server has an event loop in a thread of its own, so that the sides can be told apart; over
`memory://` with coroutines both are on one loop, as in a program.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum

from benchmarks.generated.bench import v1
from benchmarks.layers.endpoints import AsyncBench, Bench
from benchmarks.work import Work, is_right, records
from rpcgen_runtime import AsyncTransport, Server, Transport, connect, connect_async

WORKS = (Work.ADD, Work.RECORDS)

Calls = Callable[[int], None]
"""Does the work so many times, one call after the other."""


class Road(Enum):
    """A transport with one kind of client; the value is its name on the command line."""

    MEMORY_ASYNC = "memory-async"
    MEMORY_SYNC = "memory-sync"
    HTTP_ASYNC = "http-async"
    AMQP_ASYNC = "amqp-async"

    @property
    def needs_node(self) -> bool:
        """Whether it goes through RabbitMQ."""
        return self is Road.AMQP_ASYNC

    @property
    def is_sync(self) -> bool:
        """Whether the caller is a thread."""
        return self is Road.MEMORY_SYNC


class WrongAnswer(Exception):
    """A call is answered with something else than the work comes to."""


@contextmanager
def opened(road: Road, work: Work, url: str) -> Iterator[Calls]:
    """Give what calls a server at a URL over that road; the first answer was right."""
    with ExitStack() as held:
        if road is Road.MEMORY_SYNC:
            held.enter_context(Server(url, [Bench()]))
            yield threaded(held.enter_context(connect(url)), work)
            return
        runner = held.enter_context(asyncio.Runner())
        server = Server(url, [AsyncBench()])
        if road is Road.MEMORY_ASYNC:
            runner.run(server.__aenter__())
            held.callback(lambda: runner.run(server.__aexit__(None, None, None)))
        else:
            held.enter_context(server)
        transport = connect_async(server.url)
        held.callback(lambda: runner.run(transport.close()))
        yield awaited(transport, work, runner)


def threaded(transport: Transport, work: Work) -> Calls:
    """Return what calls through a transport, and waits in this thread. Raises WrongAnswer."""
    bench, given = v1.BenchClient(transport), kept_records()

    def calls(count: int) -> None:
        answer: object = None
        for _ in range(count):
            answer = bench.add(2, 3) if work is Work.ADD else bench.echo(given)
        _judge(work, answer)

    calls(1)
    return calls


def awaited(transport: AsyncTransport, work: Work, runner: asyncio.Runner) -> Calls:
    """Return what calls through a transport, on an event loop. Raises WrongAnswer."""
    bench, given = v1.AsyncBenchClient(transport), kept_records()

    async def called(count: int) -> None:
        answer: object = None
        for _ in range(count):
            answer = await (bench.add(2, 3) if work is Work.ADD else bench.echo(given))
        _judge(work, answer)

    def calls(count: int) -> None:
        runner.run(called(count))

    calls(1)
    return calls


def kept_records() -> list[v1.Record]:
    """Return the records as the stub takes them."""
    return [v1.Record.model_validate(it) for it in records()]


def _judge(work: Work, answer: object) -> None:
    if not is_right(work, answer):
        raise WrongAnswer(f"`{work.value}` was answered `{str(answer)[:60]}`")
