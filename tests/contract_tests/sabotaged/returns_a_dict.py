"""A dict that is not what the model would be."""

from decimal import Decimal

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item, Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    def add(self, ctx: Context, name: str, kind: Kind, price: Decimal | None) -> Item:
        return {"id": str(len(name)), "name": name}  # type: ignore[return-value]
