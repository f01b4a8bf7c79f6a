"""The calculator inside other people's web applications, over real HTTP."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette

from demo.calculator.v1 import CalculatorClient, DivisionByZero
from examples.mounted import fastapi_app, starlette_app
from rpcgen_runtime import connect

App = Starlette | FastAPI


@pytest.mark.parametrize("make", [starlette_app, fastapi_app])
def test_a_mounted_calculator_calculates(make: Callable[[], App]) -> None:
    with running(make()) as port, connect(f"http://127.0.0.1:{port}/rpc/") as transport:
        calculator = CalculatorClient(transport)
        assert calculator.add(2, 3) == 5
        with pytest.raises(DivisionByZero):
            calculator.divide(1, 0)


@pytest.mark.parametrize("make", [starlette_app, fastapi_app])
def test_the_rest_of_the_application_goes_on_beside_it(make: Callable[[], App]) -> None:
    with running(make()) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


@contextmanager
def running(app: App) -> Iterator[int]:
    """Serve an application on a free port; yield the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        for _ in range(500):
            if server.started:
                break
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
