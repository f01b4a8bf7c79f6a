"""A value of an enum that nobody declared."""

from decimal import Decimal

from rpcgen_runtime import Context, Unrecognized
from tests.contract_tests.generated.store.v1 import Item, Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    def add(self, ctx: Context, name: str, kind: Kind, price: Decimal | None) -> Item:
        item = super().add(ctx, name, kind, price)
        return item.model_copy(update={"kind": Unrecognized("sack")})
