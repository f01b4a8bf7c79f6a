"""Worker threads that keep nobody waiting: neither a server that ends nor the interpreter.

`concurrent.futures` joins its threads at the end of the process, so that one handler that never
ends would keep a drained server from ending.
"""

import threading
from queue import Empty, SimpleQueue
from typing import Protocol


class Job(Protocol):
    """What is to be done in a thread."""

    def run(self) -> None:
        """Do it. Raises nothing."""
        ...

    def drop(self) -> None:
        """Take note that it will not be done."""
        ...


class Pool:
    """At most `workers` daemon threads, each started when there is work and none is idle."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._work: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._started = 0
        self._is_closed = False

    def submit(self, job: Job) -> None:
        """Run a job in a thread. Raises RuntimeError once the pool is closed."""
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the executor is closed")
            self._work.put(job)
            if self._idle:
                self._idle -= 1
            elif self._started < self._workers:
                self._started += 1
                name = f"rpcgen-handler-{self._started}"
                threading.Thread(target=self._run, name=name, daemon=True).start()

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
                job = self._work.get_nowait()
            except Empty:
                return
            if job is not None:
                job.drop()

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            job.run()
            del job
            with self._lock:
                # A job that nobody was idle for is still there, for whoever comes first.
                if self._work.empty():
                    self._idle += 1
