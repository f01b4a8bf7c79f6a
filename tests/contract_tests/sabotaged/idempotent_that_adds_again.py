"""The second call adds once more."""

from decimal import Decimal

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def put(self, ctx: Context, name: str, price: Decimal | None) -> Item:
        item = Item(id=len(self.items) + 1, name=name, price=price)
        self.items[f"{name} {item.id}"] = item
        return item
