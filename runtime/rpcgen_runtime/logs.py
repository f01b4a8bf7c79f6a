"""Log lines for machines, and for people who search them: one line for each record.

JSON, or `key=value` as in logfmt. Beside the message go the ids of the request that is running, and
those of `FIELDS` that stand in a record's `extra`; never an argument, a result or a token. What
would end a line or steer a terminal is escaped.
"""

import json
import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from rpcgen_runtime.context import CURRENT, Context, Identity, parse_traceparent
from rpcgen_runtime.messages import Request
from rpcgen_runtime.methods import Method

FIELDS = (
    "service",
    "method",
    "version",
    "message_id",
    "correlation_id",
    "trace_id",
    "peer",
    "delivery_count",
    "outcome",
    "duration_ms",
    "error_id",
)
"""What a record may tell beside its message, in their order on the line."""
MAX_FIELD = 200
"""Characters of one such text; peers may have written it."""

REQUESTS = logging.getLogger("rpcgen_runtime.requests")
"""One line for each finished request, at INFO."""

_BARE = re.compile(r"[A-Za-z0-9_.:/@+-]+")


class JsonFormatter(logging.Formatter):
    """A JSON object on one line; a traceback is its member `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return _json(_facts(self, record))


class TextFormatter(logging.Formatter):
    """`key=value` on one line, values in quotes where they need them."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return " ".join(f"{key}={_text(it)}" for key, it in _facts(self, record).items())


FORMATTERS: Mapping[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}
"""By the names that `rpcgen serve --log-format` takes."""


def ids(method: Method, of: Request | Context) -> Mapping[str, object]:
    """Return what says which request a record is about, as its `extra`."""
    return {
        "service": method.service.name,
        "method": method.name,
        "version": of.version,
        "message_id": of.message_id,
        "trace_id": _trace_id(of.traceparent),
        "peer": _name(of.identity),
    }


def log_request(
    request: Request, method: Method | None, traceparent: str, outcome: str, seconds: float
) -> None:
    """Write the line of a finished request; `method` is None where the contract has none."""
    if not REQUESTS.isEnabledFor(logging.INFO):
        return
    told = {
        "service": None if method is None else method.service.name,
        "method": request.name if method is None else method.name,
        "version": request.version,
        "message_id": request.message_id,
        "trace_id": _trace_id(traceparent),
        "peer": _name(request.identity),
        "outcome": outcome,
        "duration_ms": round(seconds * 1000, 3),
    }
    # Other formatters than ours do not escape: nothing from the wire is in the message.
    REQUESTS.info("%s: %s", "a request" if method is None else method.label, outcome, extra=told)


def _facts(formatter: logging.Formatter, record: logging.LogRecord) -> Mapping[str, object]:
    """Return all that is told of a record, in order."""
    at = datetime.fromtimestamp(record.created, UTC)
    facts: dict[str, object] = {
        "ts": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    context = CURRENT.get()
    given = vars(record) if context is None else {**_of_running(context), **vars(record)}
    for name in FIELDS:
        value = given.get(name)
        if value is not None:
            facts[name] = value if _is_number(value) else str(value)[:MAX_FIELD]
    if record.exc_info:
        facts["traceback"] = formatter.formatException(record.exc_info)
    elif record.exc_text:
        facts["traceback"] = record.exc_text
    if record.stack_info:
        facts["stack"] = formatter.formatStack(record.stack_info)
    return facts


def _of_running(context: Context) -> Mapping[str, object]:
    """Return what says in which request a handler, or what it calls, wrote a record."""
    return {
        "version": context.version,
        "message_id": context.message_id,
        "trace_id": _trace_id(context.traceparent),
        "peer": _name(context.identity),
    }


def _trace_id(traceparent: str | None) -> str | None:
    found = parse_traceparent(traceparent)
    return None if found is None else found[0]


def _name(identity: Identity | None) -> str | None:
    return None if identity is None else identity.name


def _is_number(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def _text(value: object) -> str:
    text = str(value)
    return text if _BARE.fullmatch(text) else _json(text)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # JSON escapes what ends a line in ASCII alone; terminals and log viewers know more.
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else json.dumps(character)[1:-1]
