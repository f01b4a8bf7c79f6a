"""Requests that came whole, from their bytes to one write of the answer: without ASGI's messages.

To uvicorn's connection it is a cycle like any other. What is overridden is uvicorn's own, so its
version is pinned: docs/decisions/0008-connections.md.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from rpcgen_runtime.http.application import Answer
from rpcgen_runtime.http.heads import CLOSE, Again, Field, Head, Memory
from rpcgen_runtime.http.likeness import Likeness, likeness_of

KEPT = 256
"""Ways to answer that are not written anew; most servers have two."""

log = logging.getLogger("rpcgen_runtime.http")


class Answering(Protocol):
    """An application that can be handed whole requests."""

    path: str
    """The one that they have."""

    async def answer(self, head: Head | Again, body: bytes, memory: Memory) -> Answer:
        """Answer a request; the memory is that of its connection."""
        ...


class State(ServerState):
    """What the connections of one server share."""

    lines: bytes = b""
    """Of each answer, as they are sent: `default_headers`."""

    def tell(self, fields: Iterable[Field]) -> None:
        """Tell in each answer from now on."""
        self.default_headers = list(fields)
        self.lines = _lines(tuple(fields))


class WholeCycle(RequestResponseCycle):
    """The requests of one connection and their answers, one after the other."""

    def __init__(
        self,
        application: Answering,
        transport: asyncio.Transport,
        flow: FlowControl,
        state: State,
        *,
        loop: asyncio.AbstractEventLoop,
        on_response: Callable[[], None],
    ) -> None:
        # Not uvicorn's own, which is for what has yet to come: here all of the request is there.
        self.application, self.transport, self.flow, self.state = (
            application, transport, flow, state,
        )  # fmt: skip
        self.on_response = on_response
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self.keep_alive = True
        self.disconnected = self.more_body = False
        self.response_started = self.response_complete = False
        self.message_event = _NOBODY_WAITS
        self._memory = Memory()
        self._last: tuple[bytes, bytes, Sequence[Field]] | None = None
        """The last one that was parsed, until its likeness is sought: all of it, line, fields."""
        self._likeness: Likeness | None = None
        """Of the head that was judged last."""

    def note(self, data: bytes, line: bytes, fields: Sequence[Field]) -> None:
        """Note how the parser read the request that begins now."""
        self._last, self._likeness = (data, line, fields), None

    def alike(self, data: memoryview, certificate: str | None) -> tuple[Again, bytes] | None:
        """Return what differs and the body, if it is one request that reads as the last did."""
        if self._last is not None and self._memory.is_same:
            self._likeness, self._last = likeness_of(*self._last), None
        return None if self._likeness is None else self._likeness.read(bytes(data), certificate)

    def begin(self, head: Head | Again, body: bytes, *, keep_alive: bool) -> None:
        """Begin a request; the one before is answered."""
        self.keep_alive = keep_alive
        self.response_started = self.response_complete = False
        self._task = self._loop.create_task(self._run(head, body))
        self.state.tasks.add(self._task)

    async def _run(self, head: Head | Again, body: bytes) -> None:
        task = self._task
        assert task is not None, "begun as one"
        try:
            answer = await self.application.answer(head, body, self._memory)
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
        except Exception:
            log.exception("answering a request failed")
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, (CLOSE,), b"")
        except BaseException:
            # The server gives up on it: its client hears that by the end of the connection.
            self.transport.close()
            raise
        finally:
            self.state.tasks.discard(task)
        if not self.disconnected:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        status, fields, body = answer
        if not self.keep_alive and CLOSE not in fields:
            fields = (*fields, CLOSE)
        has_length = body or status != HTTPStatus.NO_CONTENT
        length = b"content-length: %d\r\n" % len(body) if has_length else b""
        self.response_started = self.response_complete = True
        parts = STATUS_LINE[status], self.state.lines, _lines(fields), length, b"\r\n", body
        self.transport.write(b"".join(parts))
        if CLOSE in fields:
            self.transport.close()
        self.on_response()


class _Nobody(asyncio.Event):
    """Set when a connection ends; all of the request is there, and nobody waits for more."""

    def set(self) -> None:
        """Wake nobody."""


_NOBODY_WAITS = _Nobody()


@lru_cache(KEPT)
def _lines(fields: tuple[Field, ...]) -> bytes:
    """Return fields as they are sent."""
    return b"".join(b"%b: %b\r\n" % it for it in fields)
