"""Does something, and again whenever an `.rpc` file changes, until it is interrupted."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from rpcgen.cli.output import complain
from rpcgen.cli.usage import UsageError
from rpcgen.language.load import SUFFIX

SECONDS = 0.3


def watch(command: str, paths: Sequence[Path], act: Callable[[], Iterable[Path]]) -> NoReturn:
    """Call `act`, and again after each change below `paths` or of the files that it returned.

    What it cannot do is said in the name of `command`, and may go away with the next change.
    """
    seen: dict[Path, int] = {}
    read: list[Path] = []
    while True:
        now = _times([*paths, *read])
        if now != seen:
            try:
                read = list(act())
            except UsageError as error:
                complain(f"{command}: {error}")
            # A change while it acted is one that it has not seen.
            seen = _times(read) | now
        time.sleep(SECONDS)


def _times(paths: Iterable[Path]) -> dict[Path, int]:
    times = {}
    for path in paths:
        for file in [path, *path.rglob(f"*{SUFFIX}")] if path.is_dir() else [path]:
            if file.exists():
                times[file] = file.stat().st_mtime_ns
    return times
