"""A server on a broker: its I/O and its requests on one event loop.

A handler that blocks the event loop costs no connection: heartbeats go on from a thread meanwhile.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from rpcgen_runtime.amqp.entry import access_of
from rpcgen_runtime.amqp.intake import Intake, MayRepeat
from rpcgen_runtime.amqp.messages import AmqpError
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.pulse import Pulse
from rpcgen_runtime.amqp.topology import Plate, Topology
from rpcgen_runtime.amqp.work import MethodOf, Work
from rpcgen_runtime.telemetry import measures
from rpcgen_runtime.tls import ClientTls
from rpcgen_runtime.transport import NOT_STARTED, Handle
from rpcgen_runtime.url import Url

PATIENCE = 15.0
"""Seconds in which a server that starts must have found a broker."""

log = logging.getLogger("rpcgen_runtime.amqp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who serves, and how."""

    plate: Plate
    topology: Topology
    places: int
    handle: Handle
    may_repeat: MayRepeat
    method_of: MethodOf


class AmqpAcceptor:
    """`amqp://` and `amqps://` for one server."""

    def __init__(
        self, url: Url, options: AmqpOptions, tls: ClientTls | None, office: Office
    ) -> None:
        self.url = url.shown
        self._office = office
        self._tasks: dict[Work, asyncio.Task[None]] = {}
        self._is_started = False
        self._intake = Intake(
            url,
            access_of(url, options, tls, f"server {office.plate.server}"),
            options,
            office.topology,
            places=office.places,
            may_repeat=office.may_repeat,
            method_of=office.method_of,
            run=self._begin,
            measures=measures(),
        )
        self._pulse = Pulse("rpcgen-amqp", self._intake.beat)

    @property
    def not_ready(self) -> Sequence[str]:
        """See Acceptor."""
        return self._intake.not_ready if self._is_started else [NOT_STARTED]

    async def start(self) -> None:
        """See Acceptor."""
        try:
            await self._intake.start(PATIENCE)
        except BaseException as error:
            await self._intake.abandon()
            if isinstance(error, AmqpError):
                raise OSError(f"{self.url}: {error}") from None
            raise
        self._pulse.start()
        self._is_started = True

    async def stop(self) -> None:
        """See Acceptor."""
        if self._is_started:
            await self._intake.stop()

    async def close(self) -> None:
        """See Acceptor."""
        if self._is_started:
            await self._intake.close()
            self._pulse.stop()

    async def abandon(self) -> None:
        """See Acceptor."""
        if self._is_started:
            left = ", ".join(self._intake.unfinished)
            log.error("left unfinished, and given to other servers: %s", left or "nothing")
            await self._intake.abandon()
            self._pulse.stop()

    def _begin(self, work: Work) -> None:
        # The event loop itself does not keep its tasks.
        self._tasks[work] = asyncio.get_running_loop().create_task(self._run(work))

    async def _run(self, work: Work) -> None:
        # Cancelled, it stays with the broker, which hands it to another server.
        try:
            reply = await self._office.handle(work.request)
        finally:
            del self._tasks[work]
        self._intake.finished(work, reply)
