"""One value of an enum was forgotten."""

from decimal import Decimal

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item, Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    def add(self, ctx: Context, name: str, kind: Kind, price: Decimal | None) -> Item:
        _ = {Kind.box: 1, Kind.bag: 2}[kind]
        return super().add(ctx, name, kind, price)
