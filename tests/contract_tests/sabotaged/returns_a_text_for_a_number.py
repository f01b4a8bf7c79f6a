"""A number as a text."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    async def count(self, ctx: Context) -> int:
        return str(len(self.items))  # type: ignore[return-value]
