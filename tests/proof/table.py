"""One side's generated methods beside what the contract says of them, and values in both forms."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rpcgen.language import model
from rpcgen_runtime.codecs import ReplyCodec
from rpcgen_runtime.methods import Call, Method
from tests.proof.pools import Wire
from tests.proof.sides import Side


@dataclass(slots=True, eq=False)
class Row:
    """One method of one side."""

    service: model.Service
    declared: model.Method
    made: Method
    """What the compiler made of it."""
    _codecs: dict[str, ReplyCodec[object]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return its name for people."""
        return f"{self.service.name}.{self.declared.name}"

    def names(self) -> list[str]:
        """Return the names on the wire to which it answers."""
        wire = self.made.wire_name
        legacy = [self.made.service.full_name(wire, it) for it in self.service.legacy_namespaces]
        return [self.made.full_name, *legacy]

    def arguments(self, params: bytes) -> list[object]:
        """Return what the parameters mean to this side, all of them, in their order."""
        return self.in_order(*self.made.request.decode(params))

    def in_order(self, given: Sequence[object], named: dict[str, object]) -> list[object]:
        """Return arguments in the order of the parameters."""
        names = [it.name for it in self.made.params]
        told = {**dict(zip(names, given, strict=False)), **named}
        return [told[it] for it in names]

    def written(self, arguments: Sequence[object]) -> dict[str, Wire]:
        """Return arguments as JSON, by their names on the wire."""
        return {
            it.wire_name: self._write(it.wire_name, it.annotation, value)
            for it, value in zip(self.made.params, arguments, strict=True)
        }

    def result(self, value: Wire) -> object:
        """Return a result from its JSON."""
        assert isinstance(self.made, Call)
        return self.made.reply.decode(json.dumps(value).encode())

    def written_result(self, value: object) -> Wire:
        """Return a result as JSON."""
        assert isinstance(self.made, Call)
        return _read(self.made.reply.encode(value))

    def _write(self, name: str, annotation: Any, value: object) -> Wire:
        if name not in self._codecs:
            self._codecs[name] = ReplyCodec(annotation)
        return _read(self._codecs[name].encode(value))


def rows(side: Side) -> list[Row]:
    """Return the methods of all services of a side."""
    found = []
    for service in side.services():
        made = _made(side, service)
        found += [Row(service, it, made[it.name]) for it in service.methods]
    return found


def _made(side: Side, service: model.Service) -> dict[str, Method]:
    found = vars(side.module(service.package, "methods")).values()
    methods = (it for it in found if isinstance(it, Method))
    return {it.name: it for it in methods if it.service.name == service.name}


def _read(data: bytes) -> Wire:
    found: Wire = json.loads(data)
    return found
