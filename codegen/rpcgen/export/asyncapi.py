"""AsyncAPI 3.0: what a package's services send and receive over AMQP. Pure.

The application that it describes is a server of all of them.
"""

from rpcgen.export import messages, routes, values
from rpcgen.export.document import Json, Members, given
from rpcgen.export.marks import ages, marks, summarised
from rpcgen.export.messages import Messages
from rpcgen.export.packages import info
from rpcgen.export.schemas import DRAFT_07, Schemas
from rpcgen.language import model

VERSION = "3.0.0"
VERBS = ("call", "cast", "fanout", "event")

_GOES = {
    "call": "To one server, which answers.",
    "cast": "To one server, which does not answer.",
    "fanout": "To every server that is there.",
    "event": "From the service to whoever listens.",
}


def document(package: model.Package) -> Members:
    """Return the document of a package."""
    schemas = Schemas(DRAFT_07, package)
    said = Messages(schemas)
    channels: dict[str, Json] = {}
    operations: dict[str, Json] = {}
    for service in package.of_kind(model.Service):
        channels |= _channels(service, said)
        operations |= {
            f"{service.name}.{it.name}": _operation(service, it, said) for it in service.methods
        }
    return {
        "asyncapi": VERSION,
        "info": info(package),
        "defaultContentType": "application/json",
        **given(channels=channels, operations=operations),
        "components": {
            **given(messages=said.written, messageTraits=messages.traits(said.written)),
            "schemas": schemas.definitions(),
        },
    }


def _channels(service: model.Service, said: Messages) -> dict[str, Json]:
    """Return a channel for each verb of a service, and one for its replies."""
    found: dict[str, Json] = {}
    for verb in VERBS:
        methods = [it for it in service.methods if it.verb == verb]
        if methods:
            refs: dict[str, Json] = {it.name: said.request(service, it) for it in methods}
            found[f"{service.name}-{verb}"] = _channel(service, verb, refs)
    calls = [it for it in service.methods if it.verb == "call"]
    if calls:
        replies = {name: ref for it in calls for name, ref in said.replies(service, it).items()}
        found[f"{service.name}-reply"] = _reply_channel(replies)
    return found


def _channel(service: model.Service, verb: str, refs: Members) -> Members:
    name, kind = routes.exchange(service, verb)
    exchange: Members = {
        "name": name,
        "type": kind,
        "durable": True,
        "autoDelete": False,
    }
    binding: Members = {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}
    queue = routes.queue(service, verb)
    return {
        "address": routes.key(service, verb),
        "title": f"{service.name}, {verb}s",
        "summary": _GOES[verb],
        **marks(service, service.package),
        "messages": refs,
        "bindings": {"amqp": binding},
        **given(**{"x-legacy-addresses": routes.legacy_keys(service, verb), "x-queue": queue}),
    }


def _reply_channel(refs: Members) -> Members:
    queue: Members = {"name": "", "durable": False, "exclusive": True, "autoDelete": False}
    return {
        "address": None,
        "summary": "The queue that `reply_to` of the request names; the broker chose its name.",
        "messages": refs,
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": "0.3.0"}},
    }


def _operation(service: model.Service, method: model.Method, said: Messages) -> Members:
    channel = f"#/channels/{service.name}-{method.verb}"
    timeout = None if method.timeout is None else values.duration(method.timeout)
    facts: dict[str, Json] = {
        "x-readonly": method.readonly,
        "x-idempotent": method.idempotent,
        "x-timeout": timeout,
    }
    marked = ages(method, service.package)
    marked.pop("deprecated", None)
    return {
        "action": "send" if method.verb == "event" else "receive",
        "channel": {"$ref": channel},
        **summarised(method.doc),
        "tags": [{"name": service.name}],
        "messages": [{"$ref": f"{channel}/messages/{method.name}"}],
        "bindings": {"amqp": _delivery(method.verb)},
        **_reply(service, method, said),
        **given(**facts),
        **marked,
    }


def _delivery(verb: str) -> Members:
    """Return how messages of a verb are published and taken."""
    return {
        "deliveryMode": 2 if verb in {"cast", "event"} else 1,
        "mandatory": verb in {"call", "cast"},
        "ack": True,
        "bindingVersion": "0.3.0",
    }


def _reply(service: model.Service, method: model.Method, said: Messages) -> Members:
    if method.verb != "call":
        return {}
    channel = f"#/channels/{service.name}-reply"
    address = {
        "location": "$message.header#/reply_to",
        "description": "The property `reply_to` of the request, which is no header.",
    }
    found: list[Json] = [
        {"$ref": f"{channel}/messages/{it}"} for it in said.replies(service, method)
    ]
    return {"reply": {"address": address, "channel": {"$ref": channel}, "messages": found}}
