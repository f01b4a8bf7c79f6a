"""A generator where a list is meant."""

from collections.abc import Iterator

from rpcgen_runtime import Context
from tests.contract_tests.generated.store.v1 import Item
from tests.contract_tests.sound import Sound


class Store(Sound):
    def list(self, ctx: Context, limit: int, note: str | None) -> list[Item]:
        return self._each()  # type: ignore[return-value]

    def _each(self) -> Iterator[Item]:
        yield from self.items.values()
