"""Nobody hears of it, many times."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def forget(self, ctx: Context, reason: str | None) -> None:
        self.items.pop((reason or "").strip()[0], None)
