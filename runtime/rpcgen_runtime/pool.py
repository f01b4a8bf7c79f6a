"""Worker threads that keep nobody waiting: neither a server that ends nor the interpreter.

`concurrent.futures` joins its threads at the end of the process, so that one handler that never
ends would keep a drained server from ending.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeAlias

Work: TypeAlias = tuple[Future[object], Callable[[], object]]


class Pool:
    """At most `workers` daemon threads, each started when there is work and none is idle."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._started = 0
        self._is_closed = False

    def submit(self, call: Callable[[], object]) -> Future[object]:
        """Run `call` in a thread. Raises RuntimeError once the pool is closed."""
        future: Future[object] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the executor is closed")
            self._work.put((future, call))
            if not self._idle.acquire(blocking=False) and self._started < self._workers:
                self._started += 1
                name = f"rpcgen-handler-{self._started}"
                threading.Thread(target=self._run, name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """Begin nothing more and let idle threads end; what runs is not waited for."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._drop_waiting()
            for _ in range(self._started):
                self._work.put(None)

    def _drop_waiting(self) -> None:
        while True:
            try:
                work = self._work.get_nowait()
            except Empty:
                return
            if work is not None:
                work[0].cancel()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            _settle(*work)
            del work
            self._idle.release()


def _settle(future: Future[object], call: Callable[[], object]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  # whoever waits for the result gets it
        future.set_exception(error)
    else:
        future.set_result(result)
