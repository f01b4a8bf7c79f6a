"""The place in a file of what a change's path names. Pure."""

import re
from collections.abc import Iterable, Sequence

from rpcgen.language import model
from rpcgen.language.source import Span

_PARTS = re.compile(r"[^.\[\]]+")


def locate(path: str, packages: Sequence[model.Package]) -> Span | None:
    """Return the span of the nearest thing to `path` that is there, or None."""
    named = [it for it in packages if path == it.name or path.startswith(f"{it.name}.")]
    if not named:
        return None
    package = max(named, key=lambda it: (len(it.name), it.version))
    span = package.span
    items: Iterable[model.Item] = package.declarations.values()
    for name in _PARTS.findall(path[len(package.name) :]):
        item = next((it for it in items if it.name == name), None)
        if item is None:
            break
        span, items = item.span, _members(item)
    return span


def _members(item: model.Item) -> Sequence[model.Item]:
    match item:
        case model.Service(methods=methods):
            return methods
        case model.Method(parameters=parameters):
            return parameters
        case model.Struct(fields=fields) | model.Error(fields=fields):
            return fields
        case model.Enum(values=values):
            return values
        case model.Union(variants=variants):
            return variants
        case _:
            return []
