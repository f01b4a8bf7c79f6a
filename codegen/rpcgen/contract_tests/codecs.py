"""JSON to what a method's generated code makes of it, and back to requests and replies. No I/O."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen.language import model
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.codecs import ReplyCodec
from rpcgen_runtime.errors import DeclaredError
from rpcgen_runtime.messages import Reach, Reply, Request, Success
from rpcgen_runtime.methods import Call, Cast, Event, Fanout, Method
from rpcgen_runtime.options import CallOptions
from rpcgen_runtime.retries import NO_RETRY
from rpcgen_runtime.transport import ClientSettings, Transport


class _SentError(Exception):
    """Ends a call once the request is made."""


class _Tape(Transport):
    """Keeps the request of a client, or answers it with one reply."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__(ClientSettings(retry=NO_RETRY))
        self._reply = reply
        self.request: Request | None = None

    def call(self, request: Request) -> Reply:
        """See Transport."""
        self.request = request
        if self._reply is None:
            raise _SentError
        return self._reply

    def send(self, request: Request) -> Reach:
        """See Transport."""
        self.request = request
        return Reach()

    def close(self) -> None:
        """See Transport."""


@dataclass(frozen=True, slots=True)
class MethodCodec:
    """One method, as the contract has it and as generated code has it."""

    contract: model.Method
    runtime: Method

    def arguments(self, given: Mapping[str, JsonValue]) -> list[object]:
        """Return the arguments that a server makes of JSON by name. Raises InvalidArguments."""
        ordered = [it.wire for it in self.contract.parameters]
        found: JsonValue = dict(given)
        if self.runtime.service.by_position:
            # What is left out at the end is not there; nothing else can be.
            found = [given[it] for it in ordered if it in given]
        positional, named = self.runtime.request.decode(dumped(found))
        return [*positional, *(named[it] for it in self.names[len(positional) :])]

    @property
    def names(self) -> list[str]:
        """Return the parameters' names in Python, in order."""
        return [it.name for it in self.runtime.params]

    def request(self, arguments: Sequence[object]) -> Request:
        """Return the request that a client sends. Raises InvalidArguments."""
        tape = _Tape()
        caller = Caller(tape, CallOptions())
        match self.runtime:
            case Call() as call:
                with suppress(_SentError):
                    caller.call(call, arguments)
            case Cast() as cast:
                caller.cast(cast, arguments)
            case Fanout() as fanout:
                caller.fanout(fanout, arguments)
            case Event() as event:
                caller.event(event, arguments)
            case _:
                raise AssertionError("there are four verbs")
        assert tape.request is not None, "a client sends"
        return tape.request

    def received(self, arguments: Sequence[object]) -> dict[str, JsonValue]:
        """Return the JSON of what a handler gets, by the names on the wire."""
        params = zip(self.runtime.params, arguments, strict=True)
        return {
            it.wire_name: from_json(ReplyCodec[object](it.annotation).encode(value))
            for it, value in params
        }

    def outcome(self, reply: Reply, arguments: Sequence[object]) -> JsonValue:
        """Return what a client makes of a reply, as JSON. Raises RpcError for other failures."""
        assert isinstance(self.runtime, Call), "only calls are answered"
        caller = Caller(_Tape(reply), CallOptions())
        try:
            result: JsonValue = from_json(
                self.runtime.reply.encode(caller.call(self.runtime, arguments))
            )
        except DeclaredError as error:
            data = from_json(self.runtime.errors[error.code].encode(error))
            return {"error": error.code, "data": data}
        return {"result": result}

    def encoded(self, reply: Reply) -> Reply:
        """Return a reply as a server encodes what it says. Raises BadReply, TypeError."""
        assert isinstance(self.runtime, Call), "only calls are answered"
        if isinstance(reply, Success):
            return Success(self.runtime.reply.encode(self.runtime.reply.decode(reply.result)))
        codec = self.runtime.errors[reply.code]
        return reply._replace(data=codec.encode(codec.decode(reply.data or b"{}")))


def dumped(value: JsonValue) -> bytes:
    """Return JSON as our own encoders write it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
