"""The view of `contract.py`: the contract itself, for those who ask a server for it."""

from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.language.comments import without_comments
from rpcgen.python import literals


@dataclass(frozen=True, slots=True)
class FileView:
    """One `.rpc` file; its path and its lines are literals."""

    path: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class ContractView:
    """`contract.py`"""

    header: str
    doc: str
    files: list[FileView]


def contract_view(package: model.Package, header: str) -> ContractView:
    """Return the view of `contract.py`: the files of the package and of all that it imports."""
    sources = dict(package.sources)
    for imported in package.imported():
        sources |= imported.sources
    files = [
        FileView(literals.quoted(path), [literals.quoted(it) for it in without_comments(text)])
        for path, text in sorted((path, source.text) for path, source in sources.items())
    ]
    said = f"The files of `{package.name}` and of what it imports, without comments."
    return ContractView(header, literals.docstring(said, 0), files)
