"""Types of arguments on a command line: what they take, and what is said of what they do not."""

import argparse
import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
N = TypeVar("N", int, float)


def positive(kind: type[N]) -> Callable[[str], N]:
    """Take a number above 0."""

    def number(text: str) -> N:
        with suppress(ValueError):
            if 0 < (value := kind(text)) < math.inf:
                return value
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")

    return number


def listed(kind: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Take values with commas between them."""

    def values(text: str) -> list[T]:
        return [kind(it) for it in text.split(",")]

    return values


def new_file(text: str) -> Path:
    """Take a file that can be written: its folder is there."""
    path = Path(text)
    folder(str(path.parent))
    return path


def folder(text: str) -> Path:
    """Take a folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder `{path}`")
    return path
