"""The process is told to end."""

import sys

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def clear(self, ctx: Context) -> None:
        sys.exit(1)
