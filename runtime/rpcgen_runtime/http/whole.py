"""A request that came whole, from its bytes to one write of its answer: without ASGI's messages.

To uvicorn's connection it is a cycle like any other. What is overridden is uvicorn's own, so its
version is pinned: docs/decisions/0008-connections.md.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from rpcgen_runtime.http.application import Answer
from rpcgen_runtime.http.heads import CLOSE, Head

log = logging.getLogger("rpcgen_runtime.http")


class Answering(Protocol):
    """An application that can be handed whole requests."""

    path: str
    """The one that they have."""

    async def answer(self, head: Head, body: bytes) -> Answer:
        """Answer a request."""
        ...


class WholeCycle(RequestResponseCycle):
    """One request and its answer."""

    def __init__(
        self,
        application: Answering,
        transport: asyncio.Transport,
        flow: FlowControl,
        state: ServerState,
        *,
        keep_alive: bool,
        on_response: Callable[[], None],
    ) -> None:
        # Not uvicorn's own, which is for what has yet to come: here all of the request is there.
        self.application, self.transport, self.flow, self.state = (
            application, transport, flow, state,
        )  # fmt: skip
        self.keep_alive, self.on_response = keep_alive, on_response
        self.disconnected = self.more_body = False
        self.response_started = self.response_complete = False
        self.message_event = _NOBODY_WAITS

    async def run(self, head: Head, body: bytes) -> None:
        """Answer the request."""
        try:
            answer = await self.application.answer(head, body)
        except Exception:
            log.exception("answering a request failed")
            answer = Answer(500, [(b"content-length", b"0"), CLOSE], b"")
        except BaseException:
            # The server gives up on it: its client hears that by the end of the connection.
            self.transport.close()
            raise
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.keep_alive and CLOSE not in answer.fields:
            answer.fields.append(CLOSE)
        self.response_started = self.response_complete = True
        fields = [b"%b: %b\r\n" % it for it in (*self.state.default_headers, *answer.fields)]
        self.transport.write(b"".join((STATUS_LINE[answer.status], *fields, b"\r\n", answer.body)))
        if not self.keep_alive or CLOSE in answer.fields:
            self.transport.close()
        self.on_response()


class _Nobody(asyncio.Event):
    """Set when a connection ends; all of the request is there, and nobody waits for more."""

    def set(self) -> None:
        """Wake nobody."""


_NOBODY_WAITS = _Nobody()
