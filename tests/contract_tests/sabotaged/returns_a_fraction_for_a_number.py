"""A fraction where there is a whole number."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def count(self, ctx: Context) -> int:
        return len(self.items) / 2  # type: ignore[return-value]
