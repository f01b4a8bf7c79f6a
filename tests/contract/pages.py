"""The pages of the rules of change, and the contracts that they show."""

import re
from pathlib import Path

import rpcgen

FOLDER = Path(rpcgen.__file__).parent / "contract" / "rules"
OTHERS = Path(rpcgen.__file__).parent / "language" / "rules"
"""The pages of what a contract may not say."""
WORDS = ("Was", "Is", "Instead")
_EXAMPLE = re.compile(r"^(\w+):\n\n```rpc\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    return sorted(FOLDER.glob("*.md"))


def page_of(rule: str) -> Path:
    return FOLDER / f"{rule}.md"


def examples(page: Path) -> dict[str, str]:
    """Return the blocks of a page by the word that stands before each."""
    return dict(_EXAMPLE.findall(page.read_text(encoding="utf-8")))
