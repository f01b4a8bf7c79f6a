"""Contracts with the generated code that judges samples of them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from rpcgen.compile import compile_paths
from rpcgen.contract_tests.imported import imported
from rpcgen.language import model
from rpcgen_runtime.errors import InvalidArguments
from rpcgen_runtime.generated_v1 import Call
from rpcgen_runtime.methods import Method

ROOT = Path(__file__).parent.parent.parent
CONTRACTS = {
    "limits": ROOT / "tests" / "samples" / "contract",
    "kinds": ROOT / "tests" / "runtime" / "contract" / "new",
    "everything": ROOT / "tests" / "language" / "corpus" / "right",
    "peers": ROOT / "tests" / "python" / "contracts",
    "demo": ROOT / "idl",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One method, as the contract has it and as generated code has it."""

    service: model.Service
    method: model.Method
    runtime: Method

    def __str__(self) -> str:
        return f"{self.service.name}.{self.method.name}"

    def refusal(self, arguments: dict[str, JsonValue]) -> str | None:
        """Return what the server says to arguments; None where they reach the handler."""
        order = [it.wire for it in self.method.parameters]
        given: JsonValue = arguments
        if self.service.by_position:
            given = [arguments[it] for it in order if it in arguments]
        try:
            self.runtime.request.decode(json.dumps(given).encode())
        except InvalidArguments as error:
            return str(error)
        return None

    def answer(self, result: JsonValue) -> object:
        """Return what a client makes of a result."""
        assert isinstance(self.runtime, Call)
        return self.runtime.reply.decode(json.dumps(result).encode())


@contextmanager
def tried(name: str) -> Iterator[Sequence[Tried]]:
    """Compile a contract and import it."""
    compiled = compile_paths([CONTRACTS[name]], CONTRACTS[name])
    assert not compiled.report, compiled.report.in_order()[0].message
    with imported(compiled.files) as code:
        found = []
        for package in compiled.packages:
            methods = code.methods(package)
            for service in package.of_kind(model.Service):
                found += [
                    Tried(service, it, methods[service.name, it.name]) for it in service.methods
                ]
        yield found
