"""A call without a result that has one."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def clear(self, ctx: Context) -> None:
        super().clear(ctx)
        return True  # type: ignore[return-value]
