"""Contracts as version control remembers them: the only file that runs git."""

import subprocess
from pathlib import Path
from shutil import which

from rpcgen.cli.usage import UsageError
from rpcgen.language.load import MAX_FILE_BYTES, SUFFIX

MAX_FILES = 10_000
"""More files of contracts are not taken from a revision."""
TRUNKS = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where a branch may have come from; the first that is there counts."""

_SECONDS = 60


class NoHistoryError(UsageError):
    """There is no version control here, or nothing in it yet."""


def merge_base(folder: Path) -> str:
    """Return the commit in which this branch left the trunk; on the trunk, the last commit.

    Raises NoHistoryError where there is no repository or no commit, and UsageError where the
    commit is not known here: a clone may hold the newest commits alone.
    """
    head = _known(folder, "HEAD")
    if head is None:
        raise NoHistoryError(f"there is no commit to compare `{folder}` with; see --against")
    base = _base(folder, head)
    if base == head and _git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true":
        message = "this clone has the newest commits alone"
        raise UsageError(f"{message}: fetch the whole history, or name --against REV")
    return base


def _base(folder: Path, head: str) -> str:
    for trunk in TRUNKS:
        if _known(folder, trunk) is not None:
            found = _git(folder, "merge-base", "HEAD", trunk, check=False)
            if found:
                return found.decode().strip()
            message = f"nobody knows here where this branch left `{trunk}`"
            raise UsageError(f"{message}: fetch the whole history, or name --against REV")
    return head


def take(revision: str, root: Path, into: Path) -> None:
    """Write the contracts that lay below `root` in a revision to `into`. Raises UsageError."""
    commit = _known(root, revision)
    if commit is None:
        accepted = "a path, a revision of git, or `ledger`"
        raise UsageError(f"`{revision}` is neither a path nor a revision; accepted: {accepted}")
    listed = _git(root, "ls-tree", "-r", "-z", "--full-name", commit, ".")
    prefix = _git(root, "rev-parse", "--show-prefix").decode().strip()
    files = [it for it in listed.decode("utf-8", "surrogateescape").split("\0") if it]
    for number, line in enumerate(files):
        facts, _, path = line.partition("\t")
        mode, kind, name = facts.split()
        if kind != "blob" or mode == "120000" or not path.endswith(SUFFIX):
            continue
        if number > MAX_FILES:
            raise UsageError(f"`{revision}` has more than {MAX_FILES:,} files")
        text = _git(root, "cat-file", "blob", name)
        target = into / path.removeprefix(prefix)
        target.parent.mkdir(parents=True, exist_ok=True)
        # What is too large stays too large: the reader says so.
        target.write_bytes(text[: MAX_FILE_BYTES + 1])


def _known(folder: Path, revision: str) -> str | None:
    found = _git(
        folder,
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        f"{revision}^{{commit}}",
        check=False,
    )
    return found.decode().strip() or None


def _git(folder: Path, *arguments: str, check: bool = True) -> bytes:
    """Run git in a folder; return what it prints, and nothing where it failed unchecked."""
    program = which("git")
    if program is None:
        raise NoHistoryError("there is no `git` here; name --against PATH or `ledger`")
    done = subprocess.run(
        [program, "-C", str(folder), *arguments],
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode == 0:
        return done.stdout
    if check or b"not a git repository" in done.stderr:
        if b"not a git repository" in done.stderr:
            raise NoHistoryError("this is no git repository; name --against PATH or `ledger`")
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise UsageError(f"{said[0]}; name --against PATH or `ledger`")
    return b""
