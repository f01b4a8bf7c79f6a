"""A share of nothing."""

import math

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def share(self, ctx: Context, part: float) -> float:
        return math.inf if part == 1 else part
