"""The benchmark's contract with handlers that wait, as for a database: four at a time."""

import threading
import time

from benchmarks.generated.bench import v1
from benchmarks.growth.site import Site
from benchmarks.growth.subjects.bench import client
from benchmarks.subject import Host
from rpcgen_runtime import Context, Server, Threads

__all__ = ["client", "serve"]

PLACES = 4
SECONDS = 0.02


class _Bench(v1.BenchServer):
    def add(self, ctx: Context, a: int, b: int) -> int:
        time.sleep(SECONDS)
        return a + b

    def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:
        return records

    def length(self, ctx: Context, data: bytes) -> int:
        return len(data)

    def note(self, ctx: Context, number: int) -> None: ...

    def tell(self, ctx: Context, number: int) -> None: ...


def serve(site: Site, host: Host) -> None:
    """Serve for ever."""
    with Server(site.url, [_Bench()], executor=Threads(PLACES)):
        host.ready()
        threading.Event().wait()
