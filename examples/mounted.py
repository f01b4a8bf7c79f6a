"""A service inside a web application that is there already: one line in Starlette and in FastAPI.

    uvicorn --factory examples.mounted:starlette_app

Its calls go to `/rpc/`: `CalculatorClient(connect("http://127.0.0.1:8000/rpc/"))`.
"""

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from examples.calculator import Calculator
from rpcgen_runtime import Application


def starlette_app() -> Starlette:
    """Return a Starlette application with the calculator under `/rpc`."""
    return Starlette(
        routes=[
            Route("/health", _health),
            Mount("/rpc", Application([Calculator()])),
        ]
    )


def fastapi_app() -> FastAPI:
    """Return a FastAPI application with the calculator under `/rpc`."""
    app = FastAPI()
    app.add_api_route("/health", _status)
    app.mount("/rpc", Application([Calculator()]))
    return app


async def _health(_request: Request) -> Response:
    return PlainTextResponse("well")


async def _status() -> dict[str, str]:
    return {"status": "well"}
