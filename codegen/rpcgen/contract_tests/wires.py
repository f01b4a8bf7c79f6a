"""Requests and replies as they are on each wire, in JSON that a person can review. No I/O.

What is of the moment is left out: what names a request is fixed, and a deadline is only said to be
there.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from pydantic import JsonValue

from rpcgen_runtime import jsonrpc
from rpcgen_runtime.amqp import replies, routes, wire
from rpcgen_runtime.amqp.bodies import JSON, MSGPACK
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.http import headers
from rpcgen_runtime.messages import Reply, Request, Success, Verb

Wired: TypeAlias = dict[str, JsonValue]
"""One message on all wires."""
Written: TypeAlias = dict[str, bytes]
"""The bytes of one message, by wire."""

WIRES: Final = ("http", "amqp json", "amqp msgpack")
MESSAGE_ID: Final = "0" * 32
REPLY_TO: Final = "amq.gen-replies"
MAX_BODY: Final = 64 << 20
WORK_TIMEOUT: Final = 60.0
_TIMED: Final = frozenset({headers.TIMEOUT, wire.DEADLINE})


def wired_request(request: Request) -> Wired:
    """Return a request as a client sends it."""
    fixed = request._replace(message_id=MESSAGE_ID)
    places = routes.route(fixed)
    messages = {it: _request_message(fixed, is_msgpack=it == MSGPACK) for it in (JSON, MSGPACK)}
    return {
        "http": {
            "headers": _untimed(headers.encode(fixed)),
            "body": _envelope(fixed).decode(),
        },
        "amqp": {
            "exchange": places.exchange,
            "routing_key": places.key,
            **_properties(messages[JSON]),
            **_bodies(messages),
        },
    }


def wired_reply(reply: Reply) -> Wired:
    """Return a reply as a server sends it."""
    asked = {it: _asked(it) for it in (JSON, MSGPACK)}
    messages = {
        name: replies.encode_reply(it, reply, max_body=MAX_BODY) for name, it in asked.items()
    }
    return {
        "http": {"body": jsonrpc.encode_reply(b"1", reply).decode()},
        "amqp": {**_properties(messages[JSON]), **_bodies(messages)},
    }


def requests_in(wired: Wired, verb: Verb) -> Iterator[tuple[str, Request]]:
    """Yield, for each wire, the request as a server reads it. Raises RpcError, Unusable."""
    http, amqp = _part(wired, "http"), _part(wired, "amqp")
    sent = {name: str(it) for name, it in _part(http, "headers").items()}
    found = jsonrpc.decode(str(http["body"]).encode(), jsonrpc.Bounds(), is_ours=True).items[0]
    beside = headers.decode(sent)
    if isinstance(found, jsonrpc.Incoming):
        yield (
            WIRES[0],
            Request(
                verb=verb,
                name=found.name,
                params=found.params,
                version=beside.version,
                deadline=beside.deadline,
                message_id=beside.message_id,
                data=beside.data,
            ),
        )
    for name, message in _messages(amqp):
        read = wire.decode_request(message, max_body=MAX_BODY, work_timeout=WORK_TIMEOUT)
        yield name, read.request


def replies_in(wired: Wired) -> Iterator[tuple[str, Reply]]:
    """Yield, for each wire, the reply as a client reads it. Raises BadReply."""
    body = str(_part(wired, "http")["body"]).encode()
    yield WIRES[0], jsonrpc.decode_reply(body, 1, is_ours=True)
    for name, message in _messages(_part(wired, "amqp")):
        yield name, replies.decode_reply(message, max_body=MAX_BODY)


def written(wired: Wired) -> Written:
    """Return the bytes of a message, by wire."""
    amqp = _part(wired, "amqp")
    bodies = [str(_part(wired, "http")["body"]).encode(), str(amqp["json"]).encode()]
    return dict(zip(WIRES, [*bodies, b64decode(str(amqp["msgpack"]))], strict=True))


def beside(wired: Wired) -> JsonValue:
    """Return all of a message but its bodies."""
    hidden = {"body", "json", "msgpack"}
    return {
        name: {key: it for key, it in _part(wired, name).items() if key not in hidden}
        for name in wired
    }


def changed(reply: Reply, change: Callable[[bytes], bytes]) -> Reply:
    """Return a reply whose result or data went through `change`."""
    if isinstance(reply, Success):
        return Success(change(reply.result))
    return reply._replace(data=None if reply.data is None else change(reply.data))


def _envelope(request: Request) -> bytes:
    number = 1 if request.verb is Verb.CALL else None
    return jsonrpc.encode_request(number, request.name, request.params)


def _request_message(request: Request, *, is_msgpack: bool) -> Message:
    return wire.encode_request(request, is_msgpack=is_msgpack, max_body=MAX_BODY, reply_to=REPLY_TO)


def _asked(content_type: str) -> Message:
    return Message(body=b"", content_type=content_type, correlation_id=MESSAGE_ID)


def _properties(message: Message) -> Wired:
    found: Wired = {
        "type": message.kind,
        "message_id": message.message_id,
        "correlation_id": message.correlation_id,
        "reply_to": message.reply_to,
    }
    return {
        **{name: it for name, it in found.items() if it is not None},
        "expires": message.expires_ms is not None,
        "durable": message.is_durable,
        "headers": _untimed(message.headers),
    }


def _bodies(messages: Mapping[str, Message]) -> Wired:
    return {
        "json": messages[JSON].body.decode(),
        "msgpack": b64encode(messages[MSGPACK].body).decode(),
    }


def _messages(amqp: Wired) -> Iterator[tuple[str, Message]]:
    bodies = [str(amqp["json"]).encode(), b64decode(str(amqp["msgpack"]))]
    for name, content_type, body in zip(WIRES[1:], (JSON, MSGPACK), bodies, strict=True):
        yield (
            name,
            Message(
                body=body,
                content_type=content_type,
                kind=str(amqp["type"]),
                message_id=_text(amqp, "message_id"),
                correlation_id=_text(amqp, "correlation_id"),
                reply_to=_text(amqp, "reply_to"),
                headers=_part(amqp, "headers"),
            ),
        )


def _untimed(found: Mapping[str, object]) -> Wired:
    # Through JSON: headers are texts and whole numbers.
    kept = {name: it for name, it in sorted(found.items()) if name not in _TIMED}
    made: Wired = json.loads(json.dumps(kept))
    return made


def _part(wired: Mapping[str, JsonValue], name: str) -> Wired:
    found = wired[name]
    if not isinstance(found, dict):
        raise TypeError(f"`{name}` is no object")
    return found


def _text(amqp: Wired, name: str) -> str | None:
    found = amqp.get(name)
    return None if found is None else str(found)
