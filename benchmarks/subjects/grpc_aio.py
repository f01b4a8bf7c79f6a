"""gRPC with its asyncio API; the generated code is made from `bench.proto` at the start."""

import asyncio
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

grpc: Any = import_module("grpc")
PROTO = "benchmarks/subjects/bench.proto"


class _Bench:
    """What a servicer has: gRPC asks for the methods alone."""

    def __init__(self, protos: Any) -> None:
        self._protos = protos

    async def Add(self, request: Any, context: object) -> Any:  # noqa: N802  # as in the .proto
        return self._protos.Number(value=request.a + request.b)

    async def Echo(self, request: Any, context: object) -> Any:  # noqa: N802
        return self._protos.Records(records=request.records)

    async def Length(self, request: Any, context: object) -> Any:  # noqa: N802
        return self._protos.Number(value=len(request.data))


class _Client:
    def __init__(self, place: Place) -> None:
        self._protos, services = grpc.protos_and_services(PROTO)
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{place.port}")
        self._stub = services.BenchStub(self._channel)
        self._records = [self._protos.Record(**it) for it in records()]

    async def call(self, work: Work) -> object:
        protos, stub = self._protos, self._stub
        if work is Work.ADD:
            return (await stub.Add(protos.Sum(a=2, b=3))).value
        if work is Work.RECORDS:
            return (await stub.Echo(protos.Records(records=self._records))).records
        return (await stub.Length(protos.Data(data=DATA))).value

    async def close(self) -> None:
        await self._channel.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    asyncio.run(_serve(place, host))


async def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)


async def _serve(place: Place, host: Host) -> None:
    protos, services = grpc.protos_and_services(PROTO)
    server = grpc.aio.server()
    services.add_BenchServicer_to_server(_Bench(protos), server)
    server.add_insecure_port(f"127.0.0.1:{place.port}")
    await server.start()
    host.ready()
    await server.wait_for_termination()
