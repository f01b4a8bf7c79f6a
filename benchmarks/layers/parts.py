"""The parts of a call that can be run without the others, each with what a real call gives it."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.generated.bench.v1 import methods
from benchmarks.layers.endpoints import AsyncBench, Bench
from benchmarks.layers.roads import Calls, Road, awaited, kept_records, threaded
from benchmarks.work import Work
from rpcgen_runtime.dispatch import Dispatcher, ServerSettings
from rpcgen_runtime.executors import Threads
from rpcgen_runtime.messages import Reach, Reply, Request, Success
from rpcgen_runtime.methods import Call
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport


class _Answered(Transport):
    """Goes nowhere: every call has the same reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(ClientSettings())
        self._reply = reply

    def call(self, request: Request) -> Reply:  # noqa: ARG002
        """Return the reply."""
        return self._reply

    def send(self, request: Request) -> Reach:  # noqa: ARG002
        """Reach nobody."""
        return Reach()

    def close(self) -> None:
        """Hold nothing."""


class _AsyncAnswered(AsyncTransport):
    """The same for coroutines; keeps the last request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(ClientSettings())
        self._reply = reply
        self.requests: list[Request] = []

    async def call(self, request: Request) -> Reply:
        """Return the reply."""
        self.requests[:] = [request]
        return self._reply

    async def send(self, request: Request) -> Reach:  # noqa: ARG002
        """Reach nobody."""
        return Reach()

    async def close(self) -> None:
        """Hold nothing."""


class Parts:
    """Each runs its part so many times; for one road and one kind of work."""

    def __init__(self, road: Road, work: Work, held: ExitStack) -> None:
        """Prepare the parts; `held` is given what is to be ended."""
        self._method, self._values, self._result = _asked(work)
        self._reply = self._method.reply.encode(self._result)
        runner = held.enter_context(asyncio.Runner())
        told = _AsyncAnswered(Success(self._reply))
        client = awaited(told, work, runner)
        if road.is_sync:
            client = threaded(_Answered(Success(self._reply)), work)
        self.client: Calls = client
        """What is above the transport: all of the client's side but the sending."""
        self.server = _handling(road, told.requests[0], runner, held)
        """What is above the transport on the server's side."""
        self._params = told.requests[0].params

    def encode_request(self, count: int) -> None:
        """Validate and write the arguments."""
        encode, values = self._method.request.encode, self._values
        for _ in range(count):
            encode(values)

    def decode_request(self, count: int) -> None:
        """Read the arguments."""
        decode, params = self._method.request.decode, self._params
        for _ in range(count):
            decode(params)

    def encode_reply(self, count: int) -> None:
        """Validate and write the result."""
        encode, result = self._method.reply.encode, self._result
        for _ in range(count):
            encode(result)

    def decode_reply(self, count: int) -> None:
        """Read the result."""
        decode, reply = self._method.reply.decode, self._reply
        for _ in range(count):
            decode(reply)


def _asked(work: Work) -> tuple[Call[Any], Sequence[object], object]:
    """Return the method, the arguments and the result."""
    if work is Work.ADD:
        return methods.BENCH_ADD, [2, 3], 5
    records = kept_records()
    return methods.BENCH_ECHO, [records], records


def _handling(road: Road, request: Request, runner: asyncio.Runner, held: ExitStack) -> Calls:
    executor = Threads()
    held.callback(executor.close)
    endpoint = Bench() if road.is_sync else AsyncBench()
    dispatcher = Dispatcher([endpoint], ServerSettings(executor=executor))

    async def handled(count: int) -> None:
        for _ in range(count):
            await dispatcher.handle(request)

    return lambda count: runner.run(handled(count))
