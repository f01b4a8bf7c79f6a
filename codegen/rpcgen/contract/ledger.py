"""What was released: one file for each minor of a package, beside its `.rpc` files.

`released/acme.volume-2.1.json` holds the contract of 2.1, its digest, that of the minor before it,
and that of the golden vectors in `released/acme.volume-2.1.vectors.json`. Nothing in a released
file may change; `read` refuses what has been. The only file of this room that touches a disk.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from rpcgen.contract.records import Record
from rpcgen.contract.restore import BrokenRecordError, restored
from rpcgen.language import model

FOLDER = "released"
FORMAT = 1
MAX_BYTES = 64 << 20
"""A larger file is not read."""

_NAME = re.compile(r"(?P<package>[a-z0-9_.]+)-(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.json")


class BrokenLedgerError(ValueError):
    """A released file is not what was released; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One released minor."""

    path: Path
    version: model.Version
    digest: str
    """Of everything else in the file: the sign that it is what it was."""
    previous: str | None
    """The digest of the minor that was released before it."""
    vectors: str | None
    """The digest of the golden vectors; None where none were recorded."""
    contract: Record

    def packages(self) -> list[model.Package]:
        """Return the contract, and after it what it uses of others. Raises BrokenLedgerError."""
        try:
            return restored(self.contract, self.path.name)
        except BrokenRecordError as error:
            raise BrokenLedgerError(str(error)) from error

    @property
    def vectors_path(self) -> Path:
        """Where its golden vectors lie."""
        return self.path.with_suffix(".vectors.json")


def folder_of(package: model.Package, root: Path) -> Path:
    """Return the ledger of a package whose files lie below the source root."""
    return root / Path(next(iter(package.sources))).parent / FOLDER


def read(folder: Path, package: str, major: int) -> list[Entry]:
    """Return the released minors of a package, oldest first. Raises BrokenLedgerError."""
    entries = sorted(
        (_entry(path) for path in _paths(folder, package, major)), key=lambda it: it.version
    )
    before: Entry | None = None
    for entry in entries:
        expected = None if before is None else before.digest
        if entry.previous != expected:
            after = "none" if before is None else f"`{before.path.name}`"
            message = f"`{entry.path}` does not follow {after}: a released file is gone or changed"
            raise BrokenLedgerError(message)
        _vectors_text(entry)
        before = entry
    return entries


def read_vectors(entry: Entry) -> JsonValue:
    """Return the golden vectors of a released minor. Raises BrokenLedgerError."""
    text = _vectors_text(entry)
    vectors: JsonValue = None if text is None else json.loads(text)
    return vectors


def written(
    contract: Record, previous: Entry | None, vectors: str | None
) -> tuple[Mapping[str, str], str]:
    """Return the texts of a new entry's files by their names, and the name of its record."""
    name = f"{contract['package']}-{contract['version']}"
    content: Record = {
        "format": FORMAT,
        "previous": None if previous is None else previous.digest,
        "vectors": None if vectors is None else digest_of(vectors),
        "contract": contract,
    }
    record: Record = {"digest": digest_of(_canonical(content)), **content}
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    files = {f"{name}.json": text}
    if vectors is not None:
        files[f"{name}.vectors.json"] = vectors
    return files, f"{name}.json"


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of one entry; none of them may be there. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {folder / f".{name}.part": folder / name for name in files}
    try:
        for part, path in parts.items():
            if path.exists():
                raise FileExistsError(f"`{path}` is there already")
            part.write_text(files[path.name], encoding="utf-8", newline="\n")
        # The record last: without it the rest is no entry.
        for part, path in sorted(parts.items(), key=lambda it: len(it[1].name), reverse=True):
            os.replace(part, path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def digest_of(text: str) -> str:
    """Return the digest of a file's text."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _vectors_text(entry: Entry) -> str | None:
    if entry.vectors is None:
        return None
    text = _text(entry.vectors_path)
    if digest_of(text) != entry.vectors:
        at = f"`{entry.vectors_path}` is not what was released with {entry.version}"
        raise BrokenLedgerError(f"{at}; accepted: the file as it was, from version control")
    return text


def _paths(folder: Path, package: str, major: int) -> list[Path]:
    found = []
    for path in sorted(folder.glob(f"{package}-{major}.*.json")) if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match is not None and (match["package"], int(match["major"])) == (package, major):
            found.append(path)
    return found


def _entry(path: Path) -> Entry:
    record = _record(path)
    content = {key: it for key, it in record.items() if key != "digest"}
    if record.get("digest") != digest_of(_canonical(content)):
        message = f"`{path}` was changed after it was released"
        raise BrokenLedgerError(f"{message}; accepted: the file as it was, from version control")
    contract, previous, vectors = record["contract"], record["previous"], record["vectors"]
    version = _version(path)
    is_named = isinstance(contract, dict) and contract.get("version") == str(version)
    if not is_named or not isinstance(contract, dict) or record["format"] != FORMAT:
        raise BrokenLedgerError(f"`{path}` is no record of {version}")
    return Entry(
        path,
        version,
        str(record["digest"]),
        None if previous is None else str(previous),
        None if vectors is None else str(vectors),
        contract,
    )


def _record(path: Path) -> Record:
    try:
        record = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise BrokenLedgerError(f"`{path}` is no JSON: {error}") from error
    known = {"digest", "format", "previous", "vectors", "contract"}
    if not isinstance(record, dict) or set(record) != known:
        raise BrokenLedgerError(f"`{path}` is no record of a release")
    return record


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BrokenLedgerError(f"`{path}` is larger than {MAX_BYTES:,} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BrokenLedgerError(f"`{path}` cannot be read: {reason}") from error


def _version(path: Path) -> model.Version:
    match = _NAME.fullmatch(path.name)
    assert match is not None, "chosen by its name"
    return model.Version(int(match["major"]), int(match["minor"]))


def _canonical(content: Record) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
