"""One parameter that cannot be passed by position."""

import datetime as dt

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def later(self, ctx: Context, *, days: int) -> dt.datetime:  # type: ignore[override]
        return super().later(ctx, days)
