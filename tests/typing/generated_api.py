"""Read by type checkers, never run: what they must infer, and what they must refuse.

A line that must be refused carries its `type: ignore`; `warn_unused_ignores` makes it an error if
the checker takes it after all.
"""

from typing import assert_type
from uuid import UUID

from demo.calculator.v1 import (
    AsyncCalculatorClient,
    CalculatorClient,
    CalculatorServer,
    DivisionByZero,
)
from demo.compute.v2 import (
    ComputeClient,
    Instance,
    InstanceState,
    RebootKind,
)
from rpcgen_runtime import Context, Unrecognized, connect, connect_async


def what_a_call_returns(calculator: CalculatorClient, compute: ComputeClient, id_: UUID) -> None:
    assert_type(calculator.add(1, 2.5), float)
    assert_type(calculator.add(a=1, b=2), float)
    assert_type(calculator.recall(), float | None)
    assert_type(compute.get_instance(id_), Instance)
    assert_type(compute.get_instance(id_).state, InstanceState | Unrecognized)
    assert_type(compute.with_options(timeout=2.0, server="node-7"), ComputeClient)
    compute.reboot_instance(id_, RebootKind.hard)


async def what_an_async_call_returns(calculator: AsyncCalculatorClient) -> None:
    assert_type(await calculator.add(1, 2.5), float)


def wrong_arguments(calculator: CalculatorClient, compute: ComputeClient, id_: UUID) -> None:
    calculator.add("1", 2)  # type: ignore[arg-type]
    calculator.add(1)  # type: ignore[call-arg]
    calculator.add(1, 2, c=3)  # type: ignore[call-arg]
    calculator.ad(1, 2)  # type: ignore[attr-defined]
    calculator.add(1, 2).upper()  # type: ignore[attr-defined]
    compute.reboot_instance(id_, "hard")  # type: ignore[arg-type]
    compute.get_instance("not a uuid")  # type: ignore[arg-type]
    calculator.with_options(timeout="soon")  # type: ignore[arg-type]


def the_wrong_kind_of_transport() -> None:
    with connect("memory://here") as transport:
        CalculatorClient(transport)
        AsyncCalculatorClient(transport)  # type: ignore[arg-type]
    CalculatorClient(connect_async("memory://here"))  # type: ignore[arg-type]


def errors_have_their_fields(error: DivisionByZero) -> None:
    assert_type(error.dividend, float)
    assert_type(error.code, int)
    DivisionByZero(divident=1.0)  # type: ignore[call-arg]
    DivisionByZero(dividend="1")  # type: ignore[arg-type]


def a_branch_is_missing(state: InstanceState | Unrecognized) -> str:  # type: ignore[return]
    match state:
        case InstanceState.active:
            return "runs"
        case Unrecognized():
            return "who knows"


class Sync(CalculatorServer):
    """Handlers may be `def`, with other defaults, but not of other types."""

    def add(self, ctx: Context, a: float, b: float) -> float:
        return a + b

    async def subtract(self, ctx: Context, a: float, b: float) -> float:
        return a - b

    def multiply(self, ctx: Context, a: float, b: float) -> str:  # type: ignore[override]
        return str(a * b)

    def divide(self, ctx: Context, a: int, b: float) -> float:  # type: ignore[override]
        return a / b

    def remember(self, ctx: Context, value: float) -> None: ...


def a_forgotten_method() -> None:
    Sync()  # type: ignore[abstract]
