"""`[tool.rpcgen]` of the `pyproject.toml` in or above the current folder."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from rpcgen.cli.usage import UsageError


@dataclass(frozen=True, slots=True)
class Config:
    """Where things are; paths in the file are relative to it."""

    source: Path = Path("idl")
    """The source root: what `rpcgen build` compiles when no path is given."""
    out: Path = Path("generated")
    """The output root."""


def read_config(start: Path) -> Config:
    """Return the configuration of the nearest `pyproject.toml` that has one, else the defaults."""
    for folder in [start, *start.parents]:
        file = folder / "pyproject.toml"
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _config(table, folder, file)
    return Config()


def _table(file: Path) -> dict[str, object] | None:
    try:
        document: dict[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read `{file}`: {error}") from error
    tools = document.get("tool")
    table = tools.get("rpcgen") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"`tool.rpcgen` in `{file}` is not a table")
    return table


def _config(table: dict[str, object], folder: Path, file: Path) -> Config:
    known = [it.name for it in fields(Config)]
    paths: dict[str, Path] = {}
    for key, value in table.items():
        if key not in known:
            accepted = ", ".join(f"`{it}`" for it in known)
            raise UsageError(f"unknown key `{key}` in [tool.rpcgen] of `{file}`; known: {accepted}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"`{key}` in [tool.rpcgen] of `{file}` is not a path in quotes")
        paths[key] = _relative(folder / value)
    return Config(**paths)


def _relative(path: Path) -> Path:
    """Return `path` as a person in this folder would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
