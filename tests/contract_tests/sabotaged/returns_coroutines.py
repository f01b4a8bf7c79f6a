"""Coroutines within the result, which nobody awaits."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def get(self, ctx: Context, name: str) -> Item | None:
        return super().get(ctx, name)  # type: ignore[return-value]
