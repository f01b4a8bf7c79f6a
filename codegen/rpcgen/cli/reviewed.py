"""The file of accepted changes in the source root: read for every diff, written by `--accept`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rpcgen.cli.output import say
from rpcgen.cli.usage import UsageError
from rpcgen.contract.accepted import HEAD, NAME, AcceptedError, line_for, read
from rpcgen.contract.changes import Change


def read_reasons(root: Path) -> Mapping[str, str]:
    """Return why changes were accepted, by their fingerprints. Raises UsageError."""
    path = root / NAME
    if not path.is_file():
        return {}
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, AcceptedError) as error:
        raise UsageError(f"cannot read `{path}`: {error}") from error


def accept(root: Path, changes: Sequence[Change], fingerprint: str, reason: str) -> int:
    """Write down that a change is let pass; return the exit code. Raises UsageError."""
    change = next((it for it in changes if it.fingerprint == fingerprint), None)
    if change is None:
        raise UsageError(f"no change has the fingerprint `{fingerprint}`; `rpcgen diff` tells them")
    if not reason.strip():
        raise UsageError("a change is accepted for a reason: --accept FINGERPRINT REASON")
    if change.accepted is not None:
        raise UsageError(f"`{fingerprint}` is accepted already: {change.accepted}")
    path = root / NAME
    text = path.read_text(encoding="utf-8") if path.is_file() else HEAD
    text = text if text.endswith("\n") else f"{text}\n"
    path.write_text(text + line_for(change, reason), encoding="utf-8", newline="\n")
    say(f"{change.rule} of {change.path} is accepted; {path} says why")
    return 0
