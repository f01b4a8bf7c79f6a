"""Processor time of one call by its parts, each run alone, and of the whole.

Instructions do not tell what functions cost that are not written in Python, such as pydantic's. So
each part is run by itself on what a real call has; what it holds of other parts is taken off. All
are timed in turn, round after round, so that what a machine does meanwhile falls on all of them.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from statistics import median

from benchmarks.layers.native import microseconds_in
from benchmarks.layers.parts import Parts
from benchmarks.layers.roads import Calls, Road
from benchmarks.pair import Pair
from benchmarks.results import Cell
from benchmarks.work import Work

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds of processor time, of both sides."""

    stub: float
    """With the stamp."""
    validation: float
    """Of what is sent."""
    encoding: float
    decoding: float
    """With the validation of what is received."""
    dispatch: float
    """With the executor and the handler."""
    rest: float
    """Transport, library and event loop."""

    @property
    def whole(self) -> float:
        """Return the time of the call."""
        ours = self.stub + self.validation + self.encoding + self.decoding + self.dispatch
        return ours + self.rest


def timed(road: Road, work: Work, pair: Pair, seconds: float) -> Times:
    """Time calls of two processes, and their parts alone in this one: each so long in a round.

    Raises SubjectError.
    """
    with ExitStack() as held:
        parts = Parts(road, work, held)
        timers = _Timers(parts, seconds)
        rounds = [timers.round(pair.measure(Cell(work, 1)).cpu_us) for _ in range(ROUNDS)]
    return Times(*(median(it) for it in zip(*map(astuple, rounds), strict=True)))


class _Timers:
    """A timer for each part, with as many calls as fill its time."""

    def __init__(self, parts: Parts, seconds: float) -> None:
        self._validation = microseconds_in(
            "validate_python", parts.encode_request, parts.encode_reply
        )
        self._client = _timer(parts.client, seconds)
        self._server = _timer(parts.server, seconds)
        self._encode_request = _timer(parts.encode_request, seconds)
        self._decode_request = _timer(parts.decode_request, seconds)
        self._encode_reply = _timer(parts.encode_reply, seconds)
        self._decode_reply = _timer(parts.decode_reply, seconds)

    def round(self, whole: float) -> Times:
        """Time all parts once, and take them off each other and off the whole."""
        client, server = self._client(), self._server()
        encode_request, encode_reply = self._encode_request(), self._encode_reply()
        decode_request, decode_reply = self._decode_request(), self._decode_reply()
        return Times(
            stub=client - encode_request - decode_reply,
            validation=self._validation,
            encoding=encode_request + encode_reply - self._validation,
            decoding=decode_request + decode_reply,
            dispatch=server - decode_request - encode_reply,
            rest=whole - client - server,
        )


def _timer(calls: Calls, seconds: float) -> Callable[[], float]:
    """Return what tells the microseconds of one call."""
    count = 1
    while (took := _seconds(calls, count)) < seconds:
        count = max(2 * count, int(count * seconds / max(took, 1e-6)))
    return lambda: 1e6 * _seconds(calls, count) / count


def _seconds(calls: Calls, count: int) -> float:
    begun = time.process_time()
    calls(count)
    return time.process_time() - begun
