"""Conversations as text: headings, blocks, turns. README.md says how they are written.

Pure, and of the standard library alone: whoever has a server in another language can use it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeAlias

_REPEATED = re.compile(rb"<<((?:(?!>>).)+?) \* (\d+)>>", re.DOTALL)
_ESCAPED = re.compile(rb"\\(x[0-9a-fA-F]{2}|.?)", re.DOTALL)
_ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
_WORD = re.compile(r"(\d{3}|bytes<=\d+|time[<>][\d.]+|message~\"[^\"]*\"|[!a-z][a-z0-9-]*)(?=\s|$)")
_HEADER = re.compile(r"([a-z0-9-]+):\s*(.*)")


class ConversationError(Exception):
    """A file is not written as conversations are; the message begins with file and line."""


class Ending(Enum):
    """What becomes of the connection after an answer."""

    STAYS = "it is not looked at"
    CLOSED = "closed"
    """The server ends it, and says nothing more; without a status it says nothing at all."""
    CUT = "cut"
    """The server ends it within the answer."""
    LATER = "later"
    """The answer is not waited for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, well-formed as HTTP."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    chunk: int | None
    """The size of the chunks that the body is sent in; None: all at once, after its length."""

    def encoded(self, host: str) -> bytes:
        """Return the bytes of it, to a server of that name."""
        framing = {"content-length": str(len(self.body))}
        if self.chunk is not None:
            framing = {"transfer-encoding": "chunked"}
        known = {"host": host, "content-type": "application/json", **framing, **self.headers}
        lines = [f"{self.verb} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in known.items() if value]
        head = "\r\n".join([*lines, "", ""]).replace("<<host>>", host)
        return head.encode() + self._content()

    def _content(self) -> bytes:
        if self.chunk is None:
            return self.body
        starts = range(0, len(self.body), self.chunk)
        parts = [self.body[at : at + self.chunk] for at in starts]
        return b"".join(b"%x\r\n%b\r\n" % (len(it), it) for it in [*parts, b""])


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they are."""

    data: bytes
    drip: float | None
    """Seconds between one byte and the next; None: all at once."""

    def encoded(self, host: str) -> bytes:
        """Return the bytes, for a server of that name."""
        return self.data.replace(b"<<host>>", host.encode())


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is sent for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Begun:
    """Nothing is sent until the answer has begun."""


Step: TypeAlias = Ask | Raw | Pause | Begun


@dataclass(slots=True)
class Expected:
    """One answer."""

    line: int
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """`*` in a value stands for anything."""
    absent: list[str] = field(default_factory=list)
    """Headers that the answer does not have."""
    body: bytes = b""
    """JSON; the empty one for an answer without a body."""
    message: str = ""
    """Stands in the error's message."""
    max_bytes: int | None = None
    min_seconds: float = 0.0
    max_seconds: float | None = None
    ending: Ending = Ending.STAYS


@dataclass(slots=True)
class Turn:
    """What is said, and what is answered."""

    line: int
    heading: str
    connection: str | None = None
    """The name of a connection that stays open; None: one of its own."""
    crowd: int | None = None
    """On so many connections, which stay open."""
    is_repeated: bool = False
    """Until the answer is as expected."""
    steps: list[Step] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """Turns with one server."""

    line: int
    words: dict[str, str]
    """How the server is set up."""
    turns: list[Turn] = field(default_factory=list)


def read(path: Path, *, with_open: bool = False) -> Sequence[Block]:
    """Return the blocks of a file, perhaps with the turns that are open. Raises ConversationError.

    An open turn is one that no server of ours passes yet: its lines begin with `//` and no blank.
    """
    return _Reader(path, with_open=with_open).blocks()


class _Reader:
    """Reads one file, line by line."""

    def __init__(self, path: Path, *, with_open: bool) -> None:
        self._name = path.name
        lines = path.read_text("utf-8").splitlines()
        self._lines = list(_joined([_opened(it, with_open=with_open) for it in lines]))
        self._heading = ""
        self._number = 0
        self._turn: Turn | None = None
        self._block = Block(0, {})
        self._start_request()

    def blocks(self) -> Sequence[Block]:
        found = [self._block]
        for number, line in self._lines:
            self._number = number
            if not line.startswith("<--"):
                self._end_turn()
            if line.startswith("//"):
                self._heading = line[2:].strip()
            elif line.split()[0] == "@server":
                self._check(self._turn is None, "a turn without an answer before it")
                words = [it.partition("=") for it in line.split()[1:]]
                self._block = Block(self._number, {name: value for name, _, value in words})
                found.append(self._block)
            else:
                self._read(line)
        self._end_turn()
        self._check(self._turn is None, "the last turn has no answer")
        return [it for it in found if it.turns]

    def _check(self, is_so: object, problem: str) -> None:
        if not is_so:
            raise ConversationError(f"{self._name}:{self._number}: {problem}")

    def _start_request(self) -> None:
        self._verb, self._path = "POST", "/"
        self._headers: dict[str, str] = {}
        self._chunk: int | None = None
        self._drip: float | None = None

    def _end_turn(self) -> None:
        if self._turn is not None and self._turn.expected:
            self._check(self._turn.steps, "an answer to nothing; `>>` alone says nothing")
            self._block.turns.append(self._turn)
            self._turn = None

    def _read(self, line: str) -> None:
        if self._turn is None:
            self._check(self._heading, "no `//` heading says what this shows")
            self._check(not line.startswith("<--"), "an answer to nothing")
            self._turn = Turn(self._number, self._heading)
        mark, rest = line[:3], line[3:].strip()
        if line.startswith("@"):
            self._direct(self._turn, line)
        elif mark == "-->":
            body = bytes.fromhex(rest[3:]) if rest.startswith("hex") else _spread(rest.encode())
            ask = Ask(self._verb, self._path, self._headers, body, self._chunk)
            self._turn.steps.append(ask)
            self._start_request()
        elif mark[:2] == ">>":
            raw = Raw(_spread(self._unescaped(line[2:].strip())), self._drip)
            self._turn.steps.append(raw)
            self._start_request()
        elif mark == "<--":
            self._turn.expected.append(self._answer(line[3:].strip()))
        else:
            self._check(is_so=False, problem=f"not a line of a conversation: {line[:60]}")

    def _direct(self, turn: Turn, line: str) -> None:
        name, _, value = (it.strip() for it in line[1:].partition(" "))
        if name == "verb":
            self._verb = value
        elif name == "path":
            self._path = _spread(value.encode()).decode()
        elif name == "chunked":
            self._chunk = int(value or 50_000)
        elif name == "drip":
            self._drip = float(value)
        elif name == "pause":
            turn.steps.append(Pause(float(value)))
        elif name == "begun":
            turn.steps.append(Begun())
        elif name == "on":
            turn.connection = value
        elif name == "crowd":
            turn.crowd = int(value)
        elif name == "again":
            turn.is_repeated = True
        else:
            header = re.fullmatch(r"@([^\s:]+):(.*)", line)
            self._check(header, f"no such direction: {line}")
            assert header is not None, "checked"
            self._headers[header[1]] = _spread(header[2].strip().encode()).decode()

    def _unescaped(self, text: str) -> bytes:
        def replaced(found: re.Match[bytes]) -> bytes:
            escape = found[1]
            if escape.startswith(b"x"):
                return bytes.fromhex(escape[1:].decode())
            self._check(escape in _ESCAPES, f"no such escape: \\{escape.decode()}")
            return _ESCAPES[escape]

        return _ESCAPED.sub(replaced, text.encode())

    def _answer(self, text: str) -> Expected:
        found = Expected(self._number)
        pending = text
        while pending:
            line, _, rest = pending.partition("\n")
            line = line.strip()
            if line.startswith(("{", "[")):
                found.body, pending = _spread(pending.strip().encode()), ""
            elif header := _HEADER.fullmatch(line):
                found.headers[header[1]], pending = header[2], rest
            elif word := _WORD.match(line):
                self._take(word[1], found)
                pending = line[word.end() :].strip() + ("\n" + rest if rest else "")
                pending = pending.strip()
            else:
                self._check(is_so=False, problem=f"not an answer: {line[:60]}")
        if found.status is None and found.body:
            found.status = 200
        said = found.status is not None or found.ending in {Ending.CLOSED, Ending.LATER, Ending.CUT}
        self._check(said, "an answer needs a status, JSON, `closed`, `cut` or `later`")
        return found

    def _take(self, word: str, found: Expected) -> None:
        if word.isdigit():
            found.status = int(word)
        elif word.startswith("bytes<="):
            found.max_bytes = int(word[7:])
        elif word.startswith("time<"):
            found.max_seconds = float(word[5:])
        elif word.startswith("time>"):
            found.min_seconds = float(word[5:])
        elif word.startswith("message~"):
            found.message = word[9:-1]
        elif word.startswith("!"):
            found.absent.append(word[1:])
        else:
            known = {it.value: it for it in Ending if it is not Ending.STAYS}
            self._check(word in known, f"no such word: {word}")
            found.ending = known[word]


def _opened(line: str, *, with_open: bool) -> str:
    """Return what is read of a line that belongs to an open turn; any other line as it is."""
    if not line.startswith(("//@", "//-->", "//<--", "//>>", "//  ")):
        return line
    return line[2:] if with_open else ""


def _joined(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Return each line with its number; an indented one belongs to the line before it."""
    number, text = 0, ""
    for at, line in enumerate(lines, 1):
        if line.startswith(" ") and text:
            text += "\n" + line.strip()
            continue
        if text:
            yield number, text
        number, text = at, line.rstrip()
    if text:
        yield number, text


def _spread(text: bytes) -> bytes:
    return _REPEATED.sub(lambda it: it[1] * int(it[2]), text)
