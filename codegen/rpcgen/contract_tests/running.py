"""An implementation behind `memory://`, asked with raw bytes, and watched while it answers.

The server's event loop is in a thread of its own; whether a handler blocks it is seen from outside.
"""

import inspect
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from secrets import token_hex
from types import FrameType

from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.subjects import Subject
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.endpoint import Binding
from rpcgen_runtime.interceptors import Invocation
from rpcgen_runtime.memory.hub import hub
from rpcgen_runtime.messages import Reply, Request, Verb
from rpcgen_runtime.server import Server

PATIENCE = 10.0
"""Seconds for a method whose contract says no timeout."""
LOOK = 0.05
"""Seconds between two looks at what an event loop does."""
BLOCKED_LOOKS = 4
"""After so many looks at one and the same handler, the loop counts as blocked."""
DRAIN = 1.0


@dataclass(slots=True)
class Seen:
    """What the server saw of one request that reached the handler."""

    arguments: Mapping[str, object]
    thread: int
    result: object = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request came to."""

    reply: Reply | None
    """None where nothing came within the time."""
    seen: Seen | None
    """None where the handler was not reached."""
    blocked_at: str | None
    """Where an `async` handler blocked the event loop."""
    seconds: float
    """That it was given."""


class Running:
    """A server with one new endpoint; ended by `close`."""

    def __init__(self, subject: Subject) -> None:
        endpoint = subject.make()
        self._bindings = {it.method.full_name: it for it in endpoint.__rpc_bindings__()}
        self._seen: Seen | None = None
        name = f"rpcgen-test-{token_hex(8)}"
        self._hub = hub(name)
        self._server = Server(
            f"memory://{name}", [endpoint], interceptors=[self._watch], drain_timeout=DRAIN
        )
        self._server.start()
        self._is_stuck = False

    def ask(self, codec: MethodCodec, params: bytes) -> Asked:
        """Send the parameters of one request, and wait for what comes of it."""
        method = codec.runtime
        seconds = method.timeout or PATIENCE
        request = _request(codec, params, seconds)
        self._seen = None
        future: Future[Reply] = Future()
        self._hub.send(request, future.set_result)
        blocked_at = self._wait(future, self._binding(codec), seconds + DRAIN)
        reply = future.result() if future.done() else None
        self._is_stuck = self._is_stuck or reply is None
        return Asked(reply, self._taken(), blocked_at, seconds)

    def close(self) -> None:
        """End the server; one whose event loop does not answer any more is left alone."""
        if not self._is_stuck:
            with suppress(TimeoutError):
                self._server.stop()
                self._server.wait()

    def _taken(self) -> Seen | None:
        """Return what was seen of the last request."""
        seen = self._seen
        if seen is not None and inspect.iscoroutine(seen.result):
            # Nobody awaits it, which Python would complain of where it is forgotten.
            seen.result.close()
        return seen

    def _wait(self, future: "Future[Reply]", binding: Binding, seconds: float) -> str | None:
        """Wait for a reply; return where the event loop is blocked, if it is."""
        until = time.monotonic() + seconds
        looks: list[str | None] = []
        while time.monotonic() < until:
            try:
                future.result(LOOK)
                break
            except FutureTimeout:
                looks.append(self._place(binding) if binding.is_async else None)
        return _blocked(looks)

    def _place(self, binding: Binding) -> str | None:
        """Return where in the handler's file the event loop's thread is now."""
        seen = self._seen
        if seen is None:
            return None
        code = getattr(binding.handler, "__code__", None)
        file = None if code is None else code.co_filename
        frame = sys._current_frames().get(seen.thread)  # noqa: SLF001  # the documented way
        return None if frame is None else _line_in(frame, file)

    def _binding(self, codec: MethodCodec) -> Binding:
        return self._bindings[codec.runtime.full_name]

    @contextmanager
    def _watch(self, invocation: Invocation) -> Iterator[None]:
        seen = self._seen = Seen(invocation.arguments, threading.get_ident())
        try:
            yield
        except BaseException as error:
            seen.error = error
            raise
        seen.result = invocation.result


@contextmanager
def running(subject: Subject) -> Iterator[Running]:
    """Run a new endpoint of a subject within the `with`."""
    found = Running(subject)
    try:
        yield found
    finally:
        found.close()


def _request(codec: MethodCodec, params: bytes, seconds: float) -> Request:
    method = codec.runtime
    target = method.service.target
    return Request(
        verb=method.verb,
        name=method.full_name,
        params=params,
        version=str(method.service.version),
        deadline=Deadline.after(seconds),
        message_id=token_hex(16),
        data={},
        target=replace(target, fanout=method.verb is Verb.FANOUT),
    )


def _blocked(looks: list[str | None]) -> str | None:
    """Return where several looks in a row found the handler at work, if they did."""
    count = 0
    for place in looks:
        count = count + 1 if place is not None else 0
        if count >= BLOCKED_LOOKS:
            return place
    return None


def _line_in(frame: FrameType, file: str | None) -> str | None:
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_filename == file:
            return f"{file}:{found.f_lineno}"
        found = found.f_back
    return None
