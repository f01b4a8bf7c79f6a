"""What is on a broker of what a server declares, and what of it is different. Creates nothing.

AMQP 0-9-1 tells nobody the properties of a queue. But RabbitMQ refuses a declaration with other
ones (406), and its text names one of them with both values; so each queue that is there is declared
as it seems to be until the broker agrees. That a declaration needs the permission `configure` is
the price. Bindings cannot be asked for at all.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from rpcgen_runtime.amqp.channel import Channel
from rpcgen_runtime.amqp.connection import Connection
from rpcgen_runtime.amqp.messages import AmqpError, Queue
from rpcgen_runtime.amqp.topology import Exchange, Station, Topology

ACCESS_REFUSED, NOT_FOUND, LOCKED, PRECONDITION_FAILED = 403, 404, 405, 406
"""AMQP 0-9-1 section 1.2."""
ALTERNATE = "alternate-exchange"
MAX_ASKED = 32
"""Declarations for one queue; it has at most a dozen arguments."""

_NAMED = re.compile(r"inequivalent arg '([^']+)'")
_CURRENT = " but current is "
_VALUE = re.compile(r"(?:the value )?'(.*?)(?:' of type '(\w+))?'", re.DOTALL)
_NUMBERS = {"byte", "short", "signedint", "unsignedint", "long"}


class State(Enum):
    """How something on a broker stands to the plan."""

    AS_PLANNED = "as planned"
    MISSING = "missing"
    DIFFERS = "differs"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One property that is not as it should be."""

    name: str
    planned: str | int | None
    """None: absent."""
    found: str | int | None
    """None: absent."""
    is_told: bool = True
    """Whether the broker told what it is; else `found` means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one exchange or queue."""

    kind: str
    """`exchange` or `queue`."""
    name: str
    state: State
    differences: Sequence[Difference] = ()
    note: str = ""
    """More of it, for people."""


class _Refusal(NamedTuple):
    """What a broker's refusal tells."""

    name: str
    found: str | int | None
    is_told: bool


async def inspect(connection: Connection, topology: Topology) -> Sequence[Finding]:
    """Return what there is of each exchange and queue, in order. Raises AmqpError."""
    exchanges = [await _exchange(connection, it) for it in topology.exchanges]
    return [*exchanges, *[await _queue(connection, it) for it in topology.stations]]


async def _exchange(connection: Connection, exchange: Exchange) -> Finding:
    """Ask with a number as the alternate exchange: that is refused whether it is there or not."""
    finding = Finding(kind="exchange", name=exchange.name, state=State.AS_PLANNED)
    planned = {"type": exchange.kind, ALTERNATE: exchange.arguments.get(ALTERNATE)}
    differences: list[Difference] = []
    kind: str = exchange.kind
    while len(differences) < len(planned):
        error = await _refused_exchange(connection, exchange.name, kind)
        if error is None or error.code != PRECONDITION_FAILED:
            return _unasked(finding, error)
        refusal = _read(error.text)
        if refusal is None:
            return replace(finding, state=State.MISSING)
        if refusal.name == ALTERNATE and refusal.found == planned[ALTERNATE] and refusal.is_told:
            break
        differences.append(_difference(refusal, planned.get(refusal.name)))
        if refusal.name != "type" or not isinstance(refusal.found, str):
            break
        kind = refusal.found
    return _judged(finding, differences)


async def _queue(connection: Connection, station: Station) -> Finding:
    queue = station.queue
    finding = Finding(kind="queue", name=queue.name, state=State.AS_PLANNED)
    if not queue.name:
        note = "each server has one of its own"
        return replace(finding, state=State.NOT_ASKED, note=note)
    error = await _refused_queue(connection, queue, passive=True)
    if error is not None and error.code == NOT_FOUND and "no queue" in error.text:
        return replace(finding, state=State.MISSING)
    if error is not None and error.code == LOCKED:
        return replace(finding, state=State.DIFFERS, note="it belongs to one connection alone")
    if error is not None:
        return _unasked(finding, error)
    error = await _refused_queue(connection, queue)
    if error is None:
        return finding
    if error.code != PRECONDITION_FAILED:
        return _unasked(finding, error)
    for arguments in station.alternatives:
        other = replace(queue, arguments=arguments)
        if await _refused_queue(connection, other) is None:
            kind = arguments.get("x-queue-type")
            return replace(finding, note=f"a {kind} queue, which is as good")
    return _judged(finding, await _compared(connection, queue))


async def _compared(connection: Connection, queue: Queue) -> Sequence[Difference]:
    """Return in what a queue that is there differs, as far as the broker tells."""
    planned = queue.arguments
    tried: dict[str, str | int] = dict(planned)
    found: dict[str, Difference] = {}
    left_out = ""
    for _ in range(MAX_ASKED):
        asked = replace(queue, arguments=dict(tried))
        error = await _refused_queue(connection, asked)
        refusal = None if error is None else _read(error.text)
        if left_out and (refusal is None or refusal.name != left_out):
            # Without it the broker has nothing to say of it any more.
            absent = _Refusal(left_out, None, is_told=True)
            found[left_out] = _difference(absent, planned.get(left_out))
            left_out = ""
        if refusal is None:
            break
        name = refusal.name
        if not refusal.is_told and name in tried:
            # The text was cut off; it is shorter where it need not repeat our value.
            left_out = name
            del tried[name]
            continue
        left_out, is_again = "", name in found
        found[name] = _difference(refusal, planned.get(name))
        if is_again or not refusal.is_told or not name.startswith("x-"):
            # What cannot be said in a declaration of ours hides what comes after it.
            break
        if refusal.found is None:
            tried.pop(name, None)
        else:
            tried[name] = refusal.found
    return list(found.values())


async def _refused_exchange(connection: Connection, name: str, kind: str) -> AmqpError | None:
    return await _refused(connection, lambda it: it.declare_exchange(name, kind, {ALTERNATE: 0}))


async def _refused_queue(
    connection: Connection, queue: Queue, *, passive: bool = False
) -> AmqpError | None:
    return await _refused(connection, lambda it: it.declare_queue(queue, passive=passive))


async def _refused(
    connection: Connection, declare: Callable[[Channel], Awaitable[object]]
) -> AmqpError | None:
    """Return what the broker has against a declaration, on a channel that it may close."""
    channel = await connection.channel()
    try:
        await declare(channel)
    except AmqpError as error:
        if connection.closed.done():
            raise
        return error
    finally:
        await channel.close()
    return None


def _read(text: str) -> _Refusal | None:
    """Return what a text of RabbitMQ's tells; None where it is about something else.

    It has at most 255 bytes, so that long names can cut off the values.
    """
    named = _NAMED.search(text)
    if named is None:
        return None
    name = named[1]
    current = text.rpartition(_CURRENT)[2] if _CURRENT in text else ""
    if current == "none":
        return _Refusal(name, None, is_told=True)
    value = _VALUE.fullmatch(current)
    if value is None:
        return _Refusal(name, None, is_told=False)
    is_number = value[2] in _NUMBERS or (value[2] is None and name.startswith("x-"))
    if is_number and re.fullmatch(r"-?[0-9]{1,18}", value[1]):
        return _Refusal(name, int(value[1]), is_told=True)
    return _Refusal(name, value[1], is_told=True)


def _difference(refusal: _Refusal, planned: str | int | None) -> Difference:
    if planned is None and not refusal.name.startswith("x-") and refusal.name != ALTERNATE:
        # `durable` and its kind are no arguments: we want the first and none of the others.
        planned = "true" if refusal.name == "durable" else "false"
    return Difference(
        name=refusal.name, planned=planned, found=refusal.found, is_told=refusal.is_told
    )


def _judged(finding: Finding, differences: Sequence[Difference]) -> Finding:
    if not differences:
        return finding
    return replace(finding, state=State.DIFFERS, differences=differences)


def _unasked(finding: Finding, error: AmqpError | None) -> Finding:
    if error is None:
        return finding
    note = error.text
    if error.code == ACCESS_REFUSED:
        note = "the user has no permission `configure` for it"
    return replace(finding, state=State.NOT_ASKED, note=note)
