"""A default that is none: every argument is passed."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def list(self, ctx: Context, limit: int = 50, note: str | None = None) -> list[Item]:
        return super().list(ctx, limit, note)
