"""An implementation of the store that does nothing wrong, with state of its own."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from rpcgen_runtime import Context, Unrecognized
from tests.contract_tests.generated.store.v1 import (
    Full,
    Item,
    Kind,
    NotFound,
    Size,
    StoreServer,
    WhichId,
    WhichName,
)

ROOM = 100
BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Sound(StoreServer):
    """Keeps items by their names."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def add(self, ctx: Context, name: str, kind: Kind, price: Decimal | None) -> Item:
        if len(self.items) >= ROOM:
            raise Full(room=0)
        item = Item(id=len(self.items) + 1, name=name, kind=kind, price=price, added=BEGINNING)
        self.items[name] = item
        return item

    def put(self, ctx: Context, name: str, price: Decimal | None) -> Item:
        known = self.items.get(name)
        if known is None:
            return self.add(ctx, name, Kind.box, price)
        self.items[name] = known.model_copy(update={"price": price})
        return self.items[name]

    async def get(self, ctx: Context, name: str) -> Item | None:
        return self.items.get(name)

    def find(self, ctx: Context, which: WhichName | WhichId, sizes: Sequence[Size]) -> Item:
        for item in self.items.values():
            match which:
                case WhichName(name=item.name) | WhichId(id=item.id):
                    return item
                case _:
                    pass
        raise NotFound(which=str(which))

    def list(self, ctx: Context, limit: int, note: str | None) -> list[Item]:
        return [*self.items.values()][:limit]

    async def count(self, ctx: Context) -> int:
        return len(self.items)

    def share(self, ctx: Context, part: float) -> float:
        return len(self.items) * part

    def later(self, ctx: Context, days: int) -> dt.datetime:
        return BEGINNING + dt.timedelta(days=days)

    def kinds(self, ctx: Context) -> dict[Kind | Unrecognized, int]:
        return dict(Counter(it.kind for it in self.items.values()))

    def clear(self, ctx: Context) -> None:
        self.items.clear()

    def remove(self, ctx: Context, name: str) -> bool:
        return self.items.pop(name, None) is not None

    def touch(self, ctx: Context, name: str) -> None:
        pass

    def forget(self, ctx: Context, reason: str | None) -> None:
        self.items.clear()
