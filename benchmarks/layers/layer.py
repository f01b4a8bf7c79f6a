"""Which layer of a call a function belongs to: the one table that says so. Pure.

The longest name that a function's own begins with decides. What is in none of them is told, so that
no part of a call goes uncounted.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache


class Layer(Enum):
    """A part of a call, in the order in which a call meets them; the value is its name."""

    STUB = "stub"
    """The generated method, and the caller's own course: tries, interceptors, the conclusion."""
    STAMP = "stamp"
    """Version, deadline, message id, Target: what a request has beside its parameters."""
    VALIDATION = "validation"
    """Of what is sent, on either side; what is received is validated as it is decoded."""
    ENCODING = "encoding"
    TRANSPORT = "transport"
    """Ours: envelope, headers, connections, queues."""
    LIBRARY = "library"
    """uvicorn, httptools, pika."""
    DECODING = "decoding"
    DISPATCH = "dispatch"
    """Finding the method, admitting, the context."""
    EXECUTOR = "executor"
    """What bounds the handler by its deadline, and brings it to its thread."""
    HANDLER = "handler"
    LOOP = "event loop"
    """asyncio's turns that no function of ours asked for by a call of its own."""


class Elsewhere(Enum):
    """What is no layer."""

    CALLER = "caller"
    """Counts where who called it does."""
    OUTSIDE = "outside"
    """The benchmark itself: not counted."""
    UNKNOWN = "unknown"
    """In our runtime, and in no layer."""


Home = Layer | Elsewhere

OURS = "rpcgen_runtime"

_HOMES: Mapping[str, Home] = {
    "benchmarks.generated": Layer.STUB,
    "benchmarks.layers": Elsewhere.OUTSIDE,
    "benchmarks.layers.endpoints": Layer.HANDLER,
    OURS: Elsewhere.UNKNOWN,
    f"{OURS}.client": Layer.STUB,
    f"{OURS}.interceptors": Layer.STUB,
    f"{OURS}.options": Layer.STUB,
    f"{OURS}.retries": Layer.STUB,
    f"{OURS}.caller": Layer.STUB,
    f"{OURS}.caller:_Caller._request": Layer.STAMP,
    f"{OURS}.caller:_Caller._deadline": Layer.STAMP,
    f"{OURS}.caller:_Caller._traceparent": Layer.STAMP,
    f"{OURS}.caller:_Caller._within_cap": Layer.STAMP,
    f"{OURS}.stamps": Layer.STAMP,
    f"{OURS}.methods": Elsewhere.CALLER,
    f"{OURS}.facts": Elsewhere.CALLER,
    f"{OURS}.targets": Elsewhere.CALLER,
    f"{OURS}.messages": Elsewhere.CALLER,
    f"{OURS}.context": Elsewhere.CALLER,
    f"{OURS}.errors": Elsewhere.CALLER,
    f"{OURS}.logs": Elsewhere.CALLER,
    f"{OURS}.models": Elsewhere.CALLER,
    f"{OURS}.telemetry": Elsewhere.CALLER,
    f"{OURS}.unique": Elsewhere.CALLER,
    f"{OURS}.codecs:RequestCodec.encode": Layer.ENCODING,
    f"{OURS}.codecs:RequestCodec._array": Layer.ENCODING,
    f"{OURS}.codecs:RequestCodec._is_default": Layer.ENCODING,
    f"{OURS}.codecs:RequestCodec.decode": Layer.DECODING,
    f"{OURS}.codecs:RequestCodec._decode": Layer.DECODING,
    f"{OURS}.codecs:ReplyCodec.encode": Layer.ENCODING,
    f"{OURS}.codecs:ReplyCodec.decode": Layer.DECODING,
    f"{OURS}.transport": Layer.TRANSPORT,
    f"{OURS}.memory": Layer.TRANSPORT,
    f"{OURS}.jsonrpc": Layer.TRANSPORT,
    f"{OURS}.http": Layer.TRANSPORT,
    f"{OURS}.amqp": Layer.TRANSPORT,
    f"{OURS}.dispatch": Layer.DISPATCH,
    f"{OURS}.table": Layer.DISPATCH,
    f"{OURS}.endpoint": Layer.DISPATCH,
    f"{OURS}.access": Layer.DISPATCH,
    f"{OURS}.executors": Layer.EXECUTOR,
    f"{OURS}.pool": Layer.EXECUTOR,
    "uvicorn": Layer.LIBRARY,
    "httptools": Layer.LIBRARY,
    "pika": Layer.LIBRARY,
    "msgpack": Layer.ENCODING,
    "asyncio.base_events:BaseEventLoop._run_once": Layer.LOOP,
    "asyncio.events:Handle._run": Layer.LOOP,
}

_OF_PYDANTIC: Mapping[str, Layer] = {
    "validate_python": Layer.VALIDATION,
    "validate_json": Layer.DECODING,
    "to_json": Layer.ENCODING,
}
"""Its functions are written in Rust, and their names tell what they do."""


@cache
def home(module: str, function: str) -> Home:
    """Return where a function of Python counts; foreign ones count where their caller does."""
    if function.startswith(("__create_fn__", "<module>")):
        # What `dataclass` has written has the module of its class.
        return Elsewhere.CALLER
    name = f"{module}:{function}"
    known = max((it for it in _HOMES if _begins(name, it)), key=len, default=None)
    return Elsewhere.CALLER if known is None else _HOMES[known]


def home_of_native(owner: str, name: str) -> Home:
    """Return where a method counts that is not written in Python, of a class in module `owner`."""
    if owner.startswith("pydantic_core"):
        return _OF_PYDANTIC.get(name, Elsewhere.CALLER)
    return Elsewhere.CALLER


def _begins(name: str, known: str) -> bool:
    if not name.startswith(known):
        return False
    # Modules end at a dot or a colon; of a function the beginning of its name is enough.
    return ":" in known or name[len(known)] in ".:"
