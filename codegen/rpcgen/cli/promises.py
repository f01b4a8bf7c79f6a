"""Whether contracts keep what they promised: the part of `rpcgen check` that knows the past."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rpcgen.cli.diff import differ, findings, with_ledger
from rpcgen.cli.findings import Finding
from rpcgen.cli.reviewed import read_reasons
from rpcgen.cli.revisions import NoHistoryError
from rpcgen.language import model


def broken_promises(
    packages: Sequence[model.Package], paths: Sequence[Path], root: Path
) -> list[Finding]:
    """Return what the versions do not allow.

    A package that has a ledger is held to it: what is not released may still change. One without is
    held to where this branch left the trunk, if there is version control.
    """
    reasons = read_reasons(root)
    diff = with_ledger(packages, root, reasons)
    refused = list(diff.refused)
    held = {name for name, *_ in diff.versions} | {it.path for it in refused}
    if not all(it.name in held for it in packages):
        try:
            since = differ(paths, None, root, reasons)
        except NoHistoryError:  # then nothing was promised
            since = diff
        refused += [it for it in since.refused if not _is_within(it.path, held)]
    return findings(replace(diff, changes=[], refused=refused))


def _is_within(path: str, packages: set[str]) -> bool:
    return any(path == it or path.startswith(f"{it}.") for it in packages)
