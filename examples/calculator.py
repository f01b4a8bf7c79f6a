"""The service of `idl/demo/calculator.rpc`: what a user of rpcgen writes, and all of it.

Serve it with `rpcgen serve examples.calculator:Calculator --on http://127.0.0.1:8080`.
"""

from demo.calculator.v1 import CalculatorServer, DivisionByZero
from rpcgen_runtime import Context


class Calculator(CalculatorServer):
    """Adds, subtracts, multiplies, divides; remembers one number."""

    def __init__(self) -> None:
        # One assignment needs no lock, although methods run in several threads.
        self._kept: float | None = None

    def add(self, ctx: Context, a: float, b: float) -> float:
        return a + b

    def subtract(self, ctx: Context, a: float, b: float) -> float:
        return a - b

    def multiply(self, ctx: Context, a: float, b: float) -> float:
        return a * b

    def divide(self, ctx: Context, a: float, b: float) -> float:
        if b == 0:
            raise DivisionByZero(dividend=a)
        return a / b

    def remember(self, ctx: Context, value: float) -> None:
        self._kept = value

    async def recall(self, ctx: Context) -> float | None:
        return self._kept
