"""A default of its own that lives as long as the class."""

from rpcgen_runtime import Context
from tests.contract_tests.sound import Sound


class Store(Sound):
    def touch(self, ctx: Context, name: str, seen: list[str] = []) -> None:  # noqa: B006
        seen.append(name)
