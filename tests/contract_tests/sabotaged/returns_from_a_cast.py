"""A cast that answers."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str) -> None:
        return name in self.items  # type: ignore[return-value]
