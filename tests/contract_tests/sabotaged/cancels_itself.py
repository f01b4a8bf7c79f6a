"""A task is told that it was cancelled, although nobody did."""

import asyncio

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def count(self, ctx: Context) -> int:
        raise asyncio.CancelledError
