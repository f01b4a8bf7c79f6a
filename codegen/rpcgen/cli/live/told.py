"""What a server answers to `rpc.contract`, checked before anything of it is used. Pure."""

import re
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError

from rpcgen.language.diagnostics import shortened
from rpcgen.language.load import MAX_FILES, SUFFIX
from rpcgen_runtime import reasons

MAX_BYTES = 8 << 20
"""Of all files together."""
MAX_PATH = 200
"""Characters."""

_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class BrokenContractError(Exception):
    """A server tells a contract that cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ToldPackage:
    """One package and version."""

    name: str
    version: str
    services: list[str]
    """Those that the server serves."""
    files: dict[str, str]
    """Texts by their paths below the source root: the package and all that it imports."""


@dataclass(frozen=True, slots=True)
class Told:
    """The whole answer."""

    server: str | None
    packages: list[ToldPackage]


_TOLD = TypeAdapter(Told)


def read(answer: JsonValue) -> Told:
    """Return what the answer says. Raises BrokenContractError."""
    try:
        told = _TOLD.validate_python(answer)
    except ValidationError as error:
        raise BrokenContractError(f"has another form: {reasons.told(error)}") from None
    paths = [path for package in told.packages for path in package.files]
    texts = [text for package in told.packages for text in package.files.values()]
    if len(paths) > MAX_FILES or len(told.packages) > MAX_FILES:
        raise BrokenContractError(f"has more than {MAX_FILES:,} files")
    if sum(len(it.encode()) for it in texts) > MAX_BYTES:
        raise BrokenContractError(f"has more than {MAX_BYTES:,} bytes")
    for path in paths:
        if len(path) > MAX_PATH or not _PATH.fullmatch(path) or not path.endswith(SUFFIX):
            raise BrokenContractError(f"has a file `{shortened(path)}`, which is no path below it")
    return told
