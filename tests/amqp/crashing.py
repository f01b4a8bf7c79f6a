"""A server that some requests kill: `python -m tests.amqp.crashing URL how`, with `kill` or `fault`.

Each begun handler is a line on its output, written before anything can end the process.
"""

import ctypes
import os
import resource
import signal
import sys
import time

from rpcgen_runtime import Context, serve
from tests.runtime.promises.endpoints import Worker

POISON = "poison"
BRIEFLY = 0.01
"""Seconds that a good request takes."""


def main(url: str, how: str) -> None:
    """Serve until a signal comes, or poison."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def run(_context: Context, name: str) -> str:
        os.write(1, f"{name}\n".encode())
        if name != POISON:
            time.sleep(BRIEFLY)
        elif how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            ctypes.string_at(0)
        return name

    # Two places: most of what was handed out has not begun when the process ends.
    serve(url, [Worker(run)], server="crashing", max_in_flight=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
