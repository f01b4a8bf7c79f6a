"""Endpoints that do what a test says."""

import threading
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from rpcgen_runtime import Context, Unrecognized, UnrecognizedVariant
from tests.runtime.generated.new.trial.kinds.v1 import (
    Broken,
    Color,
    Every,
    Keywords,
    KindsServer,
    Leaf,
    Node,
    PositionsServer,
    Sealed,
    Shape,
    Size,
)
from tests.runtime.generated.new.trial.work.v1 import WorkListener, WorkServer

Run = Callable[[Context, str], str]
AsyncRun = Callable[[Context, str], Awaitable[str]]


def _same(_context: Context, name: str) -> str:
    return name


class Worker(WorkServer):
    """Handlers with `def`."""

    def __init__(self, run: Run = _same) -> None:
        self._run = run
        self.notes: list[str] = []
        self.rings: list[str] = []
        self.told = threading.Semaphore(0)
        """Released once for each note and each ring."""

    def run(self, ctx: Context, name: str) -> str:
        return self._run(ctx, name)

    def repeat(self, ctx: Context, name: str) -> str:
        return self._run(ctx, name)

    def brief(self, ctx: Context, name: str) -> str:
        return self._run(ctx, name)

    async def other(self, ctx: Context, name: str) -> str:
        return f"{name}!"

    def note(self, ctx: Context, text: str) -> None:
        self._run(ctx, text)
        self.notes.append(text)
        self.told.release()

    def note_again(self, ctx: Context, text: str) -> None:
        self.note(ctx, text)

    def ring(self, ctx: Context, text: str) -> None:
        self.rings.append(text)
        self.told.release()


class AsyncWorker(WorkServer):
    """Handlers with `async def`."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def run(self, ctx: Context, name: str) -> str:
        return await self._run(ctx, name)

    async def repeat(self, ctx: Context, name: str) -> str:
        return await self._run(ctx, name)

    async def brief(self, ctx: Context, name: str) -> str:
        return await self._run(ctx, name)

    def other(self, ctx: Context, name: str) -> str:
        return f"{name}!"

    async def note(self, ctx: Context, text: str) -> None:
        await self._run(ctx, text)

    async def note_again(self, ctx: Context, text: str) -> None:
        await self._run(ctx, text)

    async def ring(self, ctx: Context, text: str) -> None:
        await self._run(ctx, text)


class Ears(WorkListener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.told = threading.Semaphore(0)

    def rang(self, ctx: Context, text: str) -> None:
        self.heard.append(text)
        self.told.release()


class Echo(KindsServer):
    """Returns what it is given; `seen` has the arguments of the last call."""

    def __init__(self) -> None:
        self.seen: dict[str, object] = {}
        self.calls: list[tuple[str, str]] = []
        self.failure: BaseException = Broken(reason="no reason")
        self.more_tags: list[str] = []
        self.heard = threading.Semaphore(0)

    def a_bool(self, ctx: Context, value: bool) -> bool:  # noqa: FBT001  # the contract's
        return value

    def a_int(self, ctx: Context, value: int) -> int:
        return value

    def a_float(self, ctx: Context, value: float) -> float:
        return value

    def a_str(self, ctx: Context, value: str) -> str:
        return value

    def a_bytes(self, ctx: Context, value: bytes) -> bytes:
        return value

    def a_uuid(self, ctx: Context, value: UUID) -> UUID:
        return value

    def a_datetime(self, ctx: Context, value: datetime) -> datetime:
        return value

    def a_date(self, ctx: Context, value: date) -> date:
        return value

    def a_time(self, ctx: Context, value: time) -> time:
        return value

    def a_duration(self, ctx: Context, value: timedelta) -> timedelta:
        return value

    def a_decimal(self, ctx: Context, value: Decimal) -> Decimal:
        return value

    def a_json(self, ctx: Context, value: JsonValue) -> JsonValue:
        return value

    def numbers(self, ctx: Context, value: list[int]) -> list[int]:
        self.seen = {"value": value}
        return value

    def gaps(self, ctx: Context, value: list[int | None]) -> list[int | None]:
        self.seen = {"value": value}
        return value

    def by_text(self, ctx: Context, value: dict[str, str | None]) -> dict[str, str | None]:
        self.seen = {"value": value}
        return value

    def by_number(self, ctx: Context, value: dict[int, str]) -> dict[int, str]:
        self.seen = {"value": value}
        return value

    def by_id(self, ctx: Context, value: dict[UUID, int]) -> dict[UUID, int]:
        self.seen = {"value": value}
        return value

    def size(self, ctx: Context, value: Size) -> Size:
        self.seen = {"value": value}
        return value

    def node(self, ctx: Context, value: Node) -> Node:
        self.seen = {"value": value}
        return value

    def sealed(self, ctx: Context, value: Sealed) -> Sealed:
        self.seen = {"value": value}
        return value

    def every(self, ctx: Context, value: Every) -> Every:
        self.seen = {"value": value}
        return value

    def keywords(self, ctx: Context, value: Keywords) -> Keywords:
        self.seen = {"value": value}
        return value

    def maybe(self, ctx: Context, value: str | None) -> str | None:
        self.seen = {"value": value}
        return value

    def perhaps(self, ctx: Context, value: str | None) -> str | None:
        self.seen = {"value": value}
        return value

    def by_color(
        self, ctx: Context, value: dict[Color, list[Leaf]]
    ) -> dict[Color | Unrecognized, list[Leaf]]:
        return dict[Color | Unrecognized, list[Leaf]](value.items())

    def color(self, ctx: Context, value: Color) -> Color | Unrecognized:
        return value

    def shape(self, ctx: Context, value: Shape) -> Shape | UnrecognizedVariant:
        return value

    def renamed(self, ctx: Context, first: int, second: list[Leaf], third: Color) -> Every | None:
        self.seen = {"first": first, "second": second, "third": third}
        return None

    def lambda_(self, ctx: Context, class_: str, from_: int, self_: int, ctx_: str) -> str:
        return f"{class_} {from_} {self_} {ctx_}"

    def bounded(
        self,
        ctx: Context,
        name: str,
        count: int,
        ratio: float,
        code: str,
        tags: list[str],
        secret: Decimal | None,
    ) -> list[str]:
        self.seen = {"name": name, "count": count, "ratio": ratio, "code": code, "tags": tags}
        return [*tags, *self.more_tags]

    def fail(self, ctx: Context, error: str) -> str:
        raise self.failure

    def told(self, ctx: Context, text: str) -> None:
        self.calls.append(("told", text))

    def tell(self, ctx: Context, text: str) -> None:
        self.calls.append(("tell", text))
        self.heard.release()


class Places(PositionsServer):
    """Says what it was given."""

    def place(
        self, ctx: Context, x: int, y: int, z: list[int], note: str | None, color: Color
    ) -> JsonValue:
        return {"x": x, "y": y, "z": [*z], "note": note, "color": color.value}
