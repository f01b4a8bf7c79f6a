"""A server whose one request ends when its standard input says so."""

import sys

from rpcgen_runtime import Context
from tests.runtime.promises.endpoints import Worker


def _run(_context: Context, name: str) -> str:
    print("begun", flush=True)
    sys.stdin.readline()
    return name


class Slow(Worker):
    def __init__(self) -> None:
        super().__init__(_run)
