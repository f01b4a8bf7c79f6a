"""One parameter more, which nobody passes."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str, often: int) -> None:  # type: ignore[override]
        super().touch(ctx, name)
