"""Released vectors against today's code: what an older peer says, and what it would hear. No I/O.

An older client's bytes must reach today's handler with the arguments that they had; an older
server's bytes must give today's client what they gave; and today's encoders must write the recorded
bytes for what the released minor could say. What came later is no difference: names that the
recorded value does not have are left out before two values are compared.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen import samples
from rpcgen.contract_tests.codecs import MethodCodec, dumped
from rpcgen.contract_tests.imported import imported
from rpcgen.contract_tests.vectors import FORMAT
from rpcgen.contract_tests.wires import (
    WIRES,
    Wired,
    beside,
    changed,
    replies_in,
    requests_in,
    wired_reply,
    wired_request,
    written,
)
from rpcgen.language import model
from rpcgen_runtime.amqp.wire import Unusable
from rpcgen_runtime.context import Deadline
from rpcgen_runtime.dispatch import Dispatcher, ServerSettings
from rpcgen_runtime.endpoint import Binding, Endpoint
from rpcgen_runtime.errors import RpcError
from rpcgen_runtime.executors import NotStarted, Threads
from rpcgen_runtime.messages import Failure, Reply, Request, Success
from rpcgen_runtime.methods import Method

SHOWN = 24
"""Bytes that are shown from where two messages differ."""
ALL = "all wires"
MAX_SHOWN = 300
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where today's code is not what was released."""

    vector: str
    """Such as `acme.volume 2.1: Volumes.create, request fullest`."""
    wire: str
    message: str
    """What differs, from which byte on where bytes do, what it was and what it is."""

    def __str__(self) -> str:
        return f"{self.vector}, {self.wire}: {self.message}"


def verify(
    recorded: JsonValue, package: model.Package, files: Mapping[str, str]
) -> list[Difference]:
    """Return the differences between released vectors and today's contract.

    `files` are the texts of today's generated code by path below the output root. Raises
    ValueError for what is no file of vectors.
    """
    with imported(files) as code:
        methods = code.methods(package)
        codecs = {
            (service.name, it.name): MethodCodec(it, methods[service.name, it.name])
            for service in package.of_kind(model.Service)
            for it in service.methods
        }
        return list(replayed(recorded, codecs))


def replayed(
    recorded: JsonValue, today: Mapping[tuple[str, str], MethodCodec]
) -> Iterator[Difference]:
    """Yield the differences, given today's methods by the names of their service and their own."""
    if not isinstance(recorded, dict) or recorded.get("format") != FORMAT:
        raise ValueError(f"these are no vectors of format {FORMAT}")
    title = f"{recorded.get('package')} {recorded.get('version')}"
    for service, methods in _object(recorded.get("services")).items():
        for name, vectors in _object(methods).items():
            label = f"{title}: {service}.{name}"
            codec = today.get((service, name))
            if codec is None:
                yield Difference(label, ALL, "the method is gone")
            else:
                yield from _Replay(label, codec).method(_object(vectors))


class _Replay:
    """The vectors of one method."""

    def __init__(self, label: str, codec: MethodCodec) -> None:
        self._label = label
        self._codec = codec
        self._name = label

    def method(self, vectors: Wired) -> Iterator[Difference]:
        for name, vector in _object(vectors.get("requests", {})).items():
            self._name = f"{self._label}, request {name}"
            yield from _merged(self._request(_object(vector)))
        for name, vector in _object(vectors.get("replies", {})).items():
            self._name = f"{self._label}, reply {name}"
            found = self._reply(_object(vector), is_newer=name.startswith("newer: "))
            yield from _merged(found)

    def _request(self, vector: Wired) -> Iterator[Difference]:
        """An older client, today's server and today's client."""
        try:
            read = list(requests_in(vector, self._codec.runtime.verb))
        except (RpcError, Unusable) as error:
            yield Difference(self._name, ALL, f"is not read any more: {error}")
            return
        arguments: Sequence[object] | None = None
        for wire, request in read:
            arguments, refusal = _handled(self._codec.runtime, request)
            if arguments is None:
                yield Difference(self._name, wire, f"does not reach the handler: {refusal}")
            else:
                found: JsonValue = dict(self._codec.received(arguments))
                yield from self._compared(wire, vector["received"], found)
        if arguments is not None:
            yield from self._sent(vector, arguments)

    def _sent(self, vector: Wired, arguments: Sequence[object]) -> Iterator[Difference]:
        try:
            request = self._codec.request(arguments)
        except RpcError as error:
            yield Difference(self._name, ALL, f"cannot be sent any more: {error}")
            return
        was = from_json(next(requests_in(vector, request.verb))[1].params)
        older = dumped(older_part(from_json(request.params), was))
        parts = [request.params, older]
        yield from self._bytes(vector, [wired_request(request._replace(params=it)) for it in parts])

    def _reply(self, vector: Wired, *, is_newer: bool) -> Iterator[Difference]:
        """An older server, today's client and today's server."""
        least = self._codec.arguments(samples.least_of(self._codec.contract.parameters))
        reply: Reply | None = None
        for wire, reply in replies_in(vector):
            try:
                found = self._codec.outcome(reply, least)
            except (RpcError, TypeError) as error:
                yield Difference(self._name, wire, f"is not understood any more: {error}")
                return
            yield from self._compared(wire, vector["received"], found)
        if reply is not None and not is_newer:
            yield from self._answered(vector, reply)

    def _answered(self, vector: Wired, reply: Reply) -> Iterator[Difference]:
        try:
            today = self._codec.encoded(reply)
        except (RpcError, TypeError, KeyError) as error:
            yield Difference(self._name, ALL, f"cannot be answered any more: {error}")
            return
        before = reply

        def older(now: bytes) -> bytes:
            was = before.result if isinstance(before, Success) else before.data
            return dumped(older_part(from_json(now), from_json(was or b"null")))

        both = [today, changed(today, older)]
        yield from self._bytes(vector, [wired_reply(it) for it in both])

    def _bytes(self, vector: Wired, candidates: Sequence[Wired]) -> Iterator[Difference]:
        """Compare with the first of today's messages that is equal, if any."""
        recorded = {name: vector[name] for name in ("http", "amqp")}
        was = written(recorded)
        found = [written(it) for it in candidates]
        for wire, expected in was.items():
            if all(it[wire] != expected for it in found):
                yield Difference(self._name, wire, _bytes_told(expected, found[-1][wire]))
        parted = _parted(beside(recorded), beside(candidates[-1]))
        for path, before, after in parted:
            message = f"`{path}` was {_shown(before)}, is {_shown(after)}"
            yield Difference(self._name, "beside the body", message)

    def _compared(self, wire: str, was: JsonValue, found: JsonValue) -> Iterator[Difference]:
        older = older_part(found, was)
        if _canonical(older) != _canonical(was):
            message = f"what arrives was {_shown(was)}, is {_shown(older)}"
            yield Difference(self._name, wire, message)


def older_part(now: JsonValue, was: JsonValue) -> JsonValue:
    """Return a value without the names that came later."""
    if isinstance(now, dict) and isinstance(was, dict):
        return {name: older_part(it, was[name]) for name, it in now.items() if name in was}
    if isinstance(now, list) and isinstance(was, list):
        rest: list[JsonValue] = now[len(was) :]
        return [*(older_part(a, b) for a, b in zip(now, was, strict=False)), *rest]
    return now


def _merged(found: Iterable[Difference]) -> Iterator[Difference]:
    """Yield differences, those that are the same on all wires once."""
    by_message: dict[str, list[Difference]] = {}
    for it in found:
        by_message.setdefault(it.message, []).append(it)
    for same in by_message.values():
        is_everywhere = {it.wire for it in same} >= {*WIRES}
        yield from [replace(same[0], wire=ALL)] if is_everywhere else same


def _parted(
    was: JsonValue, now: JsonValue, path: str = ""
) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """Yield where two values differ, with both."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in {**was, **now}:
            inner = f"{path}.{name}" if path else name
            yield from _parted(was.get(name), now.get(name), inner)
    elif was != now:
        yield path, was, now


class _Recorder(Endpoint):
    """Keeps the arguments that a request has when it reaches the handler."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self.arguments: list[object] | None = None

    def __rpc_bindings__(self) -> Sequence[Binding]:
        """See Endpoint."""
        return [Binding(self._method, self.handle, is_async=True)]

    def handle(self, _ctx: object, *positional: object, **named: object) -> None:
        """Take the arguments."""
        rest = [it.name for it in self._method.params][len(positional) :]
        self.arguments = [*positional, *(named[it] for it in rest)]


class _OnlyBegin(Threads):
    """Ends each request once its handler has the arguments: no answer is made up for it."""

    async def run(
        self,
        binding: Binding,  # noqa: ARG002  # Executor's
        call: Callable[[], object],
        deadline: Deadline,  # noqa: ARG002
    ) -> object:
        """See Executor."""
        call()
        raise NotStarted


def _handled(method: Method, request: Request) -> tuple[list[object] | None, str]:
    """Return the arguments that reach a handler, and what is said where none do."""
    recorder = _Recorder(method)
    settings = ServerSettings(executor=_OnlyBegin(), introspection=False)
    handling = Dispatcher([recorder], settings).handle(request)
    try:
        # Nothing in it waits, so that it needs no event loop.
        handling.send(None)
    except StopIteration as ended:
        reply: Reply = ended.value
    else:
        raise AssertionError("nothing waits")
    return recorder.arguments, reply.message if isinstance(reply, Failure) else ""


def _object(value: JsonValue) -> Wired:
    if not isinstance(value, dict):
        raise ValueError("these are no vectors: an object is missing")  # noqa: TRY004  # the file's
    return value


def _canonical(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)


def _shown(value: JsonValue) -> str:
    text = dumped(value).decode()
    return f"`{text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + '…'}`"


def _bytes_told(was: bytes, now: bytes) -> str:
    at = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), None)
    start = min(len(was), len(now)) if at is None else at
    parts = [repr(it[start : start + SHOWN])[1:] for it in (was, now)]
    return f"byte {start}: was {parts[0]}, is {parts[1]}"
