"""A view of a dict where a list is meant."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def list(self, ctx: Context, limit: int, note: str | None) -> list[Item]:
        return self.items.values()  # type: ignore[return-value]
