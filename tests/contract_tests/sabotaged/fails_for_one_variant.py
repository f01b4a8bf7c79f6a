"""One variant of a union was forgotten."""

from collections.abc import Sequence

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item, Size, WhichId, WhichName
from tests.contract_tests.sound import Sound


class Store(Sound):
    def find(self, ctx: Context, which: WhichName | WhichId, sizes: Sequence[Size]) -> Item:
        assert isinstance(which, WhichName)
        return super().find(ctx, which, sizes)
