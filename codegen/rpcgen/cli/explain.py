"""`rpcgen explain`: tell what a rule of the compiler means, from the pages in `language/rules`."""

import argparse
import sys
from collections.abc import Sequence
from importlib.resources import files

from rpcgen.cli.usage import UsageError
from rpcgen.language.diagnostics import nearest

_SUFFIX = ".md"


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    rule = _parser().parse_args(arguments).rule
    pages = _pages()
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
        description="Tell what a rule of the compiler means: what is wrong, why, what is right.",
        epilog="Exit codes: 0 done, 2 wrong usage, 3 a bug in rpcgen.",
    )
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="as in `error[RULE]`; without it, all are listed"
    )
    return parser


def _pages() -> dict[str, str]:
    """Return the text of each rule's page, in the rules' order."""
    folder = files("rpcgen.language").joinpath("rules")
    found = {
        it.name.removesuffix(_SUFFIX): it.read_text(encoding="utf-8")
        for it in folder.iterdir()
        if it.name.endswith(_SUFFIX)
    }
    return dict(sorted(found.items()))


def _title(page: str) -> str:
    return page.partition("\n")[0].partition(": ")[2]
