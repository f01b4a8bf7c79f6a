"""Where handlers run: worker threads and the event loop, the loop alone, or one at a time."""

import asyncio
import contextvars
import inspect
import types
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from functools import partial
from typing import Protocol

from rpcgen_runtime.context import Deadline
from rpcgen_runtime.endpoint import Binding
from rpcgen_runtime.pool import Pool


class NotStarted(Exception):  # a signal between executor and dispatcher
    """The deadline passed while the handler waited for a place."""


ON_LOOP = 256
"""Places of an event loop: handlers that wait cost little, but are work that this process holds."""


class Executor(Protocol):
    """Runs one handler at a time for each place that it has."""

    @property
    def places(self) -> int:
        """How many handlers that may block run at once; a broker hands out no more than that."""
        ...

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
        self._pool = Pool(workers)
        self._workers = workers

    @property
    def places(self) -> int:
        """See Executor."""
        return self._workers

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """See Executor."""
        if binding.is_async:
            return await _on_loop(call, deadline)
        started = _Started(call, deadline)
        work = partial(contextvars.copy_context().run, started)
        future = asyncio.wrap_future(self._pool.submit(work))
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

    def when_free(self, act: Callable[[], None]) -> None:
        """Call `act` on the event loop when a worker gets to it."""
        future = asyncio.wrap_future(self._pool.submit(_nothing))
        future.add_done_callback(lambda _: act())

    def close(self) -> None:
        """See Executor."""
        self._pool.close()


class EventLoop:
    """Everything on the event loop, `def` too: for handlers that never block."""

    @property
    def places(self) -> int:
        """See Executor."""
        return ON_LOOP

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

    @property
    def places(self) -> int:
        """See Executor."""
        return 1

    async def run(self, binding: Binding, call: Callable[[], object], deadline: Deadline) -> object:
        """See Executor."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._turn.acquire()
        except TimeoutError:
            raise NotStarted from None
        try:
            result = await self._threads.run(binding, call, deadline)
        except BaseException:
            # The handler may still be in the thread, although nobody waits for it any more.
            self._threads.when_free(self._turn.release)
            raise
        self._turn.release()
        return result

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
    """Run a handler, under a timer from where it first waits: most never do."""
    result = call()
    if not isinstance(result, Coroutine):
        if not inspect.isawaitable(result):
            return result
        async with asyncio.timeout(deadline.remaining()):
            return await result
    try:
        awaited = result.send(None)
    except StopIteration as end:
        returned: object = end.value
        return returned
    async with asyncio.timeout(deadline.remaining()):
        return await _rest(result, awaited)


@types.coroutine
def _rest(
    begun: Coroutine[object, object, object], awaited: object
) -> Generator[object, object, object]:
    """Go on with a coroutine that waits for something, as `await` would."""
    while True:
        try:
            came = yield awaited
        except GeneratorExit:
            begun.close()
            raise
        except BaseException as error:  # noqa: BLE001  # it is the coroutine's to handle
            step = partial(begun.throw, error)
        else:
            step = partial(begun.send, came)
        try:
            awaited = step()
        except StopIteration as end:
            return end.value


def _nothing() -> None:
    """Take a worker's turn."""


def _drop(future: "asyncio.Future[object] | Future[object]") -> None:
    """Look at the result of a handler that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
