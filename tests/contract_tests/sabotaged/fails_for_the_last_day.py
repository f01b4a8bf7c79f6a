"""The other limit itself."""

import datetime as dt

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def later(self, ctx: Context, days: int) -> dt.datetime:
        return super().later(ctx, range(1000)[days])
