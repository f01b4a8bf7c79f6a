"""Nobody hears of it."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str) -> None:
        self.items[name].model_copy()
