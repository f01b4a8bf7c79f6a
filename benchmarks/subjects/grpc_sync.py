"""gRPC with threads; the generated code is made from `bench.proto` at the start."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work, records

grpc: Any = import_module("grpc")
PROTO = "benchmarks/subjects/bench.proto"
WORKERS = 32


class _Bench:
    """What a servicer has: gRPC asks for the methods alone."""

    def __init__(self, protos: Any) -> None:
        self._protos = protos

    def Add(self, request: Any, context: object) -> Any:  # noqa: N802  # as in the .proto
        return self._protos.Number(value=request.a + request.b)

    def Echo(self, request: Any, context: object) -> Any:  # noqa: N802
        return self._protos.Records(records=request.records)

    def Length(self, request: Any, context: object) -> Any:  # noqa: N802
        return self._protos.Number(value=len(request.data))


class _Client:
    def __init__(self, place: Place) -> None:
        self._protos, services = grpc.protos_and_services(PROTO)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{place.port}")
        self._stub = services.BenchStub(self._channel)
        self._records = [self._protos.Record(**it) for it in records()]

    def call(self, work: Work) -> object:
        protos, stub = self._protos, self._stub
        if work is Work.ADD:
            return stub.Add(protos.Sum(a=2, b=3)).value
        if work is Work.RECORDS:
            return stub.Echo(protos.Records(records=self._records)).records
        return stub.Length(protos.Data(data=DATA)).value

    def close(self) -> None:
        self._channel.close()


def serve(place: Place, host: Host) -> None:
    """Serve for ever."""
    protos, services = grpc.protos_and_services(PROTO)
    server = grpc.server(ThreadPoolExecutor(WORKERS))
    services.add_BenchServicer_to_server(_Bench(protos), server)
    server.add_insecure_port(f"127.0.0.1:{place.port}")
    server.start()
    host.ready()
    server.wait_for_termination()


def client(place: Place) -> _Client:
    """Return a client."""
    return _Client(place)
