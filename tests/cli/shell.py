"""What a command came to."""

import io
import sys
import threading
from dataclasses import dataclass
from typing import Protocol

from typing_extensions import Buffer

from rpcgen.cli.main import main


class Own(io.BytesIO):
    """Keeps what this thread writes; what servers aside say of themselves is not the command's."""

    def __init__(self) -> None:
        super().__init__()
        self._owner = threading.get_ident()

    def write(self, data: Buffer, /) -> int:
        """Keep it, if it is ours."""
        return (
            super().write(data) if threading.get_ident() == self._owner else memoryview(data).nbytes
        )


def _text(stream: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)


@dataclass(frozen=True, slots=True)
class Ran:
    """An exit code, and what was printed."""

    code: int
    out: str
    err: str

    @classmethod
    def of(cls, words: tuple[str, ...], stdin: bytes = b"") -> "Ran":
        """Run a command line in this process."""
        streams = sys.stdin, sys.stdout, sys.stderr
        out, err = Own(), Own()
        # Held, because a text stream that is let go of closes what it writes to.
        held = [_text(it) for it in (io.BytesIO(stdin), out, err)]
        sys.stdin, sys.stdout, sys.stderr = held
        try:
            code = main(words)
        except SystemExit as ended:  # argparse
            code = ended.code if isinstance(ended.code, int) else -1
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
        ran = cls(code, out.getvalue().decode(), err.getvalue().decode())
        del held
        return ran

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
