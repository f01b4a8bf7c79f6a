"""A cast that is delivered twice counts twice."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str) -> None:
        number = len(self.items) + 1
        self.items[f"{name} {number}"] = Item(id=number, name="touched")
