"""OpenRPC documents of packages as the one that a server answers `rpc.discover` with. No I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypedDict

from pydantic import JsonValue

from rpcgen_runtime.targets import Version

Members: TypeAlias = dict[str, JsonValue]
Served: TypeAlias = Mapping[tuple[str, str], set[str]]
"""Names of services, by their package and its version."""

_SAME_NAME = "x-same-name"
_SERVICE = "x-service"


class _Components(TypedDict):
    errors: Members
    schemas: Members


_Document = TypedDict(
    "_Document",
    {
        "openrpc": str,
        "info": Members,
        "x-services": Members,
        "methods": list[Members],
        "components": _Components,
    },
)


def together(texts: Iterable[Sequence[str]], served: Served) -> JsonValue:
    """Return one document of the services that are served.

    `texts` are documents by their lines, as generated packages have them: what they name has its
    package and major in its name. Of methods with one name the first is described, the newest
    version before older ones; the others stand in it as `x-same-name`.
    """
    documents = sorted((_read(it) for it in texts), key=_order)
    methods: dict[JsonValue, list[Members]] = {}
    services: Members = {}
    for document in documents:
        wanted = _wanted(document, served)
        services |= {name: it for name, it in document["x-services"].items() if name in wanted}
        for method in _flat(document["methods"]):
            if method[_SERVICE] in wanted:
                methods.setdefault(method["name"], []).append(method)
    return {
        "openrpc": documents[0]["openrpc"] if documents else "1.4.0",
        "info": _info([it["info"] for it in documents]),
        "x-services": services,
        "methods": [_grouped(it) for it in methods.values()],
        "components": {
            "errors": _merged(it["components"]["errors"] for it in documents),
            "schemas": _merged(it["components"]["schemas"] for it in documents),
        },
    }


def _read(lines: Sequence[str]) -> _Document:
    # The compiler wrote it: it is what it says.
    document: _Document = json.loads("".join(lines))
    return document


def _order(document: _Document) -> tuple[str, int, int]:
    """Sort by name, and the newest first."""
    title, version = _named(document["info"])
    return title, -version.major, -version.minor


def _named(info: Members) -> tuple[str, Version]:
    return str(info["title"]), Version.parse(str(info["version"]))


def _wanted(document: _Document, served: Served) -> set[str]:
    title, version = _named(document["info"])
    return {f"{title}.{it}" for it in served.get((title, str(version)), ())}


def _flat(methods: Iterable[Members]) -> Iterator[Members]:
    for method in methods:
        others = method.pop(_SAME_NAME, [])
        yield method
        if isinstance(others, list):
            yield from (it for it in others if isinstance(it, dict))


def _grouped(methods: Sequence[Members]) -> Members:
    first, *others = methods
    return {**first, _SAME_NAME: list[JsonValue](others)} if others else first


def _info(found: Sequence[Members]) -> Members:
    if len(found) == 1:
        return found[0]
    named = [_named(it) for it in found]
    newest = max((version for _, version in named), default=Version(1, 0))
    titles = dict.fromkeys(title for title, _ in named)
    return {"title": ", ".join(titles) or "rpc", "version": str(newest)}


def _merged(parts: Iterable[Members]) -> Members:
    found: Members = {}
    for it in parts:
        found |= it
    return dict(sorted(found.items()))
