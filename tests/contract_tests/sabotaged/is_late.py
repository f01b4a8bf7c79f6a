"""Longer than the contract says."""

import time

from rpcgen_runtime import Context, Unrecognized
from tests.contract_tests.generated.store.v1 import Kind
from tests.contract_tests.sound import Sound


class Store(Sound):
    def kinds(self, ctx: Context) -> dict[Kind | Unrecognized, int]:
        time.sleep(1.3)
        return super().kinds(ctx)
