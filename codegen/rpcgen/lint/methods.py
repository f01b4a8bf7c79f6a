"""What the names of methods say, and what their clauses say. Pure."""

import re
from collections.abc import Iterator

from rpcgen.language import model
from rpcgen.language.diagnostics import Diagnostic
from rpcgen.lint.contract import SENT, Contract

# Verbs that are nothing else, with what has happened when they are done.
_DONE = {
    "add": "added", "attach": "attached", "begin": "begun", "create": "created",
    "delete": "deleted", "destroy": "destroyed", "detach": "detached", "disable": "disabled",
    "enable": "enabled", "fetch": "fetched", "get": "got", "insert": "inserted",
    "modify": "modified", "notify": "notified", "publish": "published", "remove": "removed",
    "send": "sent",
}  # fmt: skip
_NO_VERBS = frozenset({"a", "all", "an", "any", "my", "new", "no", "the"})
_READS = frozenset(
    {"count", "describe", "exists", "find", "get", "has", "is", "list", "lookup", "search", "show"}
)
_LATER_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def verb_first(contract: Contract) -> Iterator[Diagnostic]:
    """A call, cast or fanout that is called like a thing.

    A name that is another one on the wire follows somebody else's words.
    """
    things = _things(contract)
    for method in contract.methods():
        if method.verb not in SENT or method.wire != method.name:
            continue
        words = method.name.split("_")
        accepted = _with_verb_first(words, things)
        if accepted is not None:
            message = f"`{method.name}` does not begin with a verb"
            yield Diagnostic("verb-first", method.span, message, accepted)


def _with_verb_first(words: list[str], things: set[str]) -> str | None:
    """Return what would be accepted where the first word is no verb for sure."""
    if words[0] in _NO_VERBS:
        return f"such as `get_{'_'.join(words)}`"
    thing = "_".join(words[:-1])
    is_turned = thing and thing in things and words[-1] in _DONE
    return f"`{words[-1]}_{thing}`" if is_turned else None


def _things(contract: Contract) -> set[str]:
    """Return the names of types and services as methods would say them, one or many."""
    named = {
        _LATER_WORD.sub("_", it.name).lower()
        for package in contract.packages
        for it in package.declarations.values()
        if not isinstance(it, model.Const)
    }
    return named | {f"{it}s" for it in named} | {it.removesuffix("s") for it in named}


def event_tense(contract: Contract) -> Iterator[Diagnostic]:
    """An event that is called like an order: it tells what has happened."""
    for method in contract.methods():
        words = method.name.split("_")
        if method.verb != "event" or method.wire != method.name:
            continue
        for place in (-1, 0):
            if words[place] in _DONE:
                others = words[:-1] if place else words[1:]
                accepted = "_".join([*others, _DONE[words[place]]])
                message = f"the event `{method.name}` is called like an order"
                yield Diagnostic("event-tense", method.span, message, f"`{accepted}`")
                break


def missing_readonly(contract: Contract) -> Iterator[Diagnostic]:
    """A call that only reads, by its name, and does not promise it."""
    for method in contract.methods():
        if method.verb != "call" or method.readonly:
            continue
        if method.name.partition("_")[0] in _READS:
            message = f"`{method.name}` only reads, by its name, and does not promise it"
            accepted = "`readonly`: then it is tried again after a failure; or another name"
            yield Diagnostic("missing-readonly", method.span, message, accepted)
