"""Declares a topology on a connection, and explains what the broker refuses."""

from collections.abc import Sequence
from dataclasses import replace

from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.messages import AmqpError, Queue
from rpcgen_runtime.amqp.topology import Station, Topology


async def declare(connection: Connection, topology: Topology) -> Sequence[str]:
    """Declare exchanges, queues and bindings; return the queues' names. Raises AmqpError."""
    channel = await connection.channel()
    for exchange in topology.exchanges:
        try:
            await channel.declare_exchange(exchange.name, "topic", exchange.arguments)
        except AmqpError as error:
            raise explained(error, f"exchange `{exchange.name}`") from None
    names = []
    for station in topology.stations:
        name = await _declare_queue(connection, station)
        for binding in station.bindings:
            await channel.bind(name, binding.exchange, binding.key)
        names.append(name)
    await channel.close()
    return names


async def _declare_queue(connection: Connection, station: Station) -> str:
    # On a channel of its own: a refusal closes it, and another one is needed for the next try.
    channel = await connection.channel()
    try:
        return await channel.declare_queue(station.queue)
    except AmqpError as error:
        for arguments in station.alternatives if error.code == 406 else ():
            if await _is_there(connection, replace(station.queue, arguments=arguments)):
                return station.queue.name
        raise explained(error, f"queue `{station.queue.name}`") from None
    finally:
        await channel.close()


async def _is_there(connection: Connection, queue: Queue) -> bool:
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue)
    except AmqpError:
        return False
    finally:
        await channel.close()
    return True


def explained(error: AmqpError, what: str) -> AmqpError:
    """Return a refusal with the way out, where there is one to tell."""
    if error.code == 406:
        way_out = (
            "it is there with other properties, which cannot be changed. Compare with "
            "`rpcgen topology check URL …`; then either set this side's options as the queue is, "
            "or stop its servers, let it run empty, delete it and start them again"
        )
        return AmqpError(406, f"{what}: {error.text}; {way_out}")
    if error.code == 403:
        return AmqpError(403, f"{what}: {error.text}; give this user the permission `configure`")
    return AmqpError(error.code, f"{what}: {error.text}")
