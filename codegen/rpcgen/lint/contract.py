"""What the rules look at: files as they are written, and what they mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.language.load import LoadedFile

SENT = frozenset({"call", "cast", "fanout"})
"""The verbs whose parameters flow to a server."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Files without mistakes, with all that they import."""

    files: Sequence[LoadedFile]
    packages: Sequence[model.Package]

    def services(self) -> Iterator[model.Service]:
        """Return every service."""
        for package in self.packages:
            yield from package.of_kind(model.Service)

    def methods(self) -> Iterator[model.Method]:
        """Return every method."""
        for service in self.services():
            yield from service.methods

    def fields(self) -> Iterator[model.Field]:
        """Return every field of a struct or an error, and every parameter."""
        for package in self.packages:
            for declaration in package.declarations.values():
                if isinstance(declaration, model.Struct | model.Error):
                    yield from declaration.fields
        for method in self.methods():
            yield from method.parameters


def held(type_: model.Type | None) -> Iterator[model.Type]:
    """Return a type, and those between its brackets."""
    match type_:
        case None:
            return
        case model.Optional(inner):
            yield from held(inner)
        case model.ListOf(item):
            yield type_
            yield from held(item)
        case model.MapOf(key, value):
            yield type_
            yield from held(key)
            yield from held(value)
        case _:
            yield type_


def plain(type_: model.Type | None) -> model.Type | None:
    """Return what a type is without `?`, and behind its aliases."""
    match type_:
        case model.Optional(inner) | model.Named(model.Alias(type=inner)):
            return plain(inner)
        case _:
            return type_
