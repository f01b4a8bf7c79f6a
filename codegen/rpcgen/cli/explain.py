"""`rpcgen explain`: tell what a rule means, from the pages that lie beside the rules' code."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files

from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest

ROOMS = ("language", "lint", "contract", "cli")
"""Whose rules have pages."""
_SUFFIX = ".md"


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    rule = _parser().parse_args(arguments).rule
    pages = dict(sorted(it for room in ROOMS for it in _pages(room)))
    if rule is None:
        width = max(len(it) for it in pages)
        for name, page in pages.items():
            sys.stdout.write(f"{name:{width}}  {_title(page)}\n")
    elif rule in pages:
        sys.stdout.write(pages[rule])
    else:
        hint = nearest(rule, pages) or "; `rpcgen explain` lists all rules"
        raise UsageError(f"there is no rule `{rule}`{hint}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen explain",
        description="Tell what a rule means: what is wrong, why, what is right.",
        epilog="Exit codes: 0 done, 2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="as in `error[RULE]`; without it, all are listed"
    )
    return parser


def _pages(room: str) -> Iterator[tuple[str, str]]:
    """Return the names of a room's rules, each with the text of its page."""
    folder = files("rpcgen").joinpath(room, "rules")
    for page in folder.iterdir() if folder.is_dir() else ():
        if page.name.endswith(_SUFFIX):
            yield page.name.removesuffix(_SUFFIX), page.read_text(encoding="utf-8")


def _title(page: str) -> str:
    return page.partition("\n")[0].partition(": ")[2]
