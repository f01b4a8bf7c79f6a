"""A client of one contract and a server of another, with the real code and real bytes between them.

The server's handlers note what arrives and answer what they are told to.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from rpcgen.language import model
from rpcgen_runtime import (
    NO_RETRY,
    AsyncTransport,
    Context,
    Endpoint,
    EventLoop,
    Server,
    connect_async,
)
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.messages import Failure as Refusal
from rpcgen_runtime.messages import Request, Verb
from tests.proof.failures import Form
from tests.proof.pools import Wire
from tests.proof.sides import Side
from tests.proof.table import Row, rows

TURNS = 12
"""Of the event loop: then what was handed over within the process has arrived, or never will."""
PATIENCE = 10.0
"""Seconds after which what was sent to another thread or machine is lost."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The two sides of a conversation; events go from the server to the client."""

    client: Side
    server: Side
    is_late: bool
    """Whether the server is the older side."""


@dataclass(slots=True, eq=False)
class Desk:
    """Where the handlers of one server note what arrives, and find what they answer."""

    answer: Callable[[Row], object]
    """Given the method that was reached."""
    arrived: list[tuple[Row, list[object]]] = field(default_factory=list)

    def handler(self, row: Row) -> Callable[..., Awaitable[object]]:
        """Return what runs a method."""

        async def handle(_self: object, _ctx: Context, *given: object, **named: object) -> object:
            self.arrived.append((row, row.in_order(given, named)))
            return self.answer(row)

        return handle


@dataclass(frozen=True, slots=True)
class Line:
    """What is between both sides."""

    client_rows: Sequence[Row]
    server_rows: Sequence[Row]
    desk: Desk
    """Of what the server serves."""
    ear: Desk
    """Of the events that the client listens to."""
    _ends: Ends
    _calls: AsyncTransport
    _events: AsyncTransport
    _is_within: bool
    """Whether all of it is in this process, on this event loop."""
    _stubs: dict[str, Any] = field(default_factory=dict)

    async def ask(
        self, row: Row, form: Form, arguments: Sequence[object], params: dict[str, Wire]
    ) -> object:
        """Send a request of the client. Returns and raises as its stub, or as a stranger sees it."""
        if form == "stub":
            stub = self._stub(self._ends.client, row.service, "Client", self._calls)
            return await getattr(stub, row.made.name)(*arguments)
        sent: Wire = [*params.values()] if form == "positional" else params
        name = row.names()[-1 if form == "legacy" else 0]
        return await self._calls.call(_request(row, name, json.dumps(sent).encode()))

    async def tell(self, row: Row, arguments: Sequence[object]) -> None:
        """Publish an event of the server."""
        stub = self._stub(self._ends.server, row.service, "Events", self._events)
        await getattr(stub, row.made.name)(*arguments)

    def _stub(
        self, side: Side, service: model.Service, kind: str, transport: AsyncTransport
    ) -> Any:
        name = f"Async{service.name}{kind}"
        if name not in self._stubs:
            self._stubs[name] = vars(side.module(service.package, "client"))[name](transport)
        return self._stubs[name]

    async def settled(self, desk: Desk) -> None:
        """Return when something has arrived at a desk, or never will."""
        if self._is_within:
            for _ in range(TURNS):
                if desk.arrived:
                    return
                await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(PATIENCE):
                while not desk.arrived:
                    await asyncio.sleep(0.002)
        except TimeoutError:
            return


@asynccontextmanager
async def open_line(ends: Ends, url: str) -> AsyncIterator[Line]:
    """Give a line over the transport of `url`. Raises ValueError for methods of one name."""
    desk, ear = Desk(_nothing), Desk(_nothing)
    mine, theirs = rows(ends.client), rows(ends.server)
    served = _endpoints(ends.server, "Server", theirs, desk)
    heard = _endpoints(ends.client, "Listener", mine, ear)
    async with AsyncExitStack() as stack:
        transports: list[AsyncTransport] = []
        for given in (served, heard):
            place = url
            if given:
                server = await stack.enter_async_context(Server(url, given, executor=EventLoop()))
                place = server.url
            transport = connect_async(place, retry=NO_RETRY, timeout=PATIENCE)
            transports.append(await stack.enter_async_context(transport))
        is_within = url.startswith("memory:")
        calls, events = transports
        yield Line(mine, theirs, desk, ear, ends, calls, events, is_within)


def _endpoints(side: Side, suffix: str, known: Sequence[Row], desk: Desk) -> list[Endpoint]:
    """Return an endpoint for each generated skeleton with that suffix."""
    found = []
    for service in side.services():
        skeleton = vars(side.module(service.package, "server")).get(f"{service.name}{suffix}")
        if skeleton is not None:
            mine = [it for it in known if it.service is service]
            handlers = {it.made.name: desk.handler(it) for it in mine}
            found.append(cast("Endpoint", type(f"Any{service.name}", (skeleton,), handlers)()))
    return found


def _request(row: Row, name: str, params: bytes) -> Request:
    return Request(
        verb=Verb.CALL,  # a stranger may ask for an answer to anything
        name=name,
        params=params,
        version=None,
        deadline=Deadline.after(PATIENCE),
        message_id="proof",
        traceparent=None,
        data={},
        target=row.made.service.target,
    )


def refusal_of(reply: object) -> str | None:
    """Return what a stranger was told instead of a result."""
    return f"{reply.code} {reply.message}" if isinstance(reply, Refusal) else None


def _nothing(_: Row) -> None:
    """Answer nothing."""
