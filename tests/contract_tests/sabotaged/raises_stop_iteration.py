"""An iterator that has ended ends the handler."""

from decimal import Decimal

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item, Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    def add(self, ctx: Context, name: str, kind: Kind, price: Decimal | None) -> Item:
        return next(it for it in self.items.values() if it.name == name and it.id < 0)
