"""Plays the conversations against a server that runs already, in whatever language.

    python -m tests.runtime.jsonrpc.run http://127.0.0.1:8000/ [--server WORDS] [FILE ...]

Without `--server` those blocks are played whose server is set up in no special way; with it, those
whose `@server` line has exactly these words. Exit code 1: a turn failed, or there was none.

Of the standard library alone.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.runtime.jsonrpc.conversation import read
from tests.runtime.jsonrpc.play import Address, play

CONVERSATIONS = Path(__file__).parent / "conversations"


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for, say how it went, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.runtime.jsonrpc.run")
    parser.add_argument("url", help="where the server listens; its path is /")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: all of them")
    parser.add_argument("--server", default="", metavar="WORDS", help="how it is set up")
    told = parser.parse_args(arguments)
    parts = urlsplit(told.url)
    address = Address(str(parts.hostname), parts.port or 80)
    words = dict(it.split("=", 1) for it in told.server.split())
    turns = failed = 0
    for file in told.files or sorted(CONVERSATIONS.glob("*.txt")):
        for block in read(file):
            if block.words != words:
                continue
            turns += len(block.turns)
            for problem in play(block, address):
                failed += 1
                print(f"{file.name}:{problem}")
    print(f"{turns} turns, {failed} failed")
    return 1 if failed or not turns else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
