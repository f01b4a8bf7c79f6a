"""Arguments are passed by name."""

import datetime as dt

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def later(self, ctx: Context, number: int) -> dt.datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().later(ctx, number)
