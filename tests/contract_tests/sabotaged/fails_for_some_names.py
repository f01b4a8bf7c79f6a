"""Only some values, that no limit is near to."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str) -> None:
        if " " in name:
            raise LookupError(name)
