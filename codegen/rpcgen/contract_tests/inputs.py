"""Which arguments a method is tried with, by their names on the wire. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from pydantic import JsonValue

from rpcgen import samples
from rpcgen.contract_tests.codecs import MethodCodec, dumped

UNLIMITED = frozenset({"64 bits"})
"""Rules whose values are valid, but so far out that a handler need not calculate with them."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Arguments that break one rule."""

    arguments: dict[str, JsonValue]
    path: str
    rule: str


def accepted(codec: MethodCodec) -> Iterator[dict[str, JsonValue]]:
    """Yield valid arguments: the least, the fullest, and those at a limit, each once."""
    parameters = codec.contract.parameters
    seen: set[bytes] = set()
    for it in (samples.least_of(parameters), samples.fullest_of(parameters), *_inside(codec)):
        key = dumped(dict(it))
        if key not in seen and _can_travel(codec, it):
            seen.add(key)
            yield it


def refused(codec: MethodCodec) -> Iterator[Refused]:
    """Yield arguments that a server must refuse; of an event nothing is refused for its limits."""
    if codec.contract.verb == "event":
        return
    for it in samples.argument_boundaries(codec.contract):
        assert isinstance(it.value, dict), "arguments are an object"
        is_known = it.rule != "unknown name" or not codec.runtime.service.by_position
        if not it.is_inside and is_known and _can_travel(codec, it.value):
            yield Refused(it.value, it.path, it.rule)


def params(codec: MethodCodec, arguments: dict[str, JsonValue]) -> bytes:
    """Return the parameters of a request, by name or by position."""
    if not codec.runtime.service.by_position:
        return dumped(dict(arguments))
    order = [it.wire for it in codec.contract.parameters]
    return dumped([arguments[it] for it in order if it in arguments])


def _inside(codec: MethodCodec) -> Iterator[dict[str, JsonValue]]:
    for it in samples.argument_boundaries(codec.contract):
        if it.is_inside and it.rule not in UNLIMITED and isinstance(it.value, dict):
            yield it.value


def sendable(codec: MethodCodec, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the arguments that can be sent: by position, only the last ones can be left out."""
    if not codec.runtime.service.by_position:
        return arguments
    order = [it.wire for it in codec.contract.parameters]
    return {it: arguments[it] for it in takewhile(arguments.__contains__, order)}


def _can_travel(codec: MethodCodec, arguments: dict[str, JsonValue]) -> bool:
    return sendable(codec, arguments) == arguments
