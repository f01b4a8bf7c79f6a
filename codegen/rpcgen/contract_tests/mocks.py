"""Endpoints that nobody wrote: valid answers from a seed, the same ones to the same requests.

Strategy: the generator of random numbers is begun anew for each request, from the seed, the method
and the arguments. No I/O.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from rpcgen.contract_tests.codecs import MethodCodec, dumped
from rpcgen.language import model
from rpcgen.samples.drawn import drawn, drawn_of
from rpcgen_runtime.context import Context
from rpcgen_runtime.endpoint import Binding, ContractFiles, Endpoint
from rpcgen_runtime.methods import Call

OnSent = Callable[[str, bytes], None]
"""Hears of what is not answered: the method's label and its arguments as JSON."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How mocks answer."""

    seed: int
    failing: Mapping[str, model.Error]
    """The error that is always raised, by the method's label."""
    on_sent: OnSent


class Mock(Endpoint):
    """Serves one service."""

    def __init__(
        self,
        service: model.Service,
        codecs: Sequence[MethodCodec],
        files: ContractFiles,
        manner: Manner,
    ) -> None:
        self._service = service
        self._codecs = [it for it in codecs if it.contract.verb != "event"]
        self._files = files
        self._manner = manner

    def __rpc_bindings__(self) -> Sequence[Binding]:
        """See Endpoint."""
        return [Binding(it.runtime, _Handler(self, it), is_async=False) for it in self._codecs]

    def __rpc_contract__(self) -> ContractFiles:
        """See Endpoint."""
        return self._files

    def answer(self, codec: MethodCodec, arguments: Sequence[object]) -> object:
        """Return what the method answers. Raises the error that was asked for."""
        label = f"{self._service.name}.{codec.contract.name}"
        given = dumped(dict(codec.received(arguments)))
        begun = sha256(f"{self._manner.seed} {label} ".encode() + given).digest()
        source = random.Random(begun)  # noqa: S311  # nothing secret
        error = self._manner.failing.get(label)
        if error is not None:
            data = dumped(dict(drawn_of(error.fields, source)))
            raise codec.runtime.errors[error.code].decode(data)
        if not isinstance(codec.runtime, Call):
            self._manner.on_sent(f"{codec.contract.verb} {label}", given)
            return None
        if codec.contract.result is None:
            return None
        return codec.runtime.reply.decode(dumped(drawn(codec.contract.result, source)))


@dataclass(frozen=True, slots=True)
class _Handler:
    """One method of a mock."""

    mock: Mock
    codec: MethodCodec

    def __call__(self, _ctx: Context, *positional: object, **named: object) -> object:
        rest = self.codec.names[len(positional) :]
        return self.mock.answer(self.codec, [*positional, *(named[it] for it in rest)])
