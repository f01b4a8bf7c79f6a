"""Names of a generated package, each imported from its module when first asked for (PEP 562)."""

from collections.abc import Mapping, MutableMapping
from importlib import import_module


def load(namespace: MutableMapping[str, object], homes: Mapping[str, str], name: str) -> object:
    """Return `name` of the package with that namespace, and keep it there.

    `homes` says in which of the package's modules each name is. Raises AttributeError for a name
    that is in none.
    """
    package = namespace["__name__"]
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    found: object = vars(import_module(f"{package}.{homes[name]}"))[name]
    namespace[name] = found
    return found
