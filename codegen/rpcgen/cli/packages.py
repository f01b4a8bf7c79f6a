"""Contracts of files and folders for commands: mistakes are told, then the command ends."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpcgen.cli.usage import UsageError
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, render
from rpcgen.language.load import SUFFIX, Loader, files_below
from rpcgen.language.parse import Parser
from rpcgen.language.resolve import resolve


@dataclass(frozen=True, slots=True)
class Read:
    """What was read."""

    packages: Sequence[model.Package]
    """With all that they import."""
    named: frozenset[str]
    """The names of those that lie in the paths themselves."""


def read_packages(
    paths: Sequence[Path],
    root: Path,
    *,
    parser: Parser | None = None,
    alone: bool = False,
    shown_as: str | None = None,
) -> Read:
    """Read the packages in `paths` and all that they import.

    With `alone`, files that lie in one folder do not belong together for that. `shown_as` is what
    stands for `root` in messages. Raises UsageError after it told all mistakes.
    """
    report = Report()
    loader = Loader(root, report, parser, alone=alone)
    files = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
    for file in files:
        loader.load(file)
    packages = resolve(loader.files.values(), report)
    if report:
        text = render(report)
        for ours in () if shown_as is None else (str(root), os.path.relpath(root)):
            text = text.replace(ours, str(shown_as))
        sys.stderr.write(text)
        said = shown_as or ", ".join(str(it) for it in paths)
        raise UsageError(f"`{said}` has mistakes")
    if not packages:
        raise UsageError(f"there is no `{SUFFIX}` file in {', '.join(f'`{it}`' for it in paths)}")
    asked = {loader.files[it.resolve()].below_root for it in files}
    named = frozenset(it.name for it in packages if not asked.isdisjoint(it.sources))
    return Read(packages, named)
