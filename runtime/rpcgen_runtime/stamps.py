"""The lowest minor that the values of a request need. No I/O.

Strategy: the types say once whether there is anything to look for; only then are values walked.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from rpcgen_runtime.errors import InvalidArguments
from rpcgen_runtime.facts import Minors
from rpcgen_runtime.models import Model, Unrecognized, UnrecognizedVariant


class Stamp:
    """Looks into the values of one method's parameters."""

    def __init__(self, annotations: Iterable[object], minors: Minors) -> None:
        self._minors = minors
        reached = set(_classes(annotations))
        later = {*minors.fields, *minors.values, *minors.variants}
        self.matters = not reached.isdisjoint({*later, Unrecognized, UnrecognizedVariant})
        """Whether `of` can be anything but 0, or refuse."""

    def of(self, values: Iterable[object]) -> int:
        """Return the lowest minor that serves `values`.

        Raises InvalidArguments for what this side does not know itself: it cannot be asked for.
        """
        minor = 0
        pending = list(values)
        while pending:
            value = pending.pop()
            if isinstance(value, Model):
                minor = max(minor, self._of_model(value))
                pending += vars(value).values()
            elif isinstance(value, Enum):
                minor = max(minor, self._minors.values.get(type(value), {}).get(value.name, 0))
            elif isinstance(value, Mapping):
                pending += value.keys()
                pending += value.values()
            elif isinstance(value, list):
                pending += value
            elif isinstance(value, Unrecognized | UnrecognizedVariant):
                raise InvalidArguments(f"{type(value).__name__} can be received but not sent")
        return minor

    def _of_model(self, value: Model) -> int:
        kind = type(value)
        minor = self._minors.variants.get(kind, 0)
        for base in kind.__mro__:
            for name, since in self._minors.fields.get(base, {}).items():
                if since > minor and vars(value)[name] != _default(kind, name):
                    minor = since
        return minor


def _default(kind: type[Model], name: str) -> object:
    return kind.model_fields[name].get_default(call_default_factory=True)


def _classes(annotations: Iterable[object]) -> Iterator[type]:
    """Yield every class that values of the annotations can hold, each once."""
    seen: set[object] = set()
    pending = list(annotations)
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and not typing.get_args(annotation):
            if annotation not in seen:
                seen.add(annotation)
                yield annotation
                if issubclass(annotation, Model):
                    annotation.model_rebuild()
                    pending += [it.annotation for it in annotation.model_fields.values()]
        else:
            pending += typing.get_args(annotation)
