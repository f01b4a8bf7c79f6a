"""A contract to what a careful one would not say; comments may let some of it pass. Pure."""

from rpcgen.language.diagnostics import Diagnostic
from rpcgen.lint.contract import Contract
from rpcgen.lint.ignores import ignores, wrong
from rpcgen.lint.rules import RULES


def lint(contract: Contract, *, strict: bool = False) -> list[Diagnostic]:
    """Return what the rules find in the files of a contract; `strict` adds those for habits."""
    ran = {name: it for name, it in RULES.items() if strict or not it.strict}
    found = [one for it in ran.values() for one in it.look(contract)]
    comments = [one for file in contract.files for one in ignores(file.syntax)]
    kept = [it for it in found if not any(comment.covers(it) for comment in comments)]
    return [*kept, *wrong(comments, found, ran, RULES)]
