"""Values that a newer server may send, and that this contract does not know. Pure."""

from collections.abc import Iterator

from pydantic import JsonValue

from rpcgen.language import model
from rpcgen.samples.boundaries import boundaries
from rpcgen.samples.judge import problems

_NEWER = ("unknown value", "unknown variant", "unknown name")


def newer(type_: model.Type) -> Iterator[tuple[str, JsonValue]]:
    """Yield a name and a value for each way in which a result may be newer than its reader."""
    seen: set[str] = set()
    for it in boundaries(type_):
        is_new = it.rule in _NEWER and it.rule not in seen
        if is_new and not any(problems(type_, it.value, is_open=True)):
            seen.add(it.rule)
            yield it.rule, it.value
