"""What one answered request says of the handler: findings, each with what was expected. Pure."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue
from pydantic_core import from_json

from rpcgen import samples
from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import ACCEPTS, ERRORS, RESULT, TIME, Finding
from rpcgen.contract_tests.running import Asked, Seen
from rpcgen.language import model
from rpcgen.samples.texts import told
from rpcgen_runtime import errors
from rpcgen_runtime.errors import DeclaredError
from rpcgen_runtime.messages import Failure, Success
from rpcgen_runtime.methods import Call

MAX_SHOWN = 200
"""Characters of a value or a message."""
_LATE = frozenset({errors.DEADLINE_EXCEEDED, errors.EXPIRED_UNSTARTED})


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges what valid arguments of one method come to."""

    label: str
    codec: MethodCodec

    def findings(self, asked: Asked, arguments: JsonValue) -> Iterator[Finding]:
        """Yield what is wrong with the answer to valid arguments."""
        for check, message, expected, at in self._problems(asked):
            yield Finding(self.label, check, message, expected, arguments, at)

    def _problems(self, asked: Asked) -> Iterator[tuple[str, str, str, str | None]]:
        reply, seen = asked.reply, asked.seen
        if asked.blocked_at is not None:
            message = "an `async` method blocks the event loop, and with it all other requests"
            expected = "`def`, which runs in a thread, or `await`"
            yield TIME, message, expected, asked.blocked_at
        if reply is None or (isinstance(reply, Failure) and reply.code in _LATE):
            is_said = self.codec.runtime.timeout is not None
            why = "the contract says so" if is_said else "the contract has no `timeout`"
            yield TIME, "it does not end in time", f"within {asked.seconds:g} s: {why}", None
        elif seen is None:
            assert isinstance(reply, Failure), "only a handler makes a success"
            yield ACCEPTS, f"refused: {reply.message}", "valid arguments reach the handler", None
        elif seen.error is not None:
            yield from self._raised(seen.error)
        else:
            yield from self._returned(seen, reply)

    def _raised(self, error: BaseException) -> Iterator[tuple[str, str, str, str | None]]:
        """Judge what the handler raised."""
        method, at = self.codec.runtime, _place(error)
        declared = " or ".join(f"`{it.error.name}`" for it in self.codec.contract.raises)
        expected = f"no error but {declared}" if declared else "no error: none is declared"
        if not isinstance(error, DeclaredError):
            yield ERRORS, f"raised {_shown_error(error)}", expected, at
            return
        codec = method.errors.get(error.code)
        if codec is None or not isinstance(error, codec.error):
            message = f"raised `{type(error).__name__}`, which the method does not declare"
            yield ERRORS, message, expected, at
            return
        try:
            data: JsonValue = from_json(codec.encode(error))
        except TypeError as problem:
            yield ERRORS, str(problem), f"the fields of `{type(error).__name__}`", at
            return
        raised = next(it.error for it in self.codec.contract.raises if it.error.code == error.code)
        for found in _field_problems(raised, data):
            yield ERRORS, f"in the data of `{raised.name}` {found.told('all')}", expected, at

    def _returned(
        self, seen: Seen, reply: Success | Failure
    ) -> Iterator[tuple[str, str, str, str | None]]:
        """Judge what the handler returned."""
        method, result = self.codec.runtime, self.codec.contract.result
        if not isinstance(method, Call) or result is None:
            if seen.result is not None:
                message = f"nobody receives a result; {_returned(seen)}"
                yield (
                    RESULT,
                    message,
                    f"`None`: the {self.codec.contract.verb} answers nothing",
                    None,
                )
            return
        expected = f"`{said(result)}`"
        if isinstance(reply, Failure):
            try:
                method.reply.encode(seen.result)
                message = f"the reply is an error: {reply.message}"
            except TypeError as problem:
                message = f"{problem}; {_returned(seen)}"
            yield RESULT, message, expected, None
            return
        for found in samples.problems(result, from_json(reply.result)):
            message = f"{found.told('the result')}; {_returned(seen)}"
            yield RESULT, message, expected, None


def said(type_: model.Type) -> str:
    """Return a type as a contract writes it."""
    match type_:
        case model.Builtin() as builtin:
            return told(builtin).strip("`")
        case model.ListOf(item):
            return f"list[{said(item)}]"
        case model.MapOf(key, value):
            return f"map[{said(key)}, {said(value)}]"
        case model.Optional(inner):
            return f"{said(inner)}?"
        case model.Named(declaration):
            return declaration.name


def _field_problems(error: model.Error, data: JsonValue) -> Iterator[samples.Problem]:
    members = data if isinstance(data, dict) else {}
    for field in error.fields:
        if field.wire in members:
            yield from samples.problems(field.type, members[field.wire], field.wire)


def _returned(seen: Seen) -> str:
    return f"returned {_shown(seen.result)}"


def _shown(value: object) -> str:
    text = repr(value)
    shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
    return f"`{shown}`"


def _shown_error(error: BaseException) -> str:
    cause = error.__cause__
    if isinstance(error, RuntimeError) and isinstance(cause, StopIteration | SystemExit):
        return _shown_error(cause)
    text = str(error)[:MAX_SHOWN]
    return f"`{type(error).__name__}`: {text}" if text else f"`{type(error).__name__}`"


def _place(error: BaseException) -> str | None:
    """Return the last line outside the runtime that an error went through."""
    frames = traceback.extract_tb((error.__cause__ or error).__traceback__)
    frames += traceback.extract_tb(error.__traceback__)
    ours = [it for it in frames if "rpcgen_runtime" not in it.filename]
    own = [it for it in ours if "site-packages" not in it.filename and "<" not in it.filename]
    found = [it for it in own if "/lib/python" not in it.filename] or own
    return f"{found[-1].filename}:{found[-1].lineno}" if found else None
