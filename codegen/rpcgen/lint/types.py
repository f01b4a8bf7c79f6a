"""Fields and parameters whose names promise another type than they have. Pure."""

import re
from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.lint.contract import Contract, held, plain

_TIME = re.compile(r"(.+_)?(at|time|timestamp)")
_DURATION = re.compile(r".+_(s|secs?|seconds|ms|msecs?|millis|milliseconds|minutes)")
_UUID = re.compile(r"(.+_)?uuid")


def text_for_time(contract: Contract) -> Iterator[Diagnostic]:
    """A text that is called a time."""
    for field in contract.fields():
        if _TIME.fullmatch(field.name) and _is_text(field.type):
            message = f"`{field.name}` is a time, by its name, and a text, by its type"
            accepted = "`datetime`, or `date` or `time`"
            yield Diagnostic("text-for-time", field.span, message, accepted)


def text_for_uuid(contract: Contract) -> Iterator[Diagnostic]:
    """A text that is called a UUID."""
    for field in contract.fields():
        if _UUID.fullmatch(field.name) and _is_text(field.type):
            message = f"`{field.name}` is a UUID, by its name, and a text, by its type"
            yield Diagnostic("text-for-uuid", field.span, message, "`uuid`")


def number_for_duration(contract: Contract) -> Iterator[Diagnostic]:
    """A number whose name ends in a unit of time."""
    for field in contract.fields():
        match plain(field.type):
            case model.Builtin("int" | "float") if _DURATION.fullmatch(field.name):
                message = f"`{field.name}` is a duration, by its name, and a number, by its type"
                accepted = "`duration`, and a name without a unit"
                yield Diagnostic("number-for-duration", field.span, message, accepted)
            case _:
                pass


def bare_json(contract: Contract) -> Iterator[Diagnostic]:
    """A value that may be anything."""
    for field in contract.fields():
        if _holds_json(field.type):
            yield _anything(field, "holds")
    for method in contract.methods():
        if _holds_json(method.result):
            yield _anything(method, "answers with")


def _anything(item: model.Item, verb: str) -> Diagnostic:
    message = f"`{item.name}` {verb} `json`: nothing is known of it"
    return Diagnostic("bare-json", item.span, message, "a struct, a union or a map")


def _holds_json(type_: model.Type | None) -> bool:
    return any(isinstance(it, model.Builtin) and it.name == "json" for it in held(type_))


def _is_text(type_: model.Type) -> bool:
    """Whether it is a text of any form: one with a pattern has a form of its own."""
    match plain(type_):
        case model.Builtin("str", constraints):
            return "pattern" not in constraints
        case _:
            return False
