"""An `async` method that waits as a `def` would."""

import time

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def count(self, ctx: Context) -> int:
        time.sleep(0.5)  # noqa: ASYNC251
        return await super().count(ctx)
