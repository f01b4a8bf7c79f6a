"""Files to syntax: what is read, what is not, and which limits hold.

Only regular files inside the source root are read, and nothing from anywhere else.
"""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from rpcgen.language import syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.parse import Parser
from rpcgen.language.source import Source, Span

MAX_FILE_BYTES = 1 << 20
MAX_FILES = 1_000
MAX_IMPORT_DEPTH = 64
SUFFIX = ".rpc"

# Control characters, and those that change the direction in which a line is shown.
_REFUSED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_PACKAGE_LINE = re.compile(rb"^[ \t]*package[ \t]+([a-z0-9_.]+)[ \t]+([0-9]+)\.", re.MULTILINE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFile:
    """One file with the files that it imports."""

    path: Path
    below_root: str
    """The path below the source root, with `/`."""
    syntax: syntax.File
    imports: dict[str, Path] = field(default_factory=dict)
    """Alias to the resolved path; imports that could not be followed are left out."""


class Loader:
    """Reads and parses files, each once, with all that they import."""

    def __init__(
        self, root: Path, report: Report, parser: Parser | None = None, *, alone: bool = False
    ) -> None:
        """Read below `root`; with `alone`, files of one folder do not belong together."""
        self._alone = alone
        self._root = root.resolve()
        self._shown_root = root
        self._report = report
        self._parser = parser or Parser()
        self._folders: dict[Path, dict[tuple[bytes, bytes], list[Path]]] = {}
        self._is_full = False
        self.files: dict[Path, LoadedFile] = {}

    def load(self, path: Path) -> None:
        """Load the file at `path`, its imports, and the other files of its package."""
        pending = [(path, 0, _no_span(_shown(path)))]
        while pending:
            current, depth, span = pending.pop()
            resolved = _resolved(current)
            if resolved in self.files:
                continue
            if len(self.files) >= MAX_FILES:
                if not self._is_full:
                    message = f"more than {MAX_FILES:,} files belong together"
                    self._report.add("too-many-files", span, message, "fewer files")
                self._is_full = True
                return
            if depth > MAX_IMPORT_DEPTH:
                message = f"imports nest more than {MAX_IMPORT_DEPTH} levels"
                self._report.add("too-deep", span, message, "a flatter order of imports")
                continue
            source = self.read(current, span)
            if source is not None:
                pending += self._parse(current, resolved, source, depth)

    def _parse(
        self, path: Path, resolved: Path, source: Source, depth: int
    ) -> list[tuple[Path, int, Span]]:
        parsed = self._parser.parse(source, self._report)
        below = os.path.relpath(resolved, self._root).replace(os.sep, "/")
        loaded = LoadedFile(resolved, below, parsed)
        self.files[resolved] = loaded
        found = []
        for item in parsed.items:
            if isinstance(item, syntax.Import):
                target = self._import_target(path, item)
                if target is not None:
                    loaded.imports.setdefault(item.alias.text, _resolved(target))
                    found.append((target, depth + 1, item.path.span))
        names = [it for it in parsed.items if isinstance(it, syntax.Package)]
        if names and not self._alone:
            found += [(it, depth, names[0].span) for it in self._siblings(path, names[0])]
        return found

    def _siblings(self, path: Path, package: syntax.Package) -> list[Path]:
        """Return the files of the folder that name the same package, by a glance at their text."""
        folder = path.parent
        if folder not in self._folders:
            named: dict[tuple[bytes, bytes], list[Path]] = {}
            for other in sorted(folder.glob(f"*{SUFFIX}")):
                problem, data = _bytes_of(other, self._root)
                line = None if problem else _PACKAGE_LINE.search(data)
                if line is not None:
                    named.setdefault((line[1], line[2]), []).append(other)
            self._folders[folder] = named
        name = ".".join(it.text for it in package.segments).encode()
        major = package.version.text.partition(".")[0].encode()
        return self._folders[folder].get((name, major), [])

    def _import_target(self, path: Path, item: syntax.Import) -> Path | None:
        text, span = item.path.text, item.path.span
        accepted = f'a path relative to this file, such as `"common{SUFFIX}"`'
        bad = not text.endswith(SUFFIX) or text.startswith(("/", "~")) or ":" in text
        if bad or "\\" in text or "\0" in text or len(text) > 1_000:
            message = f"`{_printable(text)}` is not a path of an `{SUFFIX}` file"
            self._report.add("import-path", span, message, accepted)
            return None
        target = path.parent / text
        if not _resolved(target).is_relative_to(self._root):
            message = (
                f"`{_printable(text)}` is outside the source root `{_shown(self._shown_root)}`"
            )
            self._report.add("import-path", span, message, "a file inside the source root")
            return None
        if not os.path.lexists(target):
            message = f"there is no file `{_printable(text)}` beside this one"
            self._report.add("import-missing", span, message, accepted)
            return None
        return target

    def read(self, path: Path, span: Span | None = None) -> Source | None:
        """Return the text at `path`; what is wrong with it is reported, at `span` if given."""
        name = _shown(path)
        span = span or _no_span(name)
        problem, data = _bytes_of(path, self._root)
        if problem is not None:
            accepted = f"a regular file of at most {MAX_FILE_BYTES:,} bytes"
            self._report.add("not-readable", span, f"`{name}` {problem}", accepted)
            return None
        if not str(path).isprintable():
            message = f"`{name}` has a character in its name that cannot be shown"
            self._report.add("not-readable", span, message, "a name of printable characters")
            return None
        return source_of(name, data, self._report)


def source_of(name: str, data: bytes, report: Report) -> Source | None:
    """Return the text that `data` holds; None where a character in it is refused."""
    source = Source(name, _text_of(data, _no_span(name), report).replace("\r\n", "\n"))
    return None if _has_refused_characters(source, report) else source


def files_below(folder: Path) -> list[Path]:
    """Return the `.rpc` files in `folder` and below it, sorted; no link to a folder is followed."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(it for it in folders if not it.startswith("."))
        found += [Path(place, it) for it in names if it.endswith(SUFFIX)]
    return sorted(found)


def source_root(paths: list[Path], configured: Path) -> Path:
    """Return the folder that imports may not leave: the configured one, or one above all paths."""
    if all(path.resolve().is_relative_to(configured.resolve()) for path in paths):
        return configured
    folders = [path if path.is_dir() else path.parent for path in paths]
    return Path(os.path.commonpath([it.resolve() for it in folders]))


def _bytes_of(path: Path, root: Path) -> tuple[str | None, bytes]:
    try:
        if not path.resolve(strict=True).is_relative_to(root):
            return "leads outside the source root", b""
        # O_NONBLOCK: a pipe must not hold us; what it is, is asked of the open file.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return "is not a regular file", b""
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}", b""
    except RuntimeError:
        return "is a link that leads to itself", b""
    if len(data) > MAX_FILE_BYTES:
        return f"is larger than {MAX_FILE_BYTES:,} bytes", b""
    return None, data


def _resolved(path: Path) -> Path:
    """Return `path` without links; as it is where they lead nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _text_of(data: bytes, span: Span, report: Report) -> str:
    if data.startswith(_UTF16):
        report.add("not-utf8", span, "the file is in UTF-16", "UTF-8")
        return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8", "replace").replace("\r\n", "\n")
        source = Source(span.source.name, text + "\ufffd")
        place = Span(source, len(text), len(text) + 1)
        report.add("not-utf8", place, f"byte 0x{data[error.start]:02x} is not UTF-8", "UTF-8")
        return ""


def _has_refused_characters(source: Source, report: Report) -> bool:
    found: set[str] = set()
    for match in _REFUSED.finditer(source.text):
        char = match.group()
        if char in found:
            continue
        found.add(char)
        message = f"the character U+{ord(char):04X} is not allowed here"
        accepted = f"in a text, its escape `\\u{ord(char):04x}`"
        if char == "\r":
            message = "a carriage return stands alone"
            accepted = "a line feed, or both, at the end of a line"
        report.add("bad-character", Span(source, *match.span()), message, accepted)
    return bool(found)


def _no_span(name: str) -> Span:
    return Span(Source(name, ""), 0, 0)


def _shown(path: Path) -> str:
    text = os.path.relpath(path) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path
    return _printable(str(text))


def _printable(text: str) -> str:
    """Return `text` so that it cannot start a line or steer a terminal."""
    return "".join(it if it.isprintable() else f"\\x{ord(it):02x}" for it in text)
