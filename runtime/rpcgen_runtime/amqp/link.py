"""A connection that comes back: the next host on every failure, with jittered pauses, until closed.

Lives on one event loop. Whoever uses it prepares each new connection (`prepare`) and is told when
one is gone (`lost`); nothing is ever deleted on the way.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from rpcgen_runtime.amqp.connection import Access, Connection, open_connection
from rpcgen_runtime.amqp.messages import AmqpError
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Host

FIRST_PAUSE = 0.1
"""Seconds; a random part of it, doubled with each round of all hosts."""
PAUSE = 2.0
"""Seconds: the longest pause within the first `LONG_AGO` of an outage."""
LONG_PAUSE = 30.0
LONG_AGO = 60.0
FATAL_PAUSE = 5.0
"""Seconds after what somebody must mend first."""

log = logging.getLogger("rpcgen_runtime.amqp")

Prepare: TypeAlias = Callable[[Connection], Awaitable[None]]
Lost: TypeAlias = Callable[[AmqpError], None]


class Link:
    """Keeps one connection to one of several hosts."""

    def __init__(
        self, hosts: Sequence[Host], access: Access, measures: Measures, kind: str
    ) -> None:
        self.connection: Connection | None = None
        """The prepared connection; None while there is none."""
        self.failure: AmqpError | None = None
        """Why there is none; None before the first try, and while there is one."""
        self.was_up = False
        """Whether there ever was one."""
        self.kind = kind
        self._hosts = random.sample(list(hosts), len(hosts))
        self._access = access
        self._measures = measures
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._opening: Connection | None = None
        self._blocked_at = 0.0

    @property
    def is_up(self) -> bool:
        """Whether there is a connection that takes messages."""
        return self.connection is not None and not self.connection.is_blocked

    def start(self, prepare: Prepare, lost: Lost, changed: Callable[[], None]) -> None:
        """Begin to connect.

        `changed` is called when there is a connection, when there is none, when all hosts were
        tried in vain, and when the broker blocks or unblocks it.
        """
        self._task = asyncio.ensure_future(self._keep(prepare, lost, changed))

    async def close(self) -> None:
        """Close the connection, and keep none any more."""
        self._closing.set()
        connection, self.connection = self.connection or self._opening, None
        if connection is not None:
            await connection.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def drop(self, reason: str) -> None:
        """Give up on the connection that there is; another one is made."""
        if self.connection is not None:
            self.connection.abort(reason)

    async def _keep(self, prepare: Prepare, lost: Lost, changed: Callable[[], None]) -> None:
        round_, tried = 0, 0
        down_since = time.monotonic()
        while not self._closing.is_set():
            self._measures.connection_state(self.kind, "connecting")
            host = self._hosts[0]
            try:
                connection = await self._connect(host, prepare, changed)
            except (AmqpError, OSError) as problem:
                error = problem if isinstance(problem, AmqpError) else AmqpError(0, str(problem))
                self._hosts.append(self._hosts.pop(0))
                tried += 1
                if tried < len(self._hosts):
                    continue
                if self.failure is None or self.failure.text != error.text:
                    # At first whoever wants the connection is told, and need not read of it here.
                    level = logging.WARNING if self.was_up else logging.INFO
                    log.log(level, "no connection for %s to %s: %s", self.kind, host, error)
                self.failure = error
                changed()
                pause = _pause(round_, time.monotonic() - down_since)
                round_, tried = round_ + 1, 0
                await self._rest(FATAL_PAUSE if error.is_fatal else pause)
                continue
            up_since = time.monotonic()
            reason = await connection.closed
            self.connection = None
            self._measures.connection_state(self.kind, "closed")
            if self._closing.is_set():
                return
            log.warning("the connection for %s to %s is lost: %s", self.kind, host, reason)
            self._measures.reconnected("heartbeat" if reason.is_heartbeat else "socket")
            self._hosts.append(self._hosts.pop(0))
            tried, down_since = 0, time.monotonic()
            # A connection that lasted is made anew at once; one that did not, with a pause.
            round_ = 0 if down_since - up_since > PAUSE else round_ + 1
            self.failure = reason
            lost(reason)
            changed()
            if round_:
                await self._rest(_pause(round_, 0.0))

    async def _connect(
        self, host: Host, prepare: Prepare, changed: Callable[[], None]
    ) -> Connection:
        connection = self._opening = await open_connection(host, self._access)
        try:
            connection.on_blocked = lambda: self._blocked(connection, changed)
            await prepare(connection)
            if connection.closed.done():
                raise connection.closed.result()
        except BaseException:
            self._opening = None
            await connection.close()
            raise
        self._opening = None
        self.connection, self.failure, self.was_up = connection, None, True
        self._measures.connection_state(self.kind, "open")
        log.info("connected for %s to %s", self.kind, host)
        changed()
        return connection

    def _blocked(self, connection: Connection, changed: Callable[[], None]) -> None:
        if connection.is_blocked:
            self._blocked_at = time.monotonic()
            self._measures.connection_state(self.kind, "blocked")
            log.warning("%s takes no messages at the moment: an alarm", connection.host)
        else:
            self._measures.connection_blocked(self.kind, time.monotonic() - self._blocked_at)
            self._measures.connection_state(self.kind, "open")
            log.warning("%s takes messages again", connection.host)
        changed()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()


def _pause(round_: int, outage: float) -> float:
    longest = PAUSE if outage < LONG_AGO else LONG_PAUSE
    return random.uniform(0, min(longest, FIRST_PAUSE * 2 ** min(round_, 16)))  # noqa: S311
