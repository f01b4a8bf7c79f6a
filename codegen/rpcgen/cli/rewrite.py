"""Writes a file anew: all of it or nothing. Its mode and the links to it stay."""

import os
import shutil
import tempfile
from pathlib import Path

from rpcgen.cli.usage import UsageError


def rewrite(path: Path, data: bytes) -> None:
    """Let the file at `path` hold `data`. Raises UsageError where that cannot be."""
    target = path.resolve()
    try:
        if target.stat().st_nlink > 1:
            # Another file in its place would leave the other names with the old text.
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise UsageError(f"cannot write `{path}`: {error.strerror}") from error


def _replace(target: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as file:
        try:
            file.write(data)
            file.close()
            shutil.copymode(target, file.name)
            os.replace(file.name, target)
        except BaseException:
            os.unlink(file.name)
            raise
