"""Where commands have a contract from: the server that serves it, or files."""

import sys
from pathlib import Path

from rpcgen.cli.config import read_config
from rpcgen.cli.live.contract import services_below
from rpcgen.cli.live.told import Told, read
from rpcgen.cli.remote import interruptible
from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.diagnostics import render
from rpcgen.language.load import SUFFIX, source_root
from rpcgen_runtime.caller import Caller
from rpcgen_runtime.errors import MethodNotFound, UnknownRemoteError
from rpcgen_runtime.introspection import CONTRACT


def ask(caller: Caller, url: str, otherwise: str) -> Told:
    """Return what the server says that it serves.

    Raises RpcError, BrokenContractError, and UsageError where it does not say: `otherwise` is what
    to do then.
    """
    try:
        with interruptible():
            answer = caller.call(CONTRACT, [])
    except (MethodNotFound, UnknownRemoteError) as error:
        raise UsageError(f"{url} does not tell its contract; {otherwise}") from error
    return read(answer)


def read_files(path: Path) -> list[model.Service]:
    """Return the services in a file or a folder. Raises UsageError after it told all mistakes."""
    if not path.exists():
        raise UsageError(f"there is no file or folder `{path}`")
    if not path.is_dir() and path.suffix != SUFFIX:
        raise UsageError(f"`{path}` is not an `{SUFFIX}` file")
    services, report = services_below(path, source_root([path], read_config(Path.cwd()).source))
    if report:
        sys.stderr.write(render(report))
        raise UsageError(f"`{path}` has mistakes")
    if not services:
        raise UsageError(f"there is no service in `{path}`")
    return services
