"""What handlers answer, and whether the caller gets it as it was meant."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from rpcgen.language import model
from rpcgen_runtime import DeclaredError, RpcError, UnknownRemoteError
from tests.proof.agree import differing, members
from tests.proof.pools import Wire
from tests.proof.table import Row


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handler of a method returns or raises, and its JSON as its side writes it."""

    row: Row | None
    act: Callable[[], object]
    wire: Wire


def result_answer(other: Row, value: Wire) -> Answer:
    """Return the answer that a result is."""
    result = other.result(value)
    return Answer(other, lambda: result, other.written_result(result))


def error_answer(other: Row, error: model.Error, data: dict[str, Wire]) -> Answer:
    """Return the answer that an error with such data is."""
    codec = other.made.errors[error.code]
    raised = codec.decode(json.dumps(data).encode())

    def fail() -> object:
        raise raised

    return Answer(other, fail, json.loads(codec.encode(raised)))


def lost_result(row: Row, other: Row, result: object, sent: Wire) -> str | None:
    """Return how a result did not arrive as what it was."""
    mine, theirs = row.declared.result, other.declared.result
    if mine is None or theirs is None:
        return None
    lost = differing(sent, theirs, row.written_result(result), mine)
    return None if lost is None else f"arrived otherwise: {lost}"


def lost_error(row: Row, raised: model.Error, caught: RpcError | None, sent: Wire) -> str | None:
    """Return how an error was not caught as what it is; who does not declare it learns the code."""
    known = [it.error for it in row.declared.raises]
    mine = next((it for it in known if _full_name(it) == _full_name(raised)), None)
    if mine is None:
        mine = next((it for it in known if it.code == raised.code), None)
    if mine is None:
        is_told = isinstance(caught, UnknownRemoteError) and caught.code == raised.code
        return None if is_told else f"`{raised.name}` arrived as {caught!r}"
    if not isinstance(caught, DeclaredError) or type(caught).__name__ != mine.name:
        return f"`{raised.name}` arrived as {caught!r}"
    got = json.loads(row.made.errors[mine.code].encode(caught))
    lost = members(sent, raised.fields, got, mine.fields)
    return None if lost is None else f"`{raised.name}` arrived otherwise: {lost}"


def _full_name(error: model.Error) -> tuple[str, str]:
    return error.package.name, error.name
