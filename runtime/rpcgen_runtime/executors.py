"""Where handlers run: worker threads and the event loop, the loop alone, or one at a time."""

import asyncio
import contextvars
import inspect
import math
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeAlias

from rpcgen_runtime.context import Deadline
from rpcgen_runtime.endpoint import Binding
from rpcgen_runtime.pool import Pool


class NotStarted(Exception):  # a signal between executor and dispatcher
    """The deadline passed while the handler waited for a place."""


ON_LOOP = 256
"""Places of an event loop: handlers that wait cost little, but are work that this process holds."""


NEVER = Deadline(math.inf)

_Came: TypeAlias = tuple["asyncio.Future[object]", object, BaseException | None]


class Executor(Protocol):
    """Runs one handler at a time for each place that it has."""

    @property
    def places(self) -> int:
        """How many handlers that may block run at once; a broker hands out no more than that."""
        ...

    def run(
        self, binding: Binding, call: Callable[[], object], deadline: Deadline
    ) -> Awaitable[object]:
        """Return, when awaited, what the handler returned, awaited where it must be.

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
        self._returns: _Returns | None = None

    @property
    def places(self) -> int:
        """See Executor."""
        return self._workers

    def run(
        self, binding: Binding, call: Callable[[], object], deadline: Deadline
    ) -> Awaitable[object]:
        """See Executor."""
        return _on_loop(call, deadline) if binding.is_async else self._in_thread(call, deadline)

    async def _in_thread(self, call: Callable[[], object], deadline: Deadline) -> object:
        job = self._submit(call, deadline)
        timer = job.returns.loop.call_at(deadline.at, job.expire)
        try:
            result = await job.future
        finally:
            timer.cancel()
        if not inspect.isawaitable(result):
            return result
        async with asyncio.timeout(deadline.remaining()):
            return await result

    def when_free(self, act: Callable[[], None]) -> None:
        """Call `act` on the event loop when a worker gets to it."""
        job = self._submit(_nothing, NEVER)
        job.future.add_done_callback(lambda _: act())

    def _submit(self, call: Callable[[], object], deadline: Deadline) -> "_Job":
        loop = asyncio.get_running_loop()
        if self._returns is None or self._returns.loop is not loop:
            self._returns = _Returns(loop)
        job = _Job(call, deadline, self._returns)
        self._pool.submit(job)
        return job

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


class _Job:
    """A handler on its way to a thread and back."""

    __slots__ = ("_call", "_context", "_deadline", "_ticket", "future", "returns")

    def __init__(self, call: Callable[[], object], deadline: Deadline, returns: "_Returns") -> None:
        self.returns = returns
        self.future: asyncio.Future[object] = returns.loop.create_future()
        self._call, self._deadline = call, deadline
        self._context = contextvars.copy_context()
        self._ticket = [None]
        """Who takes it has the handler: the thread that begins it, or the deadline."""

    def run(self) -> None:
        """Run the handler, unless nobody waits for it; in a thread."""
        if not self._claim():
            return
        result: object = None
        error: BaseException | None = None
        try:
            if self._deadline.passed():
                raise NotStarted
            result = self._context.run(self._call)
        except BaseException as caught:  # noqa: BLE001  # whoever waits for the result gets it
            error = caught
        self.returns.give(self.future, result, error)

    def drop(self) -> None:
        """Tell who waits that the handler will not run."""
        if self._claim():
            self.returns.give(self.future, None, asyncio.CancelledError())

    def expire(self) -> None:
        """Tell who waits that there is no more time; on the event loop."""
        if not self.future.done():
            self.future.set_exception(NotStarted() if self._claim() else TimeoutError())

    def _claim(self) -> bool:
        try:
            self._ticket.pop()
        except IndexError:
            return False
        return True


class _Returns:
    """What comes back to one event loop from its threads; one wake-up carries all there is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._came: deque[_Came] = deque()
        self._is_called = False

    def give(
        self, future: "asyncio.Future[object]", result: object, error: BaseException | None
    ) -> None:
        """End a future of the event loop's; from any thread."""
        self._came.append((future, result, error))
        if not self._is_called:
            self._is_called = True
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self.loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        self._is_called = False
        while self._came:
            future, result, error = self._came.popleft()
            if future.done():
                continue
            if isinstance(error, asyncio.CancelledError):
                future.cancel()
            elif error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)


async def _on_loop(call: Callable[[], object], deadline: Deadline) -> object:
    """Run a handler, under a timer from where it first waits: most never do."""
    result = call()
    if not isinstance(result, types.CoroutineType):
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
