"""Declares a topology on a connection, and explains what the broker refuses."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.messages import AmqpError, Table
from rpcgen_runtime.amqp.topology import Binding, Exchange, Station, Topology

ACCESS_REFUSED, NOT_FOUND, PRECONDITION_FAILED, INTERNAL_ERROR = 403, 404, 406, 541
"""AMQP 0-9-1 section 1.2."""
SILENCE = 0
"""The broker did not answer."""

log = logging.getLogger("rpcgen_runtime.amqp")


async def declare(connection: Connection, topology: Topology) -> Sequence[str | None]:
    """Declare exchanges, queues and bindings; return the queues' names. Raises AmqpError.

    None stands for a queue that cannot be reached: its node is away, or it has no leader.
    """
    channel = await connection.channel()
    await _declare_exchanges(channel, topology.exchanges)
    names: list[str | None] = []
    for station in topology.stations:
        # A refusal closes the channel: the next queue has another one.
        if not channel.is_open:
            channel = await connection.channel()
        try:
            names.append(await _declare(connection, channel, station))
        except AmqpError as error:
            is_away = error.code in {SILENCE, NOT_FOUND, INTERNAL_ERROR}
            if connection.closed.done() or not station.queue.durable or not is_away:
                raise explained(error, f"queue `{station.queue.name}`") from None
            log.warning("queue `%s` cannot be reached: %s", station.queue.name, error.text)
            names.append(None)
            await channel.close()
    await channel.close()
    return names


async def bind_again(
    connection: Connection,
    exchanges: Sequence[Exchange],
    queues: Mapping[str, Sequence[Binding]],
) -> None:
    """Declare exchanges, and the bindings of queues that are there. Raises AmqpError."""
    channel = await connection.channel()
    try:
        await _declare_exchanges(channel, exchanges)
        for name, bindings in queues.items():
            for binding in bindings:
                await channel.bind(name, binding.exchange, binding.key)
    finally:
        await channel.close()


async def _declare_exchanges(channel: Channel, exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        try:
            await channel.declare_exchange(exchange.name, exchange.kind, exchange.arguments)
        except AmqpError as error:
            raise explained(error, f"exchange `{exchange.name}`") from None


async def _declare(connection: Connection, channel: Channel, station: Station) -> str:
    try:
        return await _make(channel, station, station.queue.arguments)
    except AmqpError as error:
        if error.code != PRECONDITION_FAILED or not station.alternatives:
            raise
        other = await connection.channel()
        try:
            return await _make(other, station, station.alternatives[0])
        except AmqpError:
            # What differs from what was asked for first is what people want to know.
            raise error from None
        finally:
            await other.close()


async def _make(channel: Channel, station: Station, arguments: Table) -> str:
    name = await channel.declare_queue(replace(station.queue, arguments=arguments))
    for binding in station.bindings:
        await channel.bind(name, binding.exchange, binding.key)
    return name


def explained(error: AmqpError, what: str) -> AmqpError:
    """Return a refusal with the way out, where there is one to tell."""
    if error.code == PRECONDITION_FAILED:
        way_out = (
            "it is there with other properties, which cannot be changed. Compare with "
            "`rpcgen topology check URL …`; then either set this side's options as the queue is, "
            "or stop its servers, let it run empty, delete it and start them again"
        )
        return AmqpError(PRECONDITION_FAILED, f"{what}: {error.text}; {way_out}")
    if error.code == ACCESS_REFUSED:
        return AmqpError(
            ACCESS_REFUSED, f"{what}: {error.text}; give this user the permission `configure`"
        )
    return AmqpError(error.code, f"{what}: {error.text}")
