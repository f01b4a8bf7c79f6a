"""One parameter less."""

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def list(self, ctx: Context, limit: int) -> list[Item]:  # type: ignore[override]
        return super().list(ctx, limit, None)
