"""Messages that are put into a queue once more, or aside. No I/O."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import from_json

from rpcgen_runtime.amqp import wire
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.amqp.replies import MAX_TOLD
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.messages import Failure

_OURS: Final = frozenset(
    [
        wire.DEADLINE, wire.CONTEXT, wire.TRACEPARENT, wire.TOKEN, wire.ATTEMPT, wire.REASON,
        wire.ORIGIN,
    ]
)  # fmt: skip
_DEATHS: Final = ("x-death", "x-first-death-", "x-last-death-")
"""What the broker writes onto a dead letter."""


def again(message: Message, attempt: int, deadline: Deadline | None = None) -> Message:
    """Return a message to be put into a queue once more."""
    headers = {name: value for name, value in message.headers.items() if name not in wire.COUNTS}
    headers[wire.ATTEMPT] = attempt
    expires_ms = message.expires_ms
    if expires_ms is not None and deadline is not None:
        expires_ms = max(1, min(deadline.remaining_ms(), wire.MAX_EXPIRES_MS))
    return message._replace(headers=_plain(headers), expires_ms=expires_ms)


def dead(message: Message, reason: str, origin: str) -> Message:
    """Return a message for the dead letters, with the reason, and where it was."""
    headers = {**message.headers, wire.REASON: reason[:MAX_TOLD], wire.ORIGIN: origin}
    return message._replace(
        headers=_plain(headers), expires_ms=None, is_durable=True, is_unreadable=False
    )


def reason_of(failure: Failure) -> str:
    """Return why something is among the dead letters, with what finds it in the server's log."""
    parsed: object = from_json(failure.data) if failure.data is not None else None
    error_id = parsed.get("error_id") if isinstance(parsed, dict) else None
    return f"{failure.message}; error_id={error_id}" if error_id else failure.message


def revived(message: Message) -> Message:
    """Return a dead letter as it was."""
    ours = {wire.REASON, wire.ORIGIN, wire.ATTEMPT, *wire.COUNTS}
    kept = {
        name: value
        for name, value in message.headers.items()
        if name not in ours and not str(name).startswith(_DEATHS)
    }
    return message._replace(headers=_plain(kept))


def deliveries_before(message: Message) -> int:
    """Return how often the broker says that it handed a message out before."""
    counts = [message.headers.get(it) for it in wire.COUNTS]
    return max((it for it in counts if type(it) is int), default=0)


def _plain(headers: Mapping[str, object]) -> dict[str, object]:
    """Return the headers that we can write: texts and whole numbers under text names.

    What came in one frame may, with ours, no longer fit into one: what others wrote gives way.
    """
    kept: dict[str, object] = {}
    left = wire.MAX_HEADERS
    for name, value in sorted(headers.items(), key=lambda it: it[0] not in _OURS):
        is_number = type(value) is int and -(2**63) <= value < 2**63
        if not isinstance(name, str) or not (is_number or isinstance(value, str)):
            continue
        size = len(f"{name}{value}".encode(errors="replace"))
        if size <= left and len(name.encode(errors="replace")) <= 128:
            kept[name] = value
            left -= size
    return kept
