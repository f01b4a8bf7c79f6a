"""The thread that does a broker's I/O, for those who have no event loop or may block theirs.

Handlers never run on it.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class IoThread:
    """An event loop in a daemon thread of its own."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[object, object, T]) -> T:
        """Run `work` on the loop; return what it returns. Not to be called on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def wait_for_async(self, work: Coroutine[object, object, T]) -> T:
        """Do the same for who waits on another event loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def close(self) -> None:
        """End the loop and the thread; a second time does nothing."""
        if self.loop.is_closed() or threading.current_thread() is self._thread:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
