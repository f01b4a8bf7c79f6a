"""What travels as HTTP headers, beside the envelope; each may be absent. No I/O.

    rpcgen-version     the lowest version that the arguments need, such as `2.1`
    rpcgen-timeout-ms  what remains of the deadline, in whole milliseconds
    rpcgen-context     the caller's data: a JSON object of texts, in ASCII
    rpcgen-id          names the request; the same in each try
    rpcgen-server      the one server that is meant
    traceparent        W3C Trace Context, section 3.2
    authorization      `Bearer` and a token (RFC 6750, section 2.1)

A reply of ours carries `rpcgen-version` too, the newest version that the server knows, and
`rpcgen-server`, its name.
"""

import json
import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from pydantic_core import from_json

from rpcgen_runtime.context import MAX_TIMEOUT, Deadline
from rpcgen_runtime.messages import Request
from rpcgen_runtime.unique import unique_name

VERSION = "rpcgen-version"
TIMEOUT = "rpcgen-timeout-ms"
CONTEXT = "rpcgen-context"
MESSAGE_ID = "rpcgen-id"
SERVER = "rpcgen-server"
TRACEPARENT = "traceparent"
AUTHORIZATION = "authorization"
OURS = (VERSION, TIMEOUT, CONTEXT, MESSAGE_ID, SERVER)

JSON, UTF_8 = "application/json", "utf-8"
MEDIA_TYPES = frozenset([JSON, "application/json-rpc", "application/jsonrequest"])
"""What published JSON-RPC clients send."""
MAX_CONTEXT = 8_192
"""Characters."""
DEFAULT_TIMEOUT = 60.0
"""Seconds for a request that does not say."""

_DIGITS = re.compile(r"[0-9]{1,12}")
_BEARER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Beside(NamedTuple):
    """What the headers of a request say."""

    version: str | None
    deadline: Deadline
    data: Mapping[str, str]
    message_id: str
    traceparent: str | None


class HeaderError(ValueError):
    """A header of ours cannot be read; the message says which and what it takes."""


def encode(request: Request) -> dict[str, str]:
    """Return the headers of a request, with what is left of its deadline now."""
    headers = {
        "content-type": JSON,
        TIMEOUT: str(max(1, request.deadline.remaining_ms())),
        MESSAGE_ID: request.message_id,
    }
    if request.version is not None:
        headers[VERSION] = request.version
    if request.traceparent is not None:
        headers[TRACEPARENT] = request.traceparent
    if request.data:
        headers[CONTEXT] = json.dumps(dict(request.data), separators=(",", ":"))
    if request.target is not None and request.target.server is not None:
        headers[SERVER] = request.target.server
    if request.token is not None:
        headers[AUTHORIZATION] = f"Bearer {request.token}"
    return headers


def decode(
    headers: Mapping[str, str], max_timeout: float = MAX_TIMEOUT, *, arrived: float | None = None
) -> Beside:
    """Return what the headers say; names are in lower case. Raises HeaderError.

    Deadlines count from when they `arrived` (of `time.monotonic`; default: now). One further away
    than `max_timeout` seconds is cut to that.
    """
    began = time.monotonic() if arrived is None else arrived
    return Beside(
        version=headers.get(VERSION),
        deadline=deadline(headers.get(TIMEOUT), min(max_timeout, MAX_TIMEOUT), began),
        data=data(headers.get(CONTEXT)),
        message_id=named(headers.get(MESSAGE_ID)),
        traceparent=headers.get(TRACEPARENT),
    )


def deadline(timeout: str | None, most: float, arrived: float) -> Deadline:
    """Return the deadline of a request, `most` seconds away at most. Raises HeaderError."""
    seconds = DEFAULT_TIMEOUT
    if timeout is not None:
        if not _DIGITS.fullmatch(timeout):
            raise HeaderError(f"`{TIMEOUT}` is not a whole number of milliseconds")
        seconds = int(timeout) / 1000
    return Deadline(arrived + min(seconds, most))


def named(message_id: str | None) -> str:
    """Return the id of a request; one of our own for what cannot be one."""
    is_good = message_id is not None and _MESSAGE_ID.fullmatch(message_id)
    return message_id if message_id is not None and is_good else unique_name()


def data(context: str | None) -> Mapping[str, str]:
    """Return the caller's data. Raises HeaderError."""
    if context is None:
        return {}
    problem = f"`{CONTEXT}` is not a JSON object of texts of at most {MAX_CONTEXT} characters"
    if len(context) > MAX_CONTEXT:
        raise HeaderError(problem)
    try:
        # pydantic's parser: it bounds depth, and refuses what is not Unicode.
        found = from_json(context)
    except ValueError:
        raise HeaderError(problem) from None
    if not isinstance(found, dict) or not all(isinstance(it, str) for it in found.values()):
        raise HeaderError(problem)
    return found


def media_type(content_type: str) -> tuple[str, str]:
    """Return the media type and its charset, in lower case; `utf-8` where none is said."""
    if content_type == JSON:
        return JSON, UTF_8
    kind, _, parameters = content_type.partition(";")
    charset = UTF_8
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def token_of(authorization: str | None) -> str | None:
    """Return the bearer token in an `authorization` header; None where there is none."""
    match = _BEARER.fullmatch(authorization) if authorization is not None else None
    return None if match is None else match[1]
