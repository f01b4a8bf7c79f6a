"""A text with a name, and places in it. Reads nothing, prints nothing."""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    r"""The text of one `.rpc` file; line ends are already `\n`."""

    name: str
    """How messages call the file: the path as its user would write it, in printable characters."""
    text: str
    _line_starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0]
        while (end := self.text.find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        object.__setattr__(self, "_line_starts", starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of `offset`, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line `number`, counted from 1, without its end."""
        start = self._line_starts[number - 1]
        stop = self.text.find("\n", start)
        return self.text[start:] if stop < 0 else self.text[start:stop]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one source: offsets `[start, stop)` in characters."""

    source: Source
    start: int
    stop: int

    def opens_line(self) -> bool:
        """Whether nothing but white space stands before it on its line."""
        line_start = self.source.text.rfind("\n", 0, self.start) + 1
        return not self.source.text[line_start : self.start].strip()
