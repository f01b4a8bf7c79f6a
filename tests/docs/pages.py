"""Pages of documentation as blocks: what stands between fences, and the comment before it. Pure.

A comment right before a block says how the tests treat it:

    <!-- not run: reason -->        it is only shown
    <!-- file: path -->             it is that file in the page's project; below `wrong/` it must
                                    be shown to fail by a console block
    <!-- with: declarations -->     what an `.rpc` fragment needs beside it
    <!-- needs: programs -->        it is run where the machine has them

A comment `<!-- python … -->` is a block that readers do not see.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRONG = "wrong/"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|file|with|needs):\s(?P<value>.*?)-->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$"
    r"|^<!-- python\n(?P<hidden>.*?)^-->$",
    re.DOTALL | re.MULTILINE,
)
_FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]+\]\(([^)#:]*)#?([^):]*)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `line` is where its text begins."""

    language: str
    text: str
    line: int
    mark: str = ""
    value: str = ""

    @property
    def file(self) -> str | None:
        """Return the path that the block has in the page's project."""
        return self.value if self.mark == "file" else None

    @property
    def needs(self) -> list[str]:
        """Return the programs without which it cannot be run."""
        return self.value.split() if self.mark == "needs" else []

    @property
    def is_wrong(self) -> bool:
        """Whether the block shows a mistake."""
        return self.file is not None and self.file.startswith(WRONG)

    @property
    def is_hidden(self) -> bool:
        """Whether readers do not see it."""
        return self.mark == "hidden"

    @property
    def is_run(self) -> bool:
        """Whether a test runs it."""
        return self.mark != "not run"


@dataclass(frozen=True, slots=True)
class Page:
    """One file of documentation."""

    path: Path
    text: str
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        """Return a name that a Python module can have."""
        below = self.path.relative_to(ROOT).with_suffix("")
        return re.sub(r"\W", "_", str(below)).lower()

    @property
    def prose(self) -> str:
        """Return the text without its blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Return the paths that the page links to, each with a heading, or with nothing."""
        return [(it[1], it[2]) for it in _LINK.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """Return the page's headings as links name them."""
        found = _HEADING.findall(self.prose)
        return {re.sub(r"[^\w -]", "", it).lower().replace(" ", "-") for it in found}

    def of(self, language: str) -> list[Block]:
        """Return the blocks of a language that are run."""
        return [it for it in self.blocks if it.language == language and it.is_run]


def pages() -> list[Page]:
    """Return every page of the project."""
    paths = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    return [page_of(it, it.read_text(encoding="utf-8")) for it in paths]


def page_of(path: Path, text: str) -> Page:
    """Return the page with its blocks. Raises ValueError for a fence that is not understood."""
    blocks = tuple(_block(text, it) for it in _BLOCK.finditer(text))
    if len(_FENCE.findall(text)) != 2 * sum(not it.is_hidden for it in blocks):
        raise ValueError(f"{path}: a fence is indented, not closed or of another kind")
    return Page(path, text, blocks)


def _block(text: str, match: re.Match[str]) -> Block:
    if match["hidden"] is not None:
        return Block("python", match["hidden"], _line(text, match.start("hidden")), "hidden")
    line = _line(text, match.start("text"))
    value = (match["value"] or "").strip()
    return Block(match["language"], match["text"], line, match["mark"] or "", value)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
