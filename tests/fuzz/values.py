"""What the contract types: parameters and results of each kind, read by the generated table.

An input is the name of a method of `tests/runtime/contract/new/trial/kinds.rpc` on a line of its
own, then its parameters as JSON; they are read as the result of that method too.
"""

from collections.abc import Callable
from functools import cache
from json import dumps
from typing import TypeAlias

from rpcgen_runtime.codecs import RequestCodec
from rpcgen_runtime.errors import BadReply, InvalidArguments, InvalidRequest
from rpcgen_runtime.methods import Call, Method
from tests.runtime.generated.new.trial.kinds.v1 import methods

Arguments: TypeAlias = tuple[tuple[object, ...], dict[str, object]]
Decode: TypeAlias = Callable[[RequestCodec, bytes], Arguments]

MAX_MESSAGE = 8_000
"""Bytes of it as JSON; an answer of 8 KiB holds them."""


def values(data: bytes, *, decode: Decode = RequestCodec.decode) -> None:
    """Read parameters and a result; what is accepted is written and read again."""
    name, _, json = data.partition(b"\n")
    method = _methods().get(name.decode("latin-1"))
    if method is None:
        return
    try:
        arguments = _by_position(method, decode(method.request, json))
    except (InvalidArguments, InvalidRequest) as error:
        _judge_message(str(error))
    else:
        _judge_arguments(method, arguments, decode)
    if isinstance(method, Call):
        _judge_result(method, json)


@cache
def _methods() -> dict[str, Method]:
    found = [it for it in vars(methods).values() if isinstance(it, Method)]
    return {it.name: it for it in found}


def _by_position(method: Method, arguments: Arguments) -> list[object]:
    positional, named = arguments
    names = [it.name for it in method.params]
    assert set(named) == set(names[len(positional) :]), "an argument is missing, or there twice"
    return [*positional, *(named[it] for it in names[len(positional) :])]


def _judge_arguments(method: Method, given: list[object], decode: Decode) -> None:
    try:
        written, minor = method.request.encode(given)
    except InvalidArguments as error:
        _judge_unsent(str(error))
        return
    assert minor == 0, "needs a minor that the contract does not have"
    again = _by_position(method, decode(method.request, written))
    assert repr(again) == repr(given), "the arguments changed on the way"


def _judge_unsent(message: str) -> None:
    """What this side does not know can be received but not sent; all else goes both ways."""
    assert "can be received but not sent" in message, f"was read, is not written: {message}"


def _judge_result(method: Call[object], json: bytes) -> None:
    try:
        result = method.reply.decode(json)
    except BadReply as error:
        _judge_message(str(error))
        return
    try:
        written = method.reply.encode(result)
    except TypeError as error:
        _judge_unsent(str(error))
        return
    assert repr(method.reply.decode(written)) == repr(result), "the result changed on the way"


def _judge_message(message: str) -> None:
    assert message.isprintable(), "the message steers the terminal"
    assert len(dumps(message)) <= MAX_MESSAGE, "the message is too long"
