"""Which `.rpc` files a command line asks for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rpcgen.cli.config import Config
from rpcgen.cli.usage import UsageError
from rpcgen.language.load import SUFFIX, files_below


def paths_of(given: Sequence[str], config: Config) -> list[Path]:
    """Return the paths given, or the source root. Raises UsageError for what cannot be meant."""
    paths = [Path(it) for it in given] or [config.source]
    for path in paths:
        if not path.exists():
            hint = "; name a path, or `source` in [tool.rpcgen]" if path == config.source else ""
            raise UsageError(f"there is no file or folder `{path}`{hint}")
        if not path.is_dir() and path.suffix != SUFFIX:
            raise UsageError(f"`{path}` is not an `{SUFFIX}` file")
    return paths


def files_of(paths: Iterable[Path]) -> list[Path]:
    """Return the files in them, each once. Raises UsageError if there is none."""
    given = list(paths)
    found = [it for path in given for it in (files_below(path) if path.is_dir() else [path])]
    if not found:
        raise UsageError(f"there is no `{SUFFIX}` file in {', '.join(f'`{it}`' for it in given)}")
    return list(dict.fromkeys(found))
