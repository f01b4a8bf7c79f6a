"""A result that breaks a constraint of its own."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def count(self, ctx: Context) -> int:
        return len(self.items) - 1
