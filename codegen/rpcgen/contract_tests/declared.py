"""What tests say: which implementation pytest is to hold against its contract. Imports little."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from rpcgen_runtime.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class ContractTests:
    """Stands in a test module under a name that begins with `test`; each check is a test."""

    make: "Callable[[], Endpoint]"
    seed: int
    examples: int
    source: Path


def contract_tests(
    make: "Callable[[], Endpoint]",
    *,
    seed: int = 0,
    examples: int = 25,
    source: Path | str = "idl",
) -> ContractTests:
    """Return what pytest collects as tests of an implementation.

    `make` returns a new endpoint each time, a class will do; `examples` are random arguments for
    each method, drawn from `seed`; `source` is the source root, below which releases are recorded.
    """
    return ContractTests(make, seed, examples, Path(source))


def strategies_for(kind: type[object], method: str) -> "SearchStrategy[dict[str, object]]":
    """Return a strategy of hypothesis for the arguments of a method, by Python's names.

    `kind` is a generated server or a subclass. Raises ValueError where it has no such method, and
    TypeError for another class.
    """
    from rpcgen.contract_tests.subjects import abstract_subject
    from rpcgen.samples import strategies
    from rpcgen_runtime.endpoint import Endpoint

    if not issubclass(kind, Endpoint):
        raise TypeError(f"`{kind.__name__}` is no generated server, nor a subclass of one")
    codec = abstract_subject(kind.__name__, kind).codec(method)
    drawn = strategies.arguments(codec.contract)
    return drawn.map(lambda it: dict(zip(codec.names, codec.arguments(it), strict=True)))
