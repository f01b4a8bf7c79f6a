"""The caller is taken for known."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def clear(self, ctx: Context) -> None:
        assert ctx.identity is not None
        super().clear(ctx)
