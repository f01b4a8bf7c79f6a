"""Where handlers run: worker threads and the event loop, the loop alone, or one at a time."""

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol

from rpcgen_runtime.context import Deadline
from rpcgen_runtime.endpoint import Binding


class NotStarted(Exception):  # a signal between executor and dispatcher
    """The deadline passed while the handler waited for a place."""


class Executor(Protocol):
    """Runs one handler at a time for each place that it has."""

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """Return what the handler returned, awaited where it must be.

        Raises NotStarted or TimeoutError when the deadline passes before or after its start, and
        whatever the handler raises.
        """
        ...

    def close(self) -> None:
        """Give back threads; what runs in them is not waited for."""
        ...


class Threads:
    """`def` in worker threads, `async def` on the event loop. The default."""

    def __init__(self, workers: int = 32) -> None:
        if workers < 1:
            raise ValueError("an executor has `workers` from 1 on")
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="rpcgen-handler")

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """See Executor."""
        if binding.is_async:
            return await _on_loop(call, deadline)
        started = _Started(call, deadline)
        work = partial(contextvars.copy_context().run, started)
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            async with asyncio.timeout(deadline.remaining()):
                # The thread cannot be stopped: shielded, so that it is seen whether it began.
                result = await asyncio.shield(future)
                return await result if inspect.isawaitable(result) else result
        except TimeoutError:
            if not future.done():
                future.add_done_callback(_drop)
            if not started.begun:
                started.cancelled = True
                raise NotStarted from None
            raise

    def close(self) -> None:
        """See Executor."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class EventLoop:
    """Everything on the event loop, `def` too: for handlers that never block."""

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """See Executor."""
        if binding.is_async:
            return await _on_loop(call, deadline)
        result = call()
        return await result if inspect.isawaitable(result) else result

    def close(self) -> None:
        """See Executor."""


class OneAtATime:
    """One handler after another, `def` in one thread of its own: for code that shares state."""

    def __init__(self) -> None:
        self._threads = Threads(1)
        self._turn = asyncio.Lock()

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """See Executor."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._turn.acquire()
        except TimeoutError:
            raise NotStarted from None
        try:
            return await self._threads.run(binding, call, deadline)
        finally:
            self._turn.release()

    def close(self) -> None:
        """See Executor."""
        self._threads.close()


class _Started:
    """A handler in a thread, which knows whether it began."""

    def __init__(self, call: Callable[[], object], deadline: Deadline) -> None:
        self._call = call
        self._deadline = deadline
        self.begun = False
        self.cancelled = False

    def __call__(self) -> object:
        if self.cancelled or self._deadline.passed():
            raise NotStarted
        self.begun = True
        return self._call()


async def _on_loop(call: Callable[[], object], deadline: Deadline) -> object:
    result = call()
    if not inspect.isawaitable(result):
        return result
    async with asyncio.timeout(deadline.remaining()):
        return await result


def _drop(future: "asyncio.Future[object] | Future[object]") -> None:
    """Look at the result of a handler that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
