"""Longer than the contract says, as an `async` method."""

import asyncio

from rpcgen_runtime import Context, Unrecognized
from tests.contract_tests.generated.store.v1 import Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def kinds(self, ctx: Context) -> dict[Kind | Unrecognized, int]:  # type: ignore[override]
        await asyncio.sleep(1.3)
        return super().kinds(ctx)
