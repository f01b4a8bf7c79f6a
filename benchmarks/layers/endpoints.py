"""The handlers that are called while instructions are counted: as little as the work allows."""

from benchmarks.generated.bench import v1
from rpcgen_runtime import Context


class AsyncBench(v1.BenchServer):
    """On the event loop."""

    async def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        """Return the sum."""
        return a + b

    async def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:  # noqa: ARG002
        """Return the records."""
        return records

    async def length(self, ctx: Context, data: bytes) -> int:  # noqa: ARG002
        """Return how many bytes there are."""
        return len(data)

    async def note(self, ctx: Context, number: int) -> None:
        """Do nothing."""

    async def tell(self, ctx: Context, number: int) -> None:
        """Do nothing."""


class Bench(v1.BenchServer):
    """In threads."""

    def add(self, ctx: Context, a: int, b: int) -> int:  # noqa: ARG002
        """Return the sum."""
        return a + b

    def echo(self, ctx: Context, records: list[v1.Record]) -> list[v1.Record]:  # noqa: ARG002
        """Return the records."""
        return records

    def length(self, ctx: Context, data: bytes) -> int:  # noqa: ARG002
        """Return how many bytes there are."""
        return len(data)

    def note(self, ctx: Context, number: int) -> None:
        """Do nothing."""

    def tell(self, ctx: Context, number: int) -> None:
        """Do nothing."""
