"""The inputs that are kept: `corpus/TARGET/NAME`, where the name tells the content."""

from hashlib import sha256
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")

MAX_FILES = 300
"""Of one target."""
MAX_BYTES = 300 * 1024
"""Of one target."""


def inputs(target: str) -> list[Path]:
    """Return the inputs of a target."""
    return sorted((CORPUS / target).iterdir())


def name_of(data: bytes) -> str:
    """Return the name of the file that holds `data`."""
    return sha256(data).hexdigest()[:12]


def size_of(target: str) -> tuple[int, int]:
    """Return how many inputs a target has, and how many bytes they are."""
    files = inputs(target)
    return len(files), sum(it.stat().st_size for it in files)
