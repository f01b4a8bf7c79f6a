"""An answer that changes by being asked for."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    asked = 0

    async def count(self, ctx: Context) -> int:
        self.asked += 1
        return self.asked
