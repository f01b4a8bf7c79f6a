"""What is told of a server's requests: a span, metrics, and a line of the log for each."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rpcgen_runtime.context import child_traceparent
from rpcgen_runtime.logs import REQUESTS, log_request
from rpcgen_runtime.messages import Failure, Reply, Request
from rpcgen_runtime.methods import Method
from rpcgen_runtime.telemetry.outcomes import (
    EXPIRED,
    SERVER_FAULTS,
    of_error,
    of_reply,
    type_of_reply,
)
from rpcgen_runtime.telemetry.providers import instruments, spans


@dataclass(slots=True)
class Running:
    """A request that is being run."""

    traceparent: str
    """Its span, as it travels on."""
    reply: Reply | None = None
    """What it is answered, once that is known."""


class Requests:
    """The requests of one server."""

    def __init__(self) -> None:
        self._traced = spans()
        self._counted = instruments()
        self._is_collected = self._traced is not None or self._counted is not None

    def is_on(self) -> bool:
        """Whether anybody wants to be told."""
        return self._is_collected or REQUESTS.isEnabledFor(logging.INFO)

    @contextmanager
    def around(self, request: Request, method: Method) -> Iterator[Running]:
        """Tell of the request that is run inside, once its reply is noted or an error leaves."""
        started = time.perf_counter()
        outcome = ""
        if self._counted is not None:
            self._counted.server.begun(method)
        with self._spanned(request, method) as running:
            try:
                yield running
                assert running.reply is not None, "who runs a request notes its reply"
                outcome = of_reply(running.reply)
            except BaseException as error:
                outcome = of_error(error)
                raise
            finally:
                seconds = time.perf_counter() - started
                if self._counted is not None:
                    self._counted.server.ended(method, outcome, seconds)
                    if outcome == EXPIRED:
                        self._counted.expired_unexecuted(method)
                log_request(request, method, running.traceparent, outcome, seconds)

    def refused(self, request: Request, method: Method | None, failure: Failure) -> None:
        """Tell of a request that is not run; `method` is None where the contract has none."""
        outcome = of_reply(failure)
        if self._counted is not None:
            self._counted.server.refused(method, outcome)
            if outcome == EXPIRED:
                self._counted.expired_unexecuted(method)
        with self._spanned(request, method) as running:
            running.reply = failure
            log_request(request, method, running.traceparent, outcome, 0.0)

    @contextmanager
    def _spanned(self, request: Request, method: Method | None) -> Iterator[Running]:
        if self._traced is None:
            yield Running(child_traceparent(request.traceparent))
            return
        with self._traced.of_request(request, method) as span:
            own = self._traced.traceparent()
            running = Running(own or child_traceparent(request.traceparent))
            try:
                yield running
            except BaseException as error:
                self._traced.end(span, type(error).__name__, is_fault=True)
                raise
            if isinstance(running.reply, Failure):
                is_fault = of_reply(running.reply) in SERVER_FAULTS
                self._traced.end(span, type_of_reply(running.reply, method), is_fault=is_fault)
