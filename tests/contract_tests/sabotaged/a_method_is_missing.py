"""One method was forgotten: the class is abstract."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import StoreServer


class Store(StoreServer):
    async def count(self, ctx: Context) -> int:
        return 0
