"""The calculator over both transports, and as `rpcgen serve` runs it."""

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from demo.calculator.v1 import AsyncCalculatorClient, CalculatorClient, DivisionByZero
from examples.calculator import Calculator
from examples.demo.commands import served
from rpcgen_runtime import Server, connect, connect_async


@pytest.fixture(params=["memory", "http"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    chosen = "http://127.0.0.1:0" if request.param == "http" else f"memory://{uuid4().hex}"
    with Server(chosen, [Calculator()]) as server:
        yield server.url


def test_each_method_does_what_it_says(url: str) -> None:
    with connect(url) as transport:
        calculator = CalculatorClient(transport)
        assert calculator.add(2, 3) == 5
        assert calculator.subtract(2, 3) == -1
        assert calculator.multiply(2, 3) == 6
        assert calculator.divide(3, 2) == 1.5


def test_nothing_is_divided_by_zero(url: str) -> None:
    with connect(url) as transport, pytest.raises(DivisionByZero) as caught:
        CalculatorClient(transport).divide(7, 0)
    assert caught.value.dividend == 7


def test_the_number_that_was_kept_last_is_recalled(url: str) -> None:
    with connect(url) as transport:
        calculator = CalculatorClient(transport)
        assert calculator.recall() is None
        for number in (1.0, 2.5):
            calculator.remember(number)
            _wait_until_recalled(calculator, number)


def test_the_async_client_gets_the_same_answers(url: str) -> None:
    async def ask() -> float:
        async with connect_async(url) as transport:
            return await AsyncCalculatorClient(transport).add(2, 3)

    assert asyncio.run(ask()) == 5


def test_rpcgen_serve_runs_it_in_a_process_of_its_own() -> None:
    with served("examples.calculator:Calculator") as url, connect(url) as transport:
        assert CalculatorClient(transport).add(2, 3) == 5


def _wait_until_recalled(calculator: CalculatorClient, number: float) -> None:
    for _ in range(500):
        if calculator.recall() == number:
            return
        time.sleep(0.01)
    raise AssertionError(f"{number} was not kept")
