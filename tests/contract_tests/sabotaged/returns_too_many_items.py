"""More than the result may hold."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def list(self, ctx: Context, limit: int, note: str | None) -> list[Item]:
        return [Item(id=n + 1, name="a") for n in range(limit + 1)]
