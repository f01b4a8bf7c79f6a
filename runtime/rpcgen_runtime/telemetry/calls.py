"""What is told of a transport's calls: a span and metrics of each."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rpcgen_runtime.methods import Method
from rpcgen_runtime.telemetry.outcomes import OK, of_error
from rpcgen_runtime.telemetry.peers import UNKNOWN, Peer
from rpcgen_runtime.telemetry.providers import instruments, spans

if TYPE_CHECKING:
    from rpcgen_runtime.telemetry.instruments import Traffic
    from rpcgen_runtime.telemetry.spans import Spans


def calls(peer: Peer = UNKNOWN) -> "Calls | None":
    """Return what tells of a transport's calls; None where nobody listens."""
    counted, traced = instruments(), spans()
    if counted is None and traced is None:
        return None
    return Calls(traced, None if counted is None else counted.client, peer)


class Calls:
    """The calls of one transport; may be used by several threads."""

    def __init__(self, traced: "Spans | None", counted: "Traffic | None", peer: Peer) -> None:
        self._traced = traced
        self._counted = counted
        self._peer = peer

    @contextmanager
    def around(self, method: Method) -> Iterator[None]:
        """Tell of the call that is made inside, retries and interceptors included."""
        started = time.perf_counter()
        outcome = OK
        if self._counted is not None:
            self._counted.begun(method)
        try:
            with self._spanned(method):
                yield
        except BaseException as error:
            outcome = of_error(error)
            raise
        finally:
            if self._counted is not None:
                self._counted.ended(method, outcome, time.perf_counter() - started)

    def traceparent(self) -> str | None:
        """Return the span of the call that is being made, as it travels."""
        return None if self._traced is None else self._traced.traceparent()

    @contextmanager
    def _spanned(self, method: Method) -> Iterator[None]:
        if self._traced is None:
            yield
            return
        with self._traced.of_call(method, self._peer) as span:
            try:
                yield
            except BaseException as error:
                self._traced.end(span, type(error).__name__, is_fault=True)
                raise
