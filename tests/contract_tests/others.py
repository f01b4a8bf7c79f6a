"""Implementations that are no plain server: listeners, positions, and some that misbehave."""

import itertools
import time
from collections.abc import Sequence

from pydantic import JsonValue

from rpcgen_runtime import Context, Unrecognized
from tests.contract_tests.generated.store.v1 import Item, Kind, Size, StoreListener
from tests.contract_tests.sound import Sound
from tests.runtime.generated.new.trial.kinds.v1 import Color, PositionsServer


class Heard(StoreListener):
    """Takes every event."""

    def sold(self, ctx: Context, item: Item, size: Size, kind: Kind | Unrecognized) -> None:
        pass


class HardOfHearing(StoreListener):
    """Does not know that an enum may have values that came later."""

    def sold(self, ctx: Context, item: Item, size: Size, kind: Kind | Unrecognized) -> None:
        assert isinstance(kind, Kind)


class Places(PositionsServer):
    """Takes its parameters by position."""

    def place(
        self, ctx: Context, x: int, y: int, z: Sequence[int], note: str | None, color: Color
    ) -> JsonValue:
        return [x, y, *z]


class Talking(Sound):
    """Prints while it works."""

    async def count(self, ctx: Context) -> int:
        print("counting")
        return await super().count(ctx)


class Stuck(Sound):
    """Does not give the event loop back for as long as anybody waits."""

    async def kinds(  # type: ignore[override]
        self, ctx: Context
    ) -> dict[Kind | Unrecognized, int]:
        time.sleep(4)  # noqa: ASYNC251
        return {}


class OnlyOnce(Sound):
    """Cannot be made a second time."""

    made = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        if next(self.made):
            raise RuntimeError("there is one already")
