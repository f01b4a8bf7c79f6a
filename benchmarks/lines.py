"""How a process of a subject and the harness talk: lines of JSON; standard library only.

The lines are read in a thread of the system, begun before any subject can put its own in its place;
when they end, so does the process: none outlives the harness.
"""

import _thread
import json
import os
import queue
import sys
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from types import ModuleType
from typing import Any

Line = Mapping[str, Any]

_READ = os.read
_WRITE = os.write
_EXIT = os._exit
_OUT = os.dup(1)


def listen(heard: Callable[[Line], None]) -> None:
    """Hand over each line that the harness says."""
    _thread.start_new_thread(_listen, (heard,))


def listen_in_turn() -> "queue.SimpleQueue[Line]":
    """Return where the lines that the harness says can be waited for."""
    lines: queue.SimpleQueue[Line] = queue.SimpleQueue()
    listen(lines.put)
    return lines


def say(**line: object) -> None:
    """Tell the harness."""
    _WRITE(_OUT, json.dumps(line).encode() + b"\n")


def subject(module: str) -> ModuleType:
    """Import a subject; what it prints is no line for the harness."""
    os.dup2(2, 1)
    return import_module(module)


def use_uvloop() -> None:
    """Let every event loop of this process be one of uvloop."""
    import asyncio

    uvloop: Any = import_module("uvloop")
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def versions() -> dict[str, str]:
    """Return what is installed here."""
    return {it.name: it.version for it in metadata.distributions() if it.name}


def reason(error: BaseException) -> str:
    """Return why something failed, in a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1]}".removesuffix(": ")


def end() -> None:
    """End this process, whatever its threads do."""
    sys.stderr.flush()
    _EXIT(0)


def _listen(heard: Callable[[Line], None]) -> None:
    left = b""
    while piece := _READ(0, 65536):
        *lines, left = (left + piece).split(b"\n")
        for line in lines:
            heard(json.loads(line))
    _EXIT(1)
