"""What a command came to."""

from dataclasses import dataclass
from typing import Protocol

import pytest

from rpcgen.cli.main import main


@dataclass(frozen=True, slots=True)
class Ran:
    """An exit code, and what was printed."""

    code: int
    out: str
    err: str

    @classmethod
    def of(cls, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> "Ran":
        """Run a command line in this process."""
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as ended:  # argparse
            code = ended.code if isinstance(ended.code, int) else -1
        said = capsys.readouterr()
        return cls(code, said.out, said.err)

    @property
    def refusal(self) -> str:
        """Return what was wrong with a command line that was refused before anything was sent."""
        assert (self.code, self.out) == (2, ""), self
        command, _, sentence = self.err.partition(": ")
        assert command in {"rpcgen call", "rpcgen list", "rpcgen ping"}, self
        return sentence.removesuffix("\n")

    @property
    def printed(self) -> str:
        """Return what a command printed that went well."""
        assert (self.code, self.err) == (0, ""), self
        return self.out.removesuffix("\n")


class Shell(Protocol):
    """`rpcgen` as a function."""

    def __call__(self, *words: str, stdin: bytes = b"") -> Ran: ...
