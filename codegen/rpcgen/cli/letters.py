"""How dead letters are shown, for people and for programs; credentials are not. Pure."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen.cli.output import as_json
from rpcgen_runtime.amqp import wire
from rpcgen_runtime.amqp.letters import Letter, Taken, body_as_json
from rpcgen_runtime.amqp.messages import Message

TOLD = {wire.REASON, wire.ORIGIN, *wire.COUNTS}
"""Headers that are told of anyway, or count how often somebody looked."""
HIDDEN = "(not shown)"
UNKNOWN = "(unknown)"
MAX_REASON = 200
"""Characters in a list."""
MAX_TEXT = 100_000
"""Characters of a body."""
MAX_HEX = 1_024
"""Bytes of a body that is not text."""
MAX_DEPTH = 8
"""Of tables within tables in headers."""
ROW = 32
"""Bytes in a row of hex."""


def list_page(letters: Sequence[Letter], total: int, topic: str) -> str:
    """Return the letters for people."""
    if not letters:
        return f"no dead letters of topic `{topic}`"
    rows = [f"{counted(total)} of topic `{topic}`"]
    for number, letter in enumerate(letters, 1):
        reason = letter.reason or UNKNOWN
        cut = reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"
        when = f", {_time(letter.died_at)}" if letter.died_at else ""
        rows += [
            "",
            f"{number}. {_subject(letter)}, {letter.size:,} bytes{when}",
            f"   id      {letter.name}",
            f"   from    {letter.origin or UNKNOWN}",
            f"   reason  {' '.join(cut.split())}",
        ]
    if total > len(letters):
        rows += ["", f"{total - len(letters)} more; see --limit"]
    return "\n".join(rows)


def list_record(letters: Sequence[Letter]) -> JsonValue:
    """Return the letters for programs."""
    return [{"number": number, **_record(it)} for number, it in enumerate(letters, 1)]


def show_page(taken: Taken) -> str:
    """Return all of a letter for people."""
    letter, message = taken.letter, taken.message
    facts = {
        "id": letter.name,
        "verb": letter.verb,
        "method": letter.method,
        "version": letter.version,
        "reason": letter.reason,
        "from": letter.origin,
        "time": _time(letter.died_at),
        "correlation id": message.correlation_id,
        "reply to": message.reply_to,
    }
    rows = [f"{name:16}{value}" for name, value in facts.items() if value is not None]
    if letter.is_unreadable:
        rows.append("its header cannot be decoded")
    shown = {name: it for name, it in _headers(message).items() if name not in TOLD}
    if shown:
        width = max(map(len, shown)) + 2
        rows += ["", "headers"]
        rows += [f"  {name:{width}}{_line(value)}" for name, value in shown.items()]
    kind = message.content_type or "of no type"
    return "\n".join([*rows, "", f"body, {kind}, {letter.size:,} bytes", *_body_rows(message)])


def show_record(taken: Taken) -> JsonValue:
    """Return all of a letter for programs; a body that is no JSON as hex, the begin of it."""
    message = taken.message
    parsed = _parsed(message)
    return {
        **_record(taken.letter),
        "content_type": message.content_type or None,
        "correlation_id": message.correlation_id,
        "reply_to": message.reply_to,
        "headers": _headers(message),
        "body": parsed[0] if parsed else None,
        "hex": None if parsed else message.body[:MAX_HEX].hex(),
    }


def counted(number: int) -> str:
    """Return so many dead letters in words."""
    return f"{number:,} dead letter{'s' * (number != 1)}"


def _record(letter: Letter) -> dict[str, JsonValue]:
    return {
        "id": letter.name,
        "verb": letter.verb,
        "method": letter.method,
        "version": letter.version,
        "reason": letter.reason,
        "from": letter.origin,
        "time": _time(letter.died_at),
        "bytes": letter.size,
        "readable": not letter.is_unreadable,
    }


def _subject(letter: Letter) -> str:
    if letter.is_unreadable:
        return "a message whose header cannot be decoded"
    return " ".join(filter(None, [letter.verb, letter.method])) or "a message that is no request"


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")


def _headers(message: Message) -> dict[str, JsonValue]:
    found = {str(name): _plain(value) for name, value in message.headers.items()}
    return {name: HIDDEN if name.lower() == wire.TOKEN else it for name, it in found.items()}


def _plain(value: object, depth: int = 0) -> JsonValue:
    """Return what a header holds as JSON has it."""
    if depth > MAX_DEPTH:
        return "…"
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return int(value)
        case dict():
            return {str(name): _plain(it, depth + 1) for name, it in value.items()}
        case list():
            return [_plain(it, depth + 1) for it in value]
        case datetime():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _line(value: JsonValue) -> str:
    return value if isinstance(value, str) else as_json(value)


def _parsed(message: Message) -> tuple[JsonValue] | None:
    """Return the body's value, alone in a tuple; None where it is no JSON and no msgpack."""
    text = body_as_json(message)
    if text is None:
        return None
    try:
        return (from_json(text),)
    except ValueError:
        return None


def _body_rows(message: Message) -> list[str]:
    body, parsed = message.body, _parsed(message)
    if parsed is not None:
        text = as_json(parsed[0], pretty=True)
        if len(text) <= MAX_TEXT:
            return [text]
        return [text[:MAX_TEXT], f"… {len(text) - MAX_TEXT:,} more characters"]
    shown = body[:MAX_HEX]
    rows = [shown[at : at + ROW].hex(" ", 4) for at in range(0, len(shown), ROW)]
    return rows if len(body) <= MAX_HEX else [*rows, f"… {len(body) - MAX_HEX:,} more bytes"]
